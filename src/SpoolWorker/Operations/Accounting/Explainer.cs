// Why a message is where it is: what each pass saw, decided and cost when it was judged last, what comes next and when, and what would let it go. From the
// ledger and the files that are there; reads only.
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Accounting;

/// <summary>What was found out, and what could not be looked at.</summary>
/// <param name="Views">One for each place the message lies in; one for a message that is gone; none for one nothing is known of.</param>
/// <param name="Troubles">What could not be looked at.</param>
internal sealed record Explained(IReadOnlyList<ExplainView> Views, IReadOnlyList<Trouble> Troubles);

/// <summary>Explains messages.</summary>
internal static class Explainer
{
    /// <param name="settings">Where messages lie, and the passes in their order.</param>
    /// <param name="passes">What each pass declares to find.</param>
    /// <param name="id">The message.</param>
    public static Explained Explain(Settings settings, IReadOnlyList<PassRegistration> passes, MessageId id)
    {
        var search = MessageSearch.Find(settings, id);
        // The intake's record tells of the passes, also of what is held since.
        var judged = search.Records.Where(r => r.Ran is not null || r.Found is not null).OrderByDescending(r => r.Decided).FirstOrDefault();
        var pauses = Pauses(settings);
        var views = search.Messages.Select(m => Of(settings, passes, m, judged, search.Records, pauses)).ToList();
        if (views.Count == 0 && search.Records.Count > 0) views.Add(Gone(passes, id, judged, search.Records));
        return new Explained(views, search.Troubles);
    }

    private static ExplainView Of(Settings settings, IReadOnlyList<PassRegistration> passes, FoundMessage message, LedgerEntry? judged, IReadOnlyList<LedgerEntry> records, IReadOnlyList<OrderRow> pauses)
    {
        var directory = Path.GetDirectoryName(message.HeaderPath)!;
        var own = records.FirstOrDefault(r => r.Intake == directory || directory.StartsWith(r.Intake + "/", StringComparison.Ordinal));
        var id = message.Header?.Id.ToString() ?? Path.GetFileName(message.HeaderPath)[..^2];
        var pause = message.Place == "intake" ? pauses.FirstOrDefault(p => Keeps(p, directory, own?.Deferred)) : null;
        var (next, letGo) = pause is null ? NextOf(settings, message, own, id) : ($"nothing before the end of a pause: {pause.Sentence}", PastPause(pause, id));
        var deferral = message.Place == "intake" ? own?.Deferred : null;
        return new ExplainView
        {
            Id = id,
            Place = message.Place,
            Directory = directory,
            Judged = judged is null ? null : View.TimeOfMilliseconds(judged.Decided),
            Passes = PassesOf(passes, judged),
            RecipientResults = RecordViews.OwnOf(judged),
            Recipients = [.. message.Recipients.Select(r => new SettledRecipientView { Address = RecordViews.Exact(LedgerEntry.Text(r.Recipient.Address.Span)), Outcome = Fate(r) })],
            Reason = message.Reason.Length > 0 ? message.Reason : deferral is null ? null : $"{deferral.Pass}: {deferral.Reason}".TrimStart(':', ' '),
            Next = next,
            NextTry = deferral is null or { IsOpenEnded: true } ? null : View.TimeOfMilliseconds(deferral.Next),
            LetGo = letGo,
        };
    }

    private static bool Keeps(OrderRow pause, string directory, Deferral? deferral) => pause.Scope switch
    {
        OrderScope.Worker => true,
        OrderScope.Intake => directory == pause.Name || directory.StartsWith(pause.Name + "/", StringComparison.Ordinal),
        _ => deferral is { IsPlanned: true } && deferral.Pass == pause.Name,
    };

    // A retry goes past none of them, and a release past that of a pass only without it.
    private static IReadOnlyList<string> PastPause(OrderRow pause, string id) => pause.Scope switch
    {
        OrderScope.Worker => ["spoolworker resume", $"spoolworker release --intake {id} (whatever passes decide)"],
        OrderScope.Intake => [$"spoolworker resume --intake {pause.Name}", $"spoolworker release --intake {id} (whatever passes decide)"],
        _ => [$"spoolworker resume --pass {pause.Name}", $"spoolworker release --as-is {id} (without any pass)"],
    };

