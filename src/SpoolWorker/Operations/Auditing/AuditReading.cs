// The audit as programs see it. Looks at the ledger without a lock, as show and trace do.
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Operations.Auditing;

/// <summary>Reads the audit.</summary>
internal static class AuditReading
{
    /// <summary>Its rows in the order they were asked for; those that wait come last.</summary>
    /// <param name="options">The ledger.</param>
    /// <param name="selection">Of these messages, and what fits the condition.</param>
    /// <param name="since">Asked for at this time, or later.</param>
    /// <param name="now">What ages count to.</param>
    /// <param name="unread">Called for each row that cannot be read, of whatever message.</param>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    /// <exception cref="PatternTimeException">The patterns of the condition take too long.</exception>
    public static IEnumerable<AuditView> Read(LedgerOptions options, Selection selection, DateTimeOffset since, DateTimeOffset now, Action unread)
    {
        using var ledger = LedgerGlance.Open(options);
        if (ledger is null) yield break;
        var ids = selection.Ids.Select(id => id.ToString()).ToHashSet();
        var first = since.ToUnixTimeMilliseconds();
        foreach (var row in ledger.Verbs(unread).Where(r => r.Time >= first && (ids.Count == 0 || ids.Contains(r.Id))))
        {
            if (selection.Where is null || selection.Where.Matches(new AuditFacts(row, VerbAnswers.StateOf(row), now))) yield return VerbAnswers.Of(row);
        }
    }
}
