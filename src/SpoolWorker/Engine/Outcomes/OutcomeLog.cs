// The one line a message leaves in the log, the same shape for every outcome: what became of it and why, what the passes found,
// who sent it to how many, how large it was, the id it goes on under and the pass that decided. As JSON each of them is a field. It
// stays one line whatever a daemon or a stranger wrote into a reason.
using Microsoft.Extensions.Logging;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Outcomes;

/// <summary>Writes outcomes.</summary>
internal static partial class OutcomeLog
{
    // No address: it has no domain, and Exim qualifies those.
    private const string NotRead = "?";

    /// <summary>Writes what is news.</summary>
    public static void Write(ILogger log, Outcome outcome)
    {
        if (!outcome.IsNews) return;
        log.Ended(LevelOf(outcome), outcome.Error, outcome.Id, outcome.Text, ReasonOf(outcome), outcome.ResultsInShort, outcome.Sender ?? NotRead, outcome.Recipients, outcome.Size,
            outcome.NewId?.ToString() ?? "-", outcome.Passes is { Length: > 0 } passes ? passes : "-", outcome.Elapsed.TotalMilliseconds);
    }

    /// <summary>What became of a message: the line every look at one ends with, unless it says nothing new. An error where an operator may have something to do
    /// (<c>corrupt</c>, <c>failed</c>, <c>stays</c>, and <c>left</c> for files that may not be touched), else information. The sender of a message that cannot be read is <c>?</c>.</summary>
    [LoggerMessage(EventId = 1000, Message = "{Id} {Outcome}: {Reason}{Results}; from <{Sender}>, {Recipients} rcpt, {Size} bytes, id {NewId}, pass {Pass}, {Milliseconds:0.0} ms")]
    private static partial void Ended(this ILogger log, LogLevel level, Exception? error, MessageId id, string outcome, string reason, string results, string sender, int recipients, long size,
        string newId, string pass, double milliseconds);

    /// <summary>A bug in what is told of outcomes (metrics, a console); no message is touched by it.</summary>
    [LoggerMessage(1001, LogLevel.Error, "{Id}: its outcome cannot be told: {Reason}")]
    public static partial void SubscriberFailed(this ILogger log, Exception error, MessageId id, string reason);

    private static string ReasonOf(Outcome outcome) => outcome.Reason.Length > 0 ? OneLine(outcome.Reason) : outcome.Recipients == 1 ? "1 recipient" : $"{outcome.Recipients} recipients";

    private static LogLevel LevelOf(Outcome outcome)
    {
        if (outcome.Is(OutcomeKind.Corrupt) || outcome.Is(OutcomeKind.Failed) || outcome.Is(OutcomeKind.Undone)) return LogLevel.Error;
        return outcome.Cause switch
        {
            LeftCause.Forbidden or LeftCause.Immovable => LogLevel.Error,
            LeftCause.NotRemoved => LogLevel.Warning,
            _ => LogLevel.Information,
        };
    }

    private static string OneLine(string text) =>
        text.AsSpan().ContainsAny('\r', '\n') ? string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) : text;
}
