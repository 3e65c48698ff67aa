using System.Text.Json;
using SpoolWorker.Control;
using SpoolWorker.Control.Client;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Http;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Status;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Control;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;

namespace SpoolWorker.Tests.Orders;

/// <summary>Orders by the control socket: what is done, what is refused, and by whom.</summary>
public sealed class OrderCallTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EngineRig _rig = new();
    private readonly List<IDisposable> _mine = [];
    private CallServer? _server;
    private CallLevel _level = CallLevel.Operate;

    private string Socket => Path.Combine(_rig.Root, "control.sock");

    public async Task InitializeAsync()
    {
        SharedFramework.Prepare().Should().BeNull();
        _rig.With(new TestPass("dcc", _ => PassResult.Continue));
        _rig.With(new TestPass("sign", _ => PassResult.Continue), traits: PassTraits.NeverSkipped);
        _rig.Start();
        var metrics = new MeterRig(_rig);
        var text = new MetricsText(metrics.Meter.Meter);
        _mine.AddRange([text, metrics]);
        var status = new LiveStatus(new StatusSources(_rig.Settings, "a test", _rig.Engine, _rig.Ledger, metrics.Survey, metrics.Jobs, _rig.Clock));
        ListeningSocket.TryBindUnix(Socket, 0b110_000_000, out var unix, out var fault).Should().Be(SocketFault.None, fault);
        _server = await CallServer.StartAsync(new ServerPlan(ControlCalls.All(new ControlSources(_rig.Engine, status, text, _rig.Clock, (_, _) => throw new NotSupportedException())), "0.9", _ => _level, _ => false) { Unix = unix }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _server!.DisposeAsync();
        await _rig.DisposeAsync();
    }

    public void Dispose() => _mine.ForEach(one => one.Dispose());

    [Fact]
    public async Task Orders_are_given_listed_and_taken_back()
    {
        (await AskAsync(new() { Verb = OrderVerb.Pause, Pass = "dcc", Reason = "moved", Actor = "alice as root", For = TimeSpan.FromHours(2) })).Value!.Said
            .Should().MatchRegex("^pass dcc is paused by .* until 2026-11-23 14:00Z: moved$");
        (await AskAsync(new() { Verb = OrderVerb.Pause, Intake = Path.GetDirectoryName(_rig.Intake)! })).Value!.Orders.Should().HaveCount(2);
        (await AskAsync(new() { Verb = OrderVerb.Skip, Pass = "dcc", For = TimeSpan.FromMinutes(5) })).Value!.Changed.Should().BeTrue();
        using (var status = JsonDocument.Parse(Get("/v1/status").Body))
            status.RootElement.GetProperty("orders").EnumerateArray().Select(o => $"{o.GetProperty("kind")} {o.GetProperty("scope")} {o.GetProperty("name")}").Should().BeEquivalentTo("pause pass dcc", $"pause intake {_rig.Intake}", "skip pass dcc");
        var asked = (await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None)).Status!;
        var verdict = StatusVerdict.Of(asked, [], [], null);
        (verdict.Level, verdict.Reasons.Count).Should().Be((StatusLevel.Warning, 2), "a pause may be forgotten, a skip ends by itself");

        var none = await AskAsync(new() { Verb = OrderVerb.Resume });
        (none.Value!.Changed, none.Value.Said).Should().Match<(bool Changed, string Said)>(a => !a.Changed && a.Said.StartsWith("the worker was not paused; still: "));
        (await AskAsync(new() { Verb = OrderVerb.Resume, Pass = "dcc" })).Value!.Said.Should().StartWith("no more: pass dcc is paused");
        (await AskAsync(new() { Verb = OrderVerb.Resume, Intake = _rig.Intake })).Value!.Changed.Should().BeTrue();
        (await AskAsync(new() { Verb = OrderVerb.Unskip, Pass = "dcc" })).Value!.Orders.Should().BeEmpty();
    }

    [Fact]
    public async Task A_drain_says_what_is_in_hand_and_what_is_left()
    {
        new PairFactory().In(_rig.Intake);
        var drained = (await AskAsync(new() { Verb = OrderVerb.Drain })).Value!;
        (drained.InHand, drained.Left).Should().Be((0, 1));
        (await ControlClient.DrainedAsync(Socket, Patience, CancellationToken.None)).Value!.Left.Should().Be(1);
        Get("/readyz").Status.Should().Be(503);
        Get("/healthz").Should().Match<(int Status, string Body)>(h => h.Status == 200 && h.Body.StartsWith("ok\nthe worker is drained"));
        (await AskAsync(new() { Verb = OrderVerb.Resume })).Value!.InHand.Should().BeNull();
        (await ControlClient.DrainedAsync(Socket, Patience, CancellationToken.None)).Value!.InHand.Should().BeNull("it was resumed");
    }

    [Theory]
    [InlineData("/v1/pause", """{"pass":"dccc"}""", 422, "'dccc' is no pass that runs; there are dcc, sign")]
    [InlineData("/v1/pause", """{"intake":"/nowhere"}""", 422, "/nowhere is no intake; there are /")]
    [InlineData("/v1/pause", """{"intake":"/a","pass":"dcc"}""", 409, "name one of them")]
    [InlineData("/v1/pause", """{"seconds":0}""", 409, "must be 1s to 366d")]
    [InlineData("/v1/pause", """{"seconds":1e99}""", 400, "'seconds' must be one of")]
    [InlineData("/v1/pause", """{"seconds":"2h"}""", 400, "'seconds' must be one of")]
    [InlineData("/v1/pause", """{"passs":"dcc"}""", 400, "'passs' must be one of the strings intake, pass")]
    [InlineData("/v1/pause", """{"reason":"a\nb"}""", 409, "has control characters")]
    [InlineData("/v1/skip", """{"pass":"dcc"}""", 409, "say for how long")]
    [InlineData("/v1/skip", """{"seconds":60}""", 409, "no pass is named")]
    [InlineData("/v1/skip", """{"pass":"sign","seconds":60}""", 409, "sign is never skipped")]
    [InlineData("/v1/skip", """{"pass":"dcc","seconds":99999999}""", 409, "must be 1s to 31d")]
    [InlineData("/v1/pause", "[]", 400, "no JSON object")]
    public void What_makes_no_sense_is_refused_in_one_sentence(string path, string body, int status, string said)
    {
        using var http = RawHttp.Unix(Socket);
        var answer = http.Ask("POST", path, body);
        answer.Status.Should().Be(status, answer.Body);
        JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString().Should().Contain(said);
        _rig.Ledger.Orders.All().Should().BeEmpty();
    }

    [Fact]
    public async Task Who_may_only_read_gives_no_orders()
    {
        _level = CallLevel.Read;
        (await AskAsync(new() { Verb = OrderVerb.Pause })).Trouble.Should().Match<Trouble>(t => t.Kind == TroubleKind.NotPermitted && t.Text.Contains("needs an operator"));
        Get("/v1/drain").Status.Should().Be(200);
        _rig.Ledger.Orders.All().Should().BeEmpty();
    }

    private Task<Answered<SpoolWorker.Operations.Views.Orders.OrderAnswerView>> AskAsync(OrderRequest request) => ControlClient.OrderAsync(Socket, request, Patience, CancellationToken.None);

    private (int Status, string Body) Get(string path)
    {
        using var http = RawHttp.Unix(Socket);
        return http.Ask("GET", path);
    }
}
