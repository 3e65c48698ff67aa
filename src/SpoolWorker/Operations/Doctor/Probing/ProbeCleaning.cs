// Removes what is left of a probe: in an intake or held as `spoolworker delete` does, in the target as `exim -Mrm` does. Only the probe's own ids.
using System.Globalization;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Exims;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>Cleans up.</summary>
/// <param name="loaded">The configuration.</param>
/// <param name="actor">Who asks, for the audit.</param>
internal sealed class ProbeCleaning(LoadedConfiguration loaded, string actor)
{
    // It may be under way, in the worker's hand or in Exim's: then it is somewhere else in a moment, or gone.
    private const int Tries = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What is still there afterwards; null: nothing.</summary>
    public async Task<Finding?> RemoveAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (places, why) = await TryAsync(ids, cancellationToken).ConfigureAwait(false);
            if (places.Count == 0) return null;
            if (tries == Tries) return ProbeKinds.LeftBehind.Warning("probe", $"{string.Join(", ", places)} is still there{why}");
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(IReadOnlyList<string> Left, string Why)> TryAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        var why = "";
        try
        {
            await DeleteAsync(ids, cancellationToken).ConfigureAwait(false);
            var inTarget = ids.Where(i => PlacesOf(i).Contains("target")).Select(i => i.ToString()).ToArray();
            if (inTarget.Length > 0 && EximScene.Of(loaded.Settings).Command is { } command) EximProbe.Ask(command, ["-Mrm", .. inTarget]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $": {e.Message}";
        }
        return ([.. ids.SelectMany(i => PlacesOf(i).Select(place => string.Create(CultureInfo.InvariantCulture, $"{i} ({place})")))], why);
    }

    private async Task DeleteAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        var order = new VerbOrder { Verb = VerbKind.Delete, Selection = new Selection(ids, null), Intake = true, Reason = "doctor --probe", Actor = actor, Uid = Posix.EffectiveUser };
        var targets = VerbSearch.Find(loaded.Settings, order, TimeProvider.System.GetUtcNow());
        if (targets.Found.Count > 0) await new VerbWorker(loaded, () => loaded).RunAsync(order, targets.Found, cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<string> PlacesOf(MessageId id) => MessageSearch.Find(loaded.Settings, id).Messages.Select(m => m.Place);
}
