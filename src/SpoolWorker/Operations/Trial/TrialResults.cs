// Gathers how each message of a trial ended, from what the engine tells while it works.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Trial;

/// <summary>What became of the messages of a trial.</summary>
internal sealed class TrialResults
{
    private const string NotSeen = TriedMessage.NotSeen, Removed = "removed", Corrupt = TriedMessage.Corrupt, Left = "left", Failed = TriedMessage.Failed;
    private readonly Dictionary<(string Intake, MessageId Id), TriedMessage> _rows;

    public TrialResults(IReadOnlyList<TrialMessage> messages) => _rows = messages.ToDictionary(m => (m.Intake, m.Id), m => new TriedMessage(m));

    /// <summary>Messages with a result so far.</summary>
    public int Dealt { get; private set; }

    /// <summary>Takes what the engine tells; called from its threads.</summary>
    public void Seen(Outcome outcome)
    {
        lock (this)
        {
            if (!_rows.TryGetValue((outcome.Intake, outcome.Id), out var row)) return;
            if (row.Outcome == NotSeen) Dealt++;
            // What comes after a decision tells only that the message is no longer there.
            else if (row.Passed || row.Outcome == Corrupt) return;
            row.Outcome = WordOf(outcome);
            row.Reason = ReasonOf(outcome);
            row.Passed = outcome.Fates[0].Kind is OutcomeKind.Requeued or OutcomeKind.Bounced or OutcomeKind.Held or OutcomeKind.Discarded or OutcomeKind.Deferred or OutcomeKind.Waits or OutcomeKind.Removed;
            row.Results = outcome.Results;
            row.Short = outcome.ResultsInShort.TrimStart();
            row.Recipients = [.. outcome.Settled];
            row.Where = outcome.Corruption is { } put ? [$"{put.Folder}/{put.Name}.reason"] : [.. outcome.Placed.Select(p => $"{p.Folder}/{p.Id}-H")];
        }
    }

    /// <summary>Looks where the rest is.</summary>
    public void Complete()
    {
        foreach (var row in _rows.Values)
        {
            var header = $"{row.Message.Intake}/{row.Message.Id.HeaderName}";
            var there = Posix.Exists(header);
            if (row.Outcome == Left && there)
            {
                row.Where = [header];
            }
            else if (row.Outcome == NotSeen && !there)
            {
                row.Outcome = TriedMessage.NoMessage;
                row.Reason = "no -H file";
                row.Where = [row.Message.Intake];
            }
        }
    }

    private static string WordOf(Outcome outcome) => outcome.Fates[0].Kind switch
    {
        OutcomeKind.Suppressed or OutcomeKind.Gone => Removed,
        OutcomeKind.Corrupt => Corrupt,
        OutcomeKind.Left or OutcomeKind.Failed => Left,
        OutcomeKind.Undone => Failed,
        OutcomeKind.NotReady => "waiting",
        _ => outcome.Text,
    };

    private static string ReasonOf(Outcome outcome)
    {
        if (outcome.Corruption is { } put) return string.Create(CultureInfo.InvariantCulture, $"{put.Error.Kind.Token()} at {put.Error.Offset}: {SafeText.Of(put.Error.Reason)}");
        return WordOf(outcome) switch
        {
            Removed => "all recipients were done",
            Left => outcome.Cause == LeftCause.Frozen ? "frozen; Engine:TakeFrozen takes it" : outcome.Reason.Length > 0 ? outcome.Reason : "waits for its time",
            _ => outcome.Reason,
        };
    }

    /// <summary>How they ended, by sample.</summary>
    public IReadOnlyList<TriedMessage> Messages => [.. _rows.Values];
}
