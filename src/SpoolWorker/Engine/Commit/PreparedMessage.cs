// A message that has been judged and staged: all that is left is to commit it. Owns the claimed pair and the staged ones,
// and with them the locks.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>A pair staged in the target or in held/.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="ToTarget">True: Exim's spool. False: held/.</param>
internal sealed record Output(StagedPair Pair, bool ToTarget);

/// <summary>Ready to be committed.</summary>
/// <param name="attempt">The message in hand.</param>
/// <param name="entry">The record that decides the commit.</param>
/// <param name="outcome">What it will have come to when it is committed.</param>
internal sealed class PreparedMessage(Attempt attempt, LedgerEntry entry, Outcome outcome) : IDisposable
{
    public MessageKey Key => attempt.Key;

    public Look Look => attempt.Look;

    /// <summary>The incoming pair, locked.</summary>
    public SpoolPair Source => attempt.Pair;

    /// <summary>The record as it was: what the ledger goes back to when the commit fails.</summary>
    public LedgerEntry Before => attempt.Before;

    /// <summary>The record that decides the commit.</summary>
    public LedgerEntry Entry { get; } = entry;

    public Outcome Outcome { get; } = outcome;

    public IReadOnlyList<Output> Outputs { get; init; } = [];

    /// <summary>What its notifications take from their addresses' allowances.</summary>
    public IReadOnlyList<RateCharge> Charges { get; init; } = [];

    /// <summary>True when nothing of the message is left to do: the incoming pair goes.</summary>
    public bool RemoveSource => Outcome.IsSettled;

    /// <summary>Its share of the memory for messages in hand; given back when all is done.</summary>
    public IDisposable? Share { get; set; }

    public void Dispose()
    {
        foreach (var output in Outputs) output.Pair.Dispose();
        foreach (var charge in Charges) charge.Dispose();
        Source.Dispose();
        Share?.Dispose();
    }
}