    // That of the worker first: it goes furthest. What cannot be read is told by the search.
    private static IReadOnlyList<OrderRow> Pauses(Settings settings)
    {
        try
        {
            using var ledger = LedgerGlance.Open(settings.Ledger);
            var now = TimeProvider.System.GetUtcNow();
            return [.. (ledger?.Orders() ?? []).Where(o => o.Kind == OrderKind.Pause && !o.HasEnded(now)).OrderBy(o => o.Scope)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static ExplainView Gone(IReadOnlyList<PassRegistration> passes, MessageId id, LedgerEntry? judged, IReadOnlyList<LedgerEntry> records) => new()
    {
        Id = id.ToString(),
        Place = "gone",
        Judged = judged is null ? null : View.TimeOfMilliseconds(judged.Decided),
        Passes = PassesOf(passes, judged),
        RecipientResults = RecordViews.OwnOf(judged),
        Recipients = [.. records.SelectMany(r => r.Done).GroupBy(d => d.Key, d => d.Value).Select(d => new SettledRecipientView { Address = RecordViews.Exact(d.Key), Outcome = d.Last() })],
        Next = "nothing: all its recipients are settled",
        LetGo = [],
    };

    private static List<ExplainedPassView> PassesOf(IReadOnlyList<PassRegistration> passes, LedgerEntry? judged)
    {
        var found = judged?.Found ?? [];
        return [.. (judged?.Ran ?? []).Select(ran => new ExplainedPassView
        {
            Pass = ran.Pass,
            Milliseconds = ran.Milliseconds,
            Decided = ran.Decided,
            Why = ran.Why,
            Found = (passes.FirstOrDefault(p => p.Name == ran.Pass)?.Results ?? []).Where(r => found.ContainsKey(r.Name)).DistinctBy(r => r.Name).ToDictionary(r => r.Name, r => RecordViews.Exact(found[r.Name])),
        })];
    }

    private static string Fate(FoundRecipient recipient) => recipient.Source switch
    {
        ServedSource.None => "pending",
        ServedSource.Ledger => recipient.Outcome!,
        _ => "done",
    };

    private static (string Next, IReadOnlyList<string> LetGo) NextOf(Settings settings, FoundMessage message, LedgerEntry? own, string id)
    {
        switch (message.Place)
        {
            // Verbs and worker put it into corrupt/ as it is.
            case "held" or "intake" when message.Error is { } error:
                return ($"{(message.Place == "held" ? "nothing by itself" : "it goes to corrupt/ when its turn comes, unless it is still being written")}: it cannot be read: {SafeText.Of(error.ToString())}", [$"repair -H by hand, where it lies; spoolworker show {id} has the place of the fault"]);
            case "held":
                return ($"nothing by itself: it is held{(own?.Held is { Pass.Length: > 0 } held ? $" by {held.Pass}" : "")}{Behind(settings, own?.Held)}",
                    [$"spoolworker release {id}", $"spoolworker retry {id} (when what held it has changed)", $"spoolworker redirect ADDR {id}", $"spoolworker bounce {id}", $"spoolworker delete {id}"]);
            case "intake" when message.Header?.IsFrozen == true && !settings.Engine.TakeFrozen:
                return ("nothing by itself: it is frozen", [$"exim -Mt {id} with the Exim of that queue, or Engine:TakeFrozen"]);
            // The turn of those who go apart has come already.
            case "intake" when own?.Deferred is { IsPlanned: true } turn && turn.Next <= turn.Since:
                return ("it is tried again with the next look at its intake", []);
            case "intake" when own?.Deferred is { IsPlanned: true } planned:
                return (planned.IsOpenEnded ? $"it goes on with the next look at it: {planned.Pass} is paused no more" : $"it goes on with the hours of {planned.Pass}", [$"spoolworker retry {id} (now)", $"spoolworker release {id} (whatever passes decide)"]);
            case "intake" when own?.Deferred is { } deferral:
                return ($"it is tried again{(deferral.Pass.Length > 0 ? $", as {deferral.Pass} deferred it" : "")} (so far {own.Deferrals} times)", [$"spoolworker retry {id} (now)", $"spoolworker release {id} (whatever passes decide)"]);
            case "intake":
                return ("it is taken with the next look at its intake", []);
            case "target":
                return ("the target's Exim delivers it", []);
            default:
                return ("nothing by itself: it cannot be read", ["repair -H by hand and move its files back to where they came from"]);
        }
    }

    private static string Behind(Settings settings, HeldState? held)
    {
        if (held is null) return "";
        var names = settings.Passes.Select(p => p.Name).ToList();
        if (held.Behind == HeldState.Nothing) names.Clear();
        else if (held.Behind.Length > 0) names = names.IndexOf(held.Behind) is var at and >= 0 ? names[(at + 1)..] : [];
        return names.Count == 0 ? "; no pass is left to come" : $"; still to come: {string.Join(", ", names)}";
    }
}
