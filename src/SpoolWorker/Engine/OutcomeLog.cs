// The one line a message leaves in the log, the same shape for every outcome: what became of it and why, what the passes found,
// who sent it to how many, how large it was, and the id it goes on under. As JSON each of them is a field. It stays one
// line whatever a daemon or a stranger wrote into a reason.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Writes outcomes.</summary>
internal static class OutcomeLog
{
    public static void Write(ILogger log, MessageId id, Outcome outcome, TimeSpan elapsed) =>
        log.LogInformation("{Id} {Outcome}: {Reason}{Results}; from <{Sender}>, {Recipients} rcpt, {Size} bytes, id {NewId}, {Milliseconds:0.0} ms", id, outcome.Text,
            outcome.Reason.Length > 0 ? OneLine(outcome.Reason) : outcome.Recipients == 1 ? "1 recipient" : $"{outcome.Recipients} recipients", outcome.ResultsInShort,
            outcome.Sender, outcome.Recipients, outcome.Size, outcome.NewId.Length > 0 ? outcome.NewId : "-", elapsed.TotalMilliseconds);

    private static string OneLine(string text) => text.AsSpan().ContainsAny('\r', '\n') ? string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) : text;
}
