// Gives orders and takes them back, whoever asks: the control socket within the worker, or a command beside it by the ledger. Pausing what is paused gives
// the order anew, with the new reason and time; resuming what is not paused changes nothing and says so. Throws LedgerException.
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Operations.Orders;

/// <summary>What an order came to: an answer, or why there is none.</summary>
/// <param name="Said">A sentence.</param>
/// <param name="Changed">Whether something is otherwise than before.</param>
/// <param name="Trouble">Set: nothing was done.</param>
internal sealed record OrderResult(string Said, bool Changed, Trouble? Trouble = null);

/// <summary>Orders.</summary>
internal static class OrderActs
{
    /// <summary>The longest an order may be given for.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromDays(366);

    /// <summary>A skip is for a while: what is not wanted for longer is taken out of <c>Passes</c>.</summary>
    public static readonly TimeSpan LongestSkip = TimeSpan.FromDays(31);

    /// <summary>A reason stands in each line about the order.</summary>
    public const int LongestReason = 500;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>Does what is asked for.</summary>
    public static OrderResult Do(OrdersInForce orders, OrderGround ground, OrderRequest request, DateTimeOffset now)
    {
        if (FaultOf(request) is { } fault) return Refused(TroubleKind.BadData, fault);
        // What was ordered beside us, and not seen yet, can be taken back, too.
        orders.Look();
        if (!TryName(ground, orders, request, out var name, out var trouble)) return new OrderResult("", false, trouble);
        var milliseconds = now.ToUnixTimeMilliseconds();
        var row = new OrderRow
        {
            Kind = request.Verb switch { OrderVerb.Drain => OrderKind.Drain, OrderVerb.Skip or OrderVerb.Unskip => OrderKind.Skip, _ => OrderKind.Pause },
            Scope = request.Scope,
            Name = name,
            Since = milliseconds,
            Until = request.For is { } time ? milliseconds + (long)time.TotalMilliseconds : 0,
            Actor = request.Actor,
            Uid = request.Uid,
            Reason = request.Reason,
        };
        if (request.Verb is OrderVerb.Resume or OrderVerb.Unskip)
        {
            // A drain is resumed as a pause is.
            var taken = orders.TakeBack(o => o.Scope == row.Scope && o.Name == row.Name && (row.Kind == OrderKind.Skip) == (o.Kind == OrderKind.Skip), row);
            return taken.Count > 0 ? new OrderResult($"no more: {string.Join("; ", taken.Select(o => o.Sentence))}{Rest(orders)}", true)
                : new OrderResult($"{row.What} was not {(row.Kind == OrderKind.Skip ? "skipped" : "paused")}{Rest(orders)}", false);
        }
        orders.Give(row);
        return new OrderResult(row.Sentence, true);
    }

    private static string? FaultOf(OrderRequest request)
    {
        var longest = request.Verb == OrderVerb.Skip ? LongestSkip : LongestPause;
        if (request is { Intake.Length: > 0, Pass.Length: > 0 }) return "an intake and a pass: name one of them";
        if (request is { Job.Length: > 0 } and ({ Intake.Length: > 0 } or { Pass.Length: > 0 })) return "a job, and an intake or a pass: name one of them";
        if (request.Verb is OrderVerb.Skip or OrderVerb.Unskip && request.Pass.Length == 0) return "no pass is named that is to be skipped";
        if (request.Verb == OrderVerb.Skip && request.For is null) return "a skip ends by itself: say for how long";
        if (request.For is { } time && (time < Shortest || time > longest)) return $"'{Duration.Text(time)}': must be {Duration.Text(Shortest)} to {Duration.Text(longest)}";
        if (request.Reason.Length > LongestReason || request.Reason.Any(char.IsControl)) return $"the reason is longer than {LongestReason} characters, or has control characters";
        return null;
    }

    private static bool TryName(OrderGround ground, OrdersInForce orders, OrderRequest request, out string name, out Trouble? trouble)
    {
        (name, trouble) = (request.Pass, null);
        // What is not configured any more can be taken back all the same.
        var ends = request.Verb is OrderVerb.Resume or OrderVerb.Unskip;
        if (request.Scope == OrderScope.Intake)
        {
            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Intake));
            var paths = ends ? [.. ground.Intakes, .. orders.All.Where(o => o.Scope == OrderScope.Intake).Select(o => o.Name)] : ground.Intakes;
            name = paths.FirstOrDefault(p => p == full || p == full + "/input") ?? "";
            if (name.Length == 0) trouble = new Trouble(TroubleKind.NotFound, $"{request.Intake} is no intake; there are {Known(ground.Intakes)}");
        }
        if (request.Scope == OrderScope.Pass)
        {
            var step = ground.Steps.FirstOrDefault(s => s.Name == request.Pass);
            if (step.Name is null && !(ends && orders.All.Any(o => o.Scope == OrderScope.Pass && o.Name == request.Pass)))
                trouble = new Trouble(TroubleKind.NotFound, $"'{request.Pass}' is no pass that runs; there are {Known([.. ground.Steps.Select(s => s.Name)])}");
            else if (request.Verb == OrderVerb.Skip && !step.MayBeSkipped) trouble = new Trouble(TroubleKind.BadData, $"{request.Pass} is never skipped: pause it, and mail waits");
        }
        if (request.Scope == OrderScope.Job)
        {
            name = request.Job;
            if (!ground.Jobs.Contains(name) && !(ends && orders.All.Any(o => o.Scope == OrderScope.Job && o.Name == request.Job)))
                trouble = new Trouble(TroubleKind.NotFound, $"'{name}' is no job that runs; there are {Known(ground.Jobs)}");
        }
        return trouble is null;
    }

    private static string Known(IReadOnlyList<string> names) => names.Count > 0 ? string.Join(", ", names) : "none";

    private static string Rest(OrdersInForce orders) => orders.All is { Count: > 0 } rest ? $"; still: {string.Join("; ", rest.Select(o => o.Sentence))}" : "";

    private static OrderResult Refused(TroubleKind kind, string text) => new("", false, new Trouble(kind, text));
}
