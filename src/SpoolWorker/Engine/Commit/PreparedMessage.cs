// A message that has been judged and staged: all that is left is to commit it. Owns the claimed pair and the staged ones,
// and with them the locks.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>A pair staged in the target or in held/.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="ToTarget">True: Exim's spool. False: held/.</param>
internal sealed record Output(StagedPair Pair, bool ToTarget)
{
    /// <summary>Another -H for the held pair itself, for those who stay in it. The last output of its message: its rename cannot be taken back.</summary>
    public bool IsRest { get; init; }
}

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

    /// <summary>Records of pairs that are made in held/.</summary>
    public IReadOnlyList<LedgerEntry> Made { get; init; } = [];

    /// <summary>The verb that is executed with it, as the audit is to have it, and has it when it is recorded; null when none is.</summary>
    public VerbRow? Verb { get; set; }

    /// <summary>Its pair lies in <c>held/</c>, and a note beside it.</summary>
    public bool IsHeld => attempt.IsHeld;

    public IReadOnlyList<Output> Outputs { get; init; } = [];

    /// <summary>What its notifications take from their addresses' allowances.</summary>
    public IReadOnlyList<RateCharge> Charges { get; init; } = [];

    /// <summary>What administrators are told of its being held, or not; null: nothing is to be told.</summary>
    public NoticeCharge? Notice { get; init; }

    /// <summary>The same for the ledger, with that of the notice.</summary>
    public IEnumerable<AddressRate> Rates => Notice?.Rate is { } rate ? Charges.Select(c => c.Rate).Append(rate) : Charges.Select(c => c.Rate);

    /// <summary>True when nothing of the message is left to do: the incoming pair goes.</summary>
    public bool RemoveSource => Outcome.IsSettled;

    /// <summary>Its share of the memory for messages in hand; given back when all is done.</summary>
    public IDisposable? Share { get; set; }

    public void Dispose()
    {
        foreach (var output in Outputs) output.Pair.Dispose();
        foreach (var charge in Charges) charge.Dispose();
        Notice?.Dispose();
        Source.Dispose();
        Share?.Dispose();
    }
}
