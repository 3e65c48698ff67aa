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
    /// <summary>What is still there afterwards; null: nothing.</summary>
    public async Task<Finding?> RemoveAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
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
        var left = ids.SelectMany(i => PlacesOf(i).Select(place => string.Create(CultureInfo.InvariantCulture, $"{i} ({place})"))).ToList();
        return left.Count == 0 ? null : ProbeKinds.LeftBehind.Warning("probe", $"{string.Join(", ", left)} is still there{why}");
    }

    private async Task DeleteAsync(IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        var order = new VerbOrder { Verb = VerbKind.Delete, Selection = new Selection(ids, null), Intake = true, Reason = "doctor --probe", Actor = actor, Uid = Posix.EffectiveUser };
        var targets = VerbSearch.Find(loaded.Settings, order, TimeProvider.System.GetUtcNow());
        if (targets.Found.Count > 0) await new VerbWorker(loaded, () => loaded).RunAsync(order, targets.Found, cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<string> PlacesOf(MessageId id) => MessageSearch.Find(loaded.Settings, id).Messages.Select(m => m.Place);
}
