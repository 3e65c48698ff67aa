// A message that has been judged and staged: all that is left is to commit it. Owns the claimed pair and the staged ones,
// and with them the locks.
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>One line of the log: what became of a message.</summary>
/// <param name="Outcome">requeued, held, deferred, discarded, … joined by '+' when recipients fared differently.</param>
/// <param name="Reason">Why; may be empty.</param>
internal sealed record Outcome(string Text, string Reason);

/// <summary>A pair staged in the target or in held/.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="ToTarget">True: Exim's spool. False: held/.</param>
internal sealed record Output(StagedPair Pair, bool ToTarget);

/// <summary>Ready to be committed.</summary>
internal sealed class PreparedMessage(MessageKey key, SpoolPair source, LedgerEntry before, LedgerEntry entry, IReadOnlyList<Output> outputs, bool removeSource, Outcome outcome, long started) : IDisposable
{
    public MessageKey Key { get; } = key;

    /// <summary>The incoming pair, locked.</summary>
    public SpoolPair Source { get; } = source;

    /// <summary>The record as it was: what the ledger goes back to when the commit fails.</summary>
    public LedgerEntry Before { get; } = before;

    /// <summary>The record that decides the commit.</summary>
    public LedgerEntry Entry { get; } = entry;

    public IReadOnlyList<Output> Outputs { get; } = outputs;

    /// <summary>True when nothing of the message is left to do: the incoming pair goes.</summary>
    public bool RemoveSource { get; } = removeSource;

    public Outcome Outcome { get; } = outcome;

    /// <summary>TimeProvider timestamp of the claim.</summary>
    public long Started { get; } = started;

    public void Dispose()
    {
        foreach (var output in Outputs) output.Pair.Dispose();
        Source.Dispose();
    }
}
