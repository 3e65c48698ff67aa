// Looks for the messages of an order. Reads only; what it finds is asked again under the message's lock. The target and other spools are read-only to verbs.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Options;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Verbs;

/// <summary>Finds the messages of orders.</summary>
internal static class VerbSearch
{
    private const string Deferred = "deferred", Waits = "waits";

    /// <summary>The messages of an order, and what of it is nowhere.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    /// <exception cref="PatternTimeException">The patterns of the condition take too long.</exception>
    public static VerbTargets Find(Settings settings, VerbOrder order, DateTimeOffset now)
    {
        using var ledger = LedgerGlance.Open(settings.Ledger);
        var chosen = MessageSelector.Find(order.Selection, new ListPlaces(Intake: true, Held: true, Corrupt: false, Target: false).Sources(settings, ledger), now);
        var (found, missed, named) = (new List<VerbTarget>(), new List<VerbMiss>(), new HashSet<string>());
        // What is held already is not what a condition means; named by its id it is told so.
        var isHoldOfAll = order.Verb == VerbKind.Hold && order.Selection.Ids.Count == 0;
        foreach (var message in chosen.Messages.GroupBy(m => m.Id))
        {
            var fit = message.Where(m => m.Source.Kind == ListKind.Held ? !isHoldOfAll : order.Intake || m.State is Deferred or Waits).ToList();
            if (fit.Count > 0) Add(order, fit, found, missed, named);
            // A condition means what can be acted on.
            else if (order.Selection.Ids.Count > 0) missed.Add(new VerbMiss(message.Key.ToString(), new Trouble(TroubleKind.BadData, $"{message.Key} waits in its intake and no pass has deferred it; --intake takes it all the same")));
        }
        missed.AddRange(chosen.Missing.Select(id => new VerbMiss(id.ToString(), WhyNot(settings, id))));
        return new VerbTargets(found, missed)
        {
            Unknown = [.. order.Recipients.Where(r => !named.Contains(r))],
            // A directory that is not there holds nothing.
            Troubles = [.. chosen.Troubles.Where(t => t.Kind != TroubleKind.NotFound)],
        };
    }

    private static void Add(VerbOrder order, List<SelectedMessage> fit, List<VerbTarget> found, List<VerbMiss> missed, HashSet<string> named)
    {
        var before = found.Count;
        foreach (var message in fit)
        {
            var recipients = new HashSet<string>();
            foreach (var wanted in order.Recipients)
            {
                if (VerbOrder.AddressOf(message.Recipients, wanted) is not { } address) continue;
                recipients.Add(address);
                named.Add(wanted);
            }
            if (order.Recipients.Count == 0 || recipients.Count > 0) found.Add(new VerbTarget(message.Id, message.Source.Name, message.Source.Path, [.. recipients]));
        }
        if (found.Count == before) missed.Add(new VerbMiss(fit[0].Id.ToString(), new Trouble(TroubleKind.NotFound, $"{fit[0].Id}: {string.Join(", ", order.Recipients.Select(SafeText.Of))} {(order.Recipients.Count == 1 ? "is" : "are")} not among those still to be served; see: spoolworker show {fit[0].Id}")));
    }

    private static Trouble WhyNot(Settings settings, MessageId id)
    {
        var result = MessageSearch.Find(settings, id);
        if (result.Messages.FirstOrDefault(m => m.Place == "corrupt") is { } corrupt) return new Trouble(TroubleKind.BadData, $"{id} is corrupt and lies in {Path.GetDirectoryName(corrupt.HeaderPath)}; see: spoolworker show {id}");
        if (result.Troubles.Count > 0) return result.Troubles[0];
        var fates = result.Records.SelectMany(r => r.Done.Values).Distinct().ToList();
        if (fates.Find(f => f.StartsWith(LedgerFormat.Held, StringComparison.Ordinal) && f != LedgerFormat.Held + id) is { } other)
            return new Trouble(TroubleKind.NotFound, $"{id} is held as {other[LedgerFormat.Held.Length..]}");
        if (result.Records.Any(r => r.Intake == Places.Full(settings.Held.Path) && r.Done.Count > 0))
            return new Trouble(TroubleKind.NotFound, $"{id} is held no more: it was {(fates.Exists(f => f.StartsWith(LedgerFormat.Requeued, StringComparison.Ordinal)) ? "released" : "settled")} before ({string.Join(", ", fates)})");
        if (fates.Count > 0) return new Trouble(TroubleKind.NotFound, $"{id} is neither held nor deferred: {string.Join(", ", fates)}");
        return new Trouble(TroubleKind.NotFound, result.Messages.Count > 0 ? $"{id} lies in the target, where the commands of its Exim act on it (exim -M, -Mrm, ...)" : $"{id} is neither held nor deferred; see: spoolworker list --held, spoolworker list");
    }
}
