// A message that has been judged and staged: all that is left is to commit it. Owns the claimed pair and the staged ones,
// and with them the locks.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>One line of the log: what became of a message.</summary>
/// <param name="Text">requeued, held, deferred, discarded, … joined by '+' when recipients fared differently.</param>
/// <param name="Reason">Why; may be empty.</param>
internal sealed record Outcome(string Text, string Reason)
{
    /// <summary>What the passes found, by name.</summary>
    public IReadOnlyDictionary<string, string> Results { get; init; } = new Dictionary<string, string>();

    /// <summary>The envelope sender as it came, without angle brackets, safe to print; empty: the null sender.</summary>
    public string Sender { get; init; } = "";

    /// <summary>Recipients that were worked on.</summary>
    public int Recipients { get; init; }

    /// <summary>Bytes of -H and -D as they came.</summary>
    public long Size { get; init; }

    /// <summary>The id under which the message went on; empty when it went nowhere.</summary>
    public string NewId { get; init; } = "";

    /// <summary>The results in short, each with a blank before it, as in " spf=pass dkim=pass"; empty when there are none.</summary>
    public string ResultsInShort { get; init; } = "";
}

/// <summary>A pair staged in the target or in held/.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="ToTarget">True: Exim's spool. False: held/.</param>
internal sealed record Output(StagedPair Pair, bool ToTarget);

/// <summary>Ready to be committed.</summary>
internal sealed class PreparedMessage(Attempt attempt, LedgerEntry before, LedgerEntry entry, IReadOnlyList<Output> outputs, IReadOnlyList<RateCharge> charges, bool removeSource, Outcome outcome) : IDisposable
{
    public MessageKey Key => attempt.Key;

    /// <summary>The incoming pair, locked.</summary>
    public SpoolPair Source => attempt.Pair;

    /// <summary>The record as it was: what the ledger goes back to when the commit fails.</summary>
    public LedgerEntry Before { get; } = before;

    /// <summary>The record that decides the commit.</summary>
    public LedgerEntry Entry { get; } = entry;

    public IReadOnlyList<Output> Outputs { get; } = outputs;

    /// <summary>What its notifications take from their addresses' allowances.</summary>
    public IReadOnlyList<RateCharge> Charges { get; } = charges;

    /// <summary>True when nothing of the message is left to do: the incoming pair goes.</summary>
    public bool RemoveSource { get; } = removeSource;

    public Outcome Outcome { get; } = outcome;

    /// <summary>TimeProvider timestamp of the claim.</summary>
    public long Started => attempt.Started;

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
