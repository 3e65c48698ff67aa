// The calls that give orders: pause, resume, drain, skip, unskip. The body is an object with the members it has need of; one that nobody knows, or of
// another type, is a fault. Who asks is told by the kernel (or by the console, for whom it acts); root may say who became root.
using System.Text.Json;
using SpoolWorker.Engine.Target;
using SpoolWorker.Http;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Views.Orders;

namespace SpoolWorker.Control;

/// <summary>Orders by the control socket.</summary>
internal static class OrderCalls
{
    /// <summary>The path of a verb.</summary>
    public static string PathOf(OrderVerb verb) => $"/v1/{verb.ToString().ToLowerInvariant()}";

    /// <summary>HTTP's number for what a trouble is: a client of ours turns it back.</summary>
    public const int NotFound = 422, Refused = 409, NotNow = 503;

    private const int MostActor = 100;

    // What a TimeSpan surely holds; how long an order may stand is told by OrderActs.
    private const double MostSeconds = 1e10;

    public static IEnumerable<ServedCall> All(OrderDesk desk)
    {
        foreach (var (verb, summary) in new[]
        {
            (OrderVerb.Pause, "Mail waits: all of it, that of an intake, or what comes to a pass, or a job does not run; for seconds, or until it is resumed"), (OrderVerb.Resume, "The end of a pause or a drain"),
            (OrderVerb.Drain, "Takes no more, and finishes what is in hand; ends with the process"), (OrderVerb.Skip, "Mail goes on without a pass, for seconds"), (OrderVerb.Unskip, "The end of a skip"),
        })
            yield return new ServedCall("POST", PathOf(verb), CallLevel.Operate, summary, (request, _) => ValueTask.FromResult(Do(desk, verb, request))) { TakesBody = true };
        yield return new ServedCall("GET", PathOf(OrderVerb.Drain), CallLevel.Read, "How far a drain is", (_, _) => ValueTask.FromResult(Answer(desk.Drained())));
    }

    private static CallAnswer Do(OrderDesk desk, OrderVerb verb, CallRequest call)
    {
        if (!TryRead(verb, call, out var request, out var fault)) return CallAnswer.Failed(400, fault);
        try
        {
            if (desk.Do(request!, out var trouble) is { } answer) return Answer(answer);
            return CallAnswer.Failed(trouble!.Kind == TroubleKind.NotFound ? NotFound : Refused, trouble.Text);
        }
        catch (LedgerException e)
        {
            return CallAnswer.Failed(NotNow, $"it cannot be written down, so nothing has changed: {e.Message}");
        }
    }

    private static CallAnswer Answer(OrderAnswerView answer) => new(200, ViewJson.Write(answer, ViewJson.Default.OrderAnswerView, ViewJson.Indented));

    private static bool TryRead(OrderVerb verb, CallRequest call, out OrderRequest? request, out string fault)
    {
        (request, fault) = (null, "");
        var (texts, seconds) = (new Dictionary<string, string>(), (double?)null);
        foreach (var member in call.Body!.Value.EnumerateObject())
        {
            if (member.Name == "seconds" && member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDouble(out var number) && Math.Abs(number) < MostSeconds) seconds = number;
            else if (member.Name is "intake" or "pass" or "job" or "reason" or "actor" && member.Value.ValueKind == JsonValueKind.String) texts[member.Name] = member.Value.GetString()!;
            else fault = $"'{member.Name}' must be one of the strings intake, pass, job, reason, actor, or the number seconds";
        }
        if (fault.Length > 0) return false;
        var peer = call.Peer!;
        var own = Places.UserName(peer.Uid);
        var named = texts.GetValueOrDefault("actor", "");
        var isSane = named.Length is > 0 and <= MostActor && !named.Any(char.IsControl);
        request = new OrderRequest
        {
            Verb = verb,
            Intake = texts.GetValueOrDefault("intake", ""),
            Pass = texts.GetValueOrDefault("pass", ""),
            Job = texts.GetValueOrDefault("job", ""),
            For = seconds is { } time ? TimeSpan.FromSeconds(time) : null,
            Reason = texts.GetValueOrDefault("reason", ""),
            Actor = call.Behalf is { } behalf ? $"{behalf} by {own}" : peer.Uid == 0 && isSane ? named : own,
            Uid = peer.Uid,
        };
        return true;
    }
}
