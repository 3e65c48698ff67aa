namespace SpoolWorker.Ledger;

/// <summary>How full the ledger is.</summary>
/// <param name="UsedBytes">In records.</param>
/// <param name="FileBytes">Its file; it does not shrink.</param>
/// <param name="LimitBytes"><c>Ledger:MapSize</c>.</param>
internal sealed record LedgerSize(long UsedBytes, long FileBytes, long LimitBytes);
