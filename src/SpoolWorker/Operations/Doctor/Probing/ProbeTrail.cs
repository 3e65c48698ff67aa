// Follows a message by what the places hold and the ledger knows, without a lock, until it has gone the whole way, took another, or the time is up.
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>The way of a probe.</summary>
/// <param name="settings">Where the places are.</param>
/// <param name="id">Its id when it came.</param>
/// <param name="clock">Intervals.</param>
internal sealed class ProbeTrail(Settings settings, MessageId id, TimeProvider clock)
{
    private const string Subject = "probe";

    // How often it is looked for; a message takes some ten milliseconds.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Between two looks a message moves from place to place: nowhere is what three looks in a row say.
    private const int LooksForNowhere = 3;

    private readonly List<MessageId> _ids = [id];

    /// <summary>Its ids: where the target gave it another, that too.</summary>
    public IReadOnlyList<MessageId> Ids => _ids;

    /// <summary>Follows it.</summary>
    /// <param name="how">How it was sent, for people.</param>
    /// <param name="limit">Ends when the time is up.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    public async Task<Finding> FollowAsync(string how, CancellationToken limit, CancellationToken cancellationToken)
    {
        var (started, nowhere) = (clock.GetTimestamp(), 0);
        while (true)
        {
            var seen = MessageSearch.Find(settings, id);
            var fates = seen.Records.SelectMany(r => r.Done.Values).Distinct().ToList();
            if (Elsewhere(seen, fates) is { } other) return other;
            var isInIntake = seen.Messages.Any(m => m.Place == "intake");
            var requeued = fates.FirstOrDefault(f => f.StartsWith(LedgerFormat.Requeued, StringComparison.Ordinal));
            if (requeued is not null && MessageId.TryParse(requeued[LedgerFormat.Requeued.Length..].Split(' ')[0].AsSpan(), out var renewed) && !_ids.Contains(renewed)) _ids.Add(renewed);
            var isInTarget = _ids.Any(i => MessageSearch.Find(settings, i).Messages.Any(m => m.Place == "target"));
            if (!isInIntake && !isInTarget && seen.Records.Count > 0) return Finding.Ok(Subject, $"{string.Join(" as ", _ids)}, {how}, went through in {clock.GetElapsedTime(started).TotalSeconds:0.0} s");
            // Who may not look at the ledger does not know what the worker has done.
            if (seen.Records.Count == 0 && seen.Troubles.Count > 0) return ConfigurationKinds.Incomplete.Unknown(Subject, $"{id}, {how}, cannot be followed: {seen.Troubles[0].Text}");
            nowhere = isInIntake || seen.Records.Count > 0 ? 0 : nowhere + 1;
            if (nowhere >= LooksForNowhere) return ProbeKinds.PastWorker.Error(Subject, $"{id}, {how}: {(isInTarget ? "it lies in the target" : "it is in no intake")}, and the ledger does not know it");
            try
            {
                await Task.Delay(Pause, clock, limit).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return TooLate(seen, isInIntake, how);
            }
        }
    }

    private Finding? Elsewhere(SearchResult seen, List<string> fates)
    {
        if (seen.Messages.FirstOrDefault(m => m.Place is "held" or "corrupt") is { } aside)
            return ProbeKinds.NotPassed.Error(Subject, $"{id} is {aside.Place}: {(aside.Reason.Length > 0 ? aside.Reason.Split('\n')[0] : aside.Error?.ToString() ?? "")}");
        var other = fates.FirstOrDefault(f => !f.StartsWith(LedgerFormat.Requeued, StringComparison.Ordinal) && !f.StartsWith(LedgerFormat.Held, StringComparison.Ordinal));
        return other is null ? null : ProbeKinds.NotPassed.Error(Subject, $"{id}: {other}");
    }

    private Finding TooLate(SearchResult seen, bool isInIntake, string how)
    {
        if (!isInIntake) return ProbeKinds.NotDelivered.Error(Subject, $"{string.Join(" as ", _ids)}, {how}, is still in the target");
        var waits = seen.Records.Select(r => r.Deferred).OfType<Deferral>().FirstOrDefault();
        return waits is null ? ProbeKinds.NotTaken.Error(Subject, $"{id}, {how}, is still in its intake")
            : ProbeKinds.NotPassed.Error(Subject, $"{id} is deferred{(waits.Pass.Length > 0 ? $" by {waits.Pass}" : "")}: {waits.Reason}");
    }
}
