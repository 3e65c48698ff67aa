// What the worker's ledger tells of a message: when it was first worked on, what the passes found, what became of each
// recipient and under which id it went on. The worker's times are those of the first look and of the last decision.
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Tracing;

/// <summary>Looks through the ledger.</summary>
internal static class LedgerScan
{
    private const int Most = 1000;
    private const string Requeued = "requeued ", Held = "held ", Bounced = "bounced ";

    /// <summary>Records of a message, also under the id it got from the worker, or of an address.</summary>
    public static IReadOnlyList<LedgerEntry> Find(LedgerGlance ledger, string text)
    {
        var found = ledger.FindText(text, Most);
        return MessageId.TryParse(text.AsSpan(), out var id) ? [.. ledger.FindAll(id).Concat(found.Where(e => e.Id != text))] : found;
    }

    /// <summary>Other ids a record leads to, with what they are.</summary>
    public static IEnumerable<(string Id, string Why)> Ids(LedgerEntry entry)
    {
        yield return (entry.Id, "taken by the worker");
        foreach (var how in entry.Done.Values.Distinct())
        {
            if (IdIn(how, Requeued) is { } requeued && requeued != entry.Id) yield return (requeued, $"{entry.Id} was requeued as this");
            if (IdIn(how, Held) is { } held && held != entry.Id) yield return (held, $"{entry.Id} was held as this");
            if (IdIn(how, Bounced) is { } notice) yield return (notice, $"the worker's notification about {entry.Id}");
        }
    }

    public static IEnumerable<TraceEvent> Events(LedgerEntry entry)
    {
        // Known as finished, and its history is no longer kept: there is no time to it.
        if (entry.FirstSeen == 0) yield break;
        var decided = At(entry.Decided > 0 ? entry.Decided : entry.FirstSeen);
        // The record of a held pair tells of the time since; what was before is told by that of its intake.
        if (entry.Held is { } held) yield return New(At(held.Since), TraceKind.Held, $"{held.Pass} {held.Reason}".Trim());
        else yield return New(At(entry.FirstSeen), TraceKind.Taken, $"from {entry.Intake}");
        if (entry.Failures > 0) yield return New(decided, TraceKind.Failed, $"{entry.Failures} times, last: {entry.LastFailure}");
        if (entry.Found is { Count: > 0 } found) yield return New(decided, TraceKind.Passes, string.Join(", ", found.Select(f => $"{f.Key}={f.Value}")));
        foreach (var ran in (entry.Ran ?? []).Where(r => r.Why is not null)) yield return New(decided, TraceKind.Passes, $"without {ran.Pass} ({ran.Why})");
        foreach (var (address, how) in entry.Done)
        {
            var kind = how.StartsWith(Requeued, StringComparison.Ordinal) ? TraceKind.Requeued : how.StartsWith(Held, StringComparison.Ordinal) ? TraceKind.Held
                : how.StartsWith(Bounced, StringComparison.Ordinal) ? TraceKind.Bounced : how == "discarded" ? TraceKind.Discarded : TraceKind.Note;
            var id = how.Split(' ')[^1];
            yield return New(decided, kind, kind is TraceKind.Discarded or TraceKind.Note ? $"{address}: {how}" : $"{address} as {(id == entry.Id ? "the same id" : id)}", address);
        }
        if (entry.Deferred is { } deferral) yield return New(At(deferral.Since), deferral.IsPlanned ? TraceKind.Waits : TraceKind.Deferred, $"{(deferral.IsOpenEnded ? "" : $"until {At(deferral.Next):yyyy-MM-dd HH:mm:ss}Z ")}{deferral.Pass} {deferral.Reason}".Trim());

        TraceEvent New(DateTimeOffset time, TraceKind kind, string text, string address = "") => new(time, entry.Id, TraceEvent.Worker, kind, text, address);
    }

    /// <summary>What operators did.</summary>
    public static TraceEvent Event(VerbRow row) => new(At(row.Executed > 0 ? row.Executed : row.Time), row.Id, TraceEvent.Operator, TraceKind.Verb, $"{VerbWords.Of(row.Verb)} by {row.Actor}: {(row.Executed > 0 ? row.Told : "waits")}{(row.Reason.Length > 0 ? $" ({row.Reason})" : "")}");

    private static string? IdIn(string how, string prefix) => how.StartsWith(prefix, StringComparison.Ordinal) && MessageId.TryParse(how.AsSpan(prefix.Length), out var id) ? id.ToString() : null;

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
