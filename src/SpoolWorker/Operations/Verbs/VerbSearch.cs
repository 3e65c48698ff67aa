// Looks for the messages of an order. Reads only; what it finds is asked again under the message's lock. The target and other spools are read-only to verbs.
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Verbs;

/// <summary>Finds the messages of orders.</summary>
internal static class VerbSearch
{
    /// <summary>The messages of an order, and what of it is nowhere.</summary>
    public static VerbTargets Find(Settings settings, VerbOrder order)
    {
        var (found, missed, named) = (new List<VerbTarget>(), new List<VerbMiss>(), new HashSet<string>());
        foreach (var id in order.Ids.Distinct())
        {
            var result = MessageSearch.Find(settings, id);
            var here = result.Messages.Where(m => m.Place is "held" or "intake").ToList();
            var fit = here.Where(m => Waits(m, order)).ToList();
            if (fit.Count == 0) missed.Add(new VerbMiss(id, WhyNot(settings, id, result, here)));
            else if (order.Recipients.Count == 0) found.AddRange(fit.Select(m => new VerbTarget(id, m.Place, DirectoryOf(m), [])));
            else AddFor(order.Recipients, id, fit, found, missed, named);
        }
        return new VerbTargets(found, missed) { Unknown = [.. order.Recipients.Where(r => !named.Contains(r))] };
    }

    private static void AddFor(IReadOnlyList<string> recipients, MessageId id, List<FoundMessage> fit, List<VerbTarget> found, List<VerbMiss> missed, HashSet<string> named)
    {
        var before = found.Count;
        foreach (var message in fit)
        {
            var pending = message.Recipients.Where(r => IsPending(message, r)).Select(r => LedgerEntry.Text(r.Recipient.Address.Span)).ToList();
            var chosen = new HashSet<string>();
            foreach (var wanted in recipients)
            {
                // As written, or in other letters: domains are the same then, and two local parts that differ in that are seldom two people.
                if ((pending.Find(p => p == wanted) ?? pending.Find(p => p.Equals(wanted, StringComparison.OrdinalIgnoreCase))) is not { } address) continue;
                chosen.Add(address);
                named.Add(wanted);
            }
            if (chosen.Count > 0) found.Add(new VerbTarget(id, message.Place, DirectoryOf(message), [.. chosen]));
        }
        if (found.Count == before) missed.Add(new VerbMiss(id, new Trouble(TroubleKind.NotFound, $"{id}: {string.Join(", ", recipients.Select(SafeText.Of))} {(recipients.Count == 1 ? "is" : "are")} not among those still to be served; see: spoolworker show {id}")));
    }

    // A recipient whose copy is held is settled for its intake, and pending in held/.
    private static bool IsPending(FoundMessage message, FoundRecipient recipient) => recipient.Source == ServedSource.None || (recipient.Source == ServedSource.Ledger && OwnFate(message, recipient) is null);

    private static string? OwnFate(FoundMessage message, FoundRecipient recipient) =>
        message.Ledger.Where(e => e.Intake == DirectoryOf(message)).Select(e => e.FateOf(LedgerEntry.Text(recipient.Recipient.Address.Span))).FirstOrDefault(f => f is not null);

    private static bool Waits(FoundMessage message, VerbOrder order) => message.Place == "held" || order.Intake || message.Ledger.Any(e => e.Intake == DirectoryOf(message) && e.Deferred is not null);

    // The place, also where the pair lies in a subdirectory of it.
    private static string DirectoryOf(FoundMessage message)
    {
        var folder = Path.GetDirectoryName(message.HeaderPath)!;
        return Path.GetFileName(folder).Length == 1 && message.Place == "intake" ? Path.GetDirectoryName(folder)! : folder;
    }

    private static Trouble WhyNot(Settings settings, MessageId id, SearchResult result, List<FoundMessage> here)
    {
        if (here.Count > 0) return new Trouble(TroubleKind.BadData, $"{id} waits in its intake and no pass has deferred it; --intake takes it all the same");
        if (result.Messages.FirstOrDefault(m => m.Place == "corrupt") is { } corrupt) return new Trouble(TroubleKind.BadData, $"{id} is corrupt and lies in {Path.GetDirectoryName(corrupt.HeaderPath)}; see: spoolworker show {id}");
        if (result.Troubles.Count > 0) return result.Troubles[0];
        var fates = result.Records.SelectMany(r => r.Done.Values).Distinct().ToList();
        if (fates.Find(f => f.StartsWith(LedgerFormat.Held, StringComparison.Ordinal) && f != LedgerFormat.Held + id) is { } other)
            return new Trouble(TroubleKind.NotFound, $"{id} is held as {other[LedgerFormat.Held.Length..]}");
        if (result.Records.Any(r => r.Intake == Engine.Target.Places.Full(settings.Held.Path) && r.Done.Count > 0))
            return new Trouble(TroubleKind.NotFound, $"{id} is held no more: it was {(fates.Exists(f => f.StartsWith(LedgerFormat.Requeued, StringComparison.Ordinal)) ? "released" : "settled")} before ({string.Join(", ", fates)})");
        if (fates.Count > 0) return new Trouble(TroubleKind.NotFound, $"{id} is neither held nor deferred: {string.Join(", ", fates)}");
        return new Trouble(TroubleKind.NotFound, result.Messages.Count > 0 ? $"{id} lies in the target, where the commands of its Exim act on it (exim -M, -Mrm, ...)" : $"{id} is neither held nor deferred; see: spoolworker list --held, spoolworker list");
    }
}
