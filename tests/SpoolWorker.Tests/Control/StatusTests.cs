using System.Text.Json;
using SpoolWorker.Control;
using SpoolWorker.Control.Client;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Http;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Reloading;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;

namespace SpoolWorker.Tests.Control;

/// <summary>The status: from the worker, from the files, against limits, and when whoever listens is not what was expected.</summary>
public sealed class StatusTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EngineRig _rig = new();
    private readonly List<IDisposable> _mine = [];
    private CallServer? _server;

    private string Socket => Path.Combine(_rig.Root, "control.sock");

    public Task InitializeAsync()
    {
        SharedFramework.Prepare().Should().BeNull();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        await _rig.DisposeAsync();
    }

    public void Dispose() => _mine.ForEach(one => one.Dispose());

    [Fact]
    public async Task A_worker_tells_all_of_itself()
    {
        _rig.With(new TestPass("down", _ => PassResult.Unavailable("no daemon")), new PassOptions { BreakAfter = 2 });
        _rig.Start();
        await ServeAsync(_rig);
        for (var i = 1; i <= 4; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(_rig.Intake);
        await _rig.DrainAsync();

        var asked = await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None);

        asked.Trouble.Should().BeNull();
        var status = asked.Status!;
        (status.Running, status.Worker!.Process, status.Waiting.Deferred).Should().Be((true, Environment.ProcessId, 4));
        status.Waiting.NextTry.Should().NotBeNull();
        status.Places.Single(p => p.Place == "intake").Messages.Should().Be(4);
        status.Services.Should().ContainSingle(s => s.Pass == "down" && s.Breaker == "open");
        status.Worker.Faults.Should().BeEmpty();
        var verdict = StatusVerdict.Of(status, Limits("deferred=3"), Limits("deferred=10"), null);
        (verdict.Level, string.Join('|', verdict.Reasons)).Should().Be((StatusLevel.Warning, "deferred 4, over 3|the service of down is down"));
    }

    [Fact]
    public async Task Health_metrics_and_the_document_are_served()
    {
        _rig.Start();
        await ServeAsync(_rig);
        Get("/readyz").Should().Be((503, "the intakes have not been read yet\n"));
        await _rig.DrainAsync();

        Get("/healthz").Should().Be((200, "ok\n"));
        Get("/readyz").Should().Be((200, "ok\n"));
        Get("/metrics").Body.Should().Contain("spoolworker_build_info{version=");
        using var document = JsonDocument.Parse(Get("/v1/openapi.json").Body);
        document.RootElement.GetProperty("openapi").GetString().Should().StartWith("3.1");
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            // What looks is read by all who may look, what acts is called in another way.
            var looks = path.Value.TryGetProperty("get", out var call);
            Get(path.Name).Status.Should().Be(looks ? 200 : 405, path.Name);
            (looks ? call : path.Value.GetProperty("post")).GetProperty("x-level").GetString().Should().Be(looks ? "read" : "operate");
        }
        document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("Status").GetProperty("properties").EnumerateObject().Select(p => p.Name)
            .Should().Contain(["running", "places", "waiting", "schema"]);
    }

    [Fact]
    public async Task Without_a_worker_the_files_tell()
    {
        _rig.With(new TestPass("later", _ => PassResult.For(Disposition.Defer("not now"))));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        await _rig.StopAsync();

        var asked = await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None);
        asked.Should().Match<Asked>(a => a.Status == null && a.IsNobody && a.Trouble!.Text.Contains("nobody listens on"));
        var status = StatusByFiles.Of(_rig.Settings, _rig.Clock, out var trouble);
        trouble.Should().BeNull();
        (status.Running, status.Waiting.Deferred, status.Places.Single(p => p.Place == "intake").Messages).Should().Be((false, 1, 1));
        status.Ledger!.File.Should().BePositive();
        StatusVerdict.Of(status, [], [], null).Should().Match<StatusVerdict>(v => v.Level == StatusLevel.Critical && v.Reasons.Single() == "no worker runs");
    }

    [Fact]
    public async Task An_older_worker_one_that_refuses_and_one_that_is_none_are_told_apart()
    {
        await ServeAsync([], CallLevel.Operate);
        (await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None)).Trouble!.Text.Should().Contain("is of version 0.9, which knows no status; restart it after the update");
        await _server!.DisposeAsync();

        await ServeAsync([new("GET", ControlCalls.Status, CallLevel.Read, "", (_, _) => throw new InvalidOperationException())], CallLevel.None);
        (await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None)).Trouble.Should().Match<Trouble>(t => t.Kind == TroubleKind.NotPermitted && t.Text.Contains("may not ask this worker anything"));
        await _server!.DisposeAsync();

        await ServeAsync([new("GET", ControlCalls.Status, CallLevel.Read, "", (_, _) => ValueTask.FromResult(new CallAnswer(200, "{\"running\":1}"u8.ToArray())))], CallLevel.Read);
        (await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None)).Trouble!.Text.Should().Contain("is no status");
        await _server!.DisposeAsync();

        var never = new TaskCompletionSource<CallAnswer>();
        await ServeAsync([new("GET", ControlCalls.Status, CallLevel.Read, "", (_, _) => new ValueTask<CallAnswer>(never.Task))], CallLevel.Read);
        (await ControlClient.StatusAsync(Socket, TimeSpan.FromMilliseconds(200), CancellationToken.None)).Trouble!.Text.Should().Contain("did not answer within 0.2 s");
        never.SetCanceled();
    }

    [Fact]
    public async Task What_a_worker_before_this_one_tells_is_shown_and_the_rest_left_out()
    {
        ReadOnlyMemory<byte> answer = "{\"running\":true,\"worker\":{\"process\":7},\"places\":[{\"place\":\"held\",\"messages\":3}],\"services\":[{\"pass\":\"dcc\"}]}"u8.ToArray();
        await ServeAsync([new("GET", ControlCalls.Status, CallLevel.Read, "", (_, _) => ValueTask.FromResult(new CallAnswer(200, answer)))], CallLevel.Read);

        var asked = await ControlClient.StatusAsync(Socket, Patience, CancellationToken.None);

        asked.Trouble.Should().BeNull();
        var text = SpoolWorker.Commands.Showing.StatusText.Of(asked.Status!, StatusVerdict.Of(asked.Status!, [], [], null), _rig.Clock.GetUtcNow());
        text.Should().Contain("OK: the worker runs; held 3").And.Contain("process 7, version unknown").And.Contain("dcc");
    }

    [Theory]
    [InlineData("oldest=15m,held=50", "")]
    [InlineData("disk=5%", "")]
    [InlineData("", "names no limit")]
    [InlineData("oldest", "must be NAME=VALUE with one of the names oldest, intake")]
    [InlineData("age=5m", "must be NAME=VALUE")]
    [InlineData("oldest=5", "'oldest=5'")]
    [InlineData("disk=5", "must be a percentage such as 80%")]
    [InlineData("held=many", "must be a number")]
    public void Limits_are_read(string text, string fault)
    {
        Threshold.TryParse(text, out _, out var said).Should().Be(fault.Length == 0);
        if (fault.Length > 0) said.Should().Contain(fault);
    }

    [Fact]
    public void Limits_are_kept_or_not()
    {
        var status = new StatusView
        {
            Running = true,
            Time = "2026-11-28T10:00:00.000Z",
            Worker = new WorkerView { Version = "1", Process = 1, Started = "2026-11-28T10:00:00.000Z", Configuration = "", ConfigurationRead = "2026-11-28T10:00:00.000Z", Queued = 0, Committed = 0, LastScan = "2026-11-28T09:59:00.000Z" },
            Places = [new() { Place = "intake", Messages = 3, Capped = false, OldestAgeSeconds = 1200 }, new() { Place = "held", Messages = 0, Capped = false }],
            Waiting = new WaitingView { Deferred = 0, Planned = 0 },
            Target = new TargetView { Directory = "/t" },
            Disks = [new() { Place = "held", Free = 4, Size = 100 }],
        };

        Verdict("oldest=15m", "oldest=1h").Should().Be("WARNING oldest 20m, over 15m");
        Verdict("oldest=5m", "oldest=15m").Should().Be("CRITICAL oldest 20m, over 15m");
        Verdict("oldest=20m,held-oldest=1s", null).Should().Be("OK ");
        Verdict("disk=5%", null).Should().Be("WARNING disk 4%, under 5%");
        Verdict("disk=5%", "scan=30s").Should().Be("CRITICAL scan 1m, over 30s|disk 4%, under 5%");
        Verdict("corrupt=1", null).Should().Be("UNKNOWN corrupt is not known");

        string Verdict(string? warn, string? critical)
        {
            var verdict = StatusVerdict.Of(status, warn is null ? [] : Limits(warn), critical is null ? [] : Limits(critical), null);
            return $"{verdict.Word} {string.Join('|', verdict.Reasons)}";
        }
    }

    private static IReadOnlyList<Threshold> Limits(string text)
    {
        Threshold.TryParse(text, out var limits, out var fault).Should().BeTrue(fault);
        return limits;
    }

    private (int Status, string Body) Get(string path)
    {
        using var http = RawHttp.Unix(Socket);
        return http.Ask("GET", path);
    }

    private Task ServeAsync(EngineRig rig)
    {
        var metrics = new MeterRig(rig);
        var text = new MetricsText(metrics.Meter.Meter);
        _mine.AddRange([text, metrics]);
        var status = new LiveStatus(new StatusSources(rig.Settings, "a test", rig.Engine, rig.Ledger, metrics.Survey, metrics.Jobs, rig.Clock));
        return ServeAsync(ControlCalls.All(new ControlSources(rig.Engine, status, text, rig.Clock, (_, _) => Task.FromResult(new ReloadResult(ReloadEnd.NotNow, 1, "a test", ["a test"])))), CallLevel.Read);
    }

    private async Task ServeAsync(IReadOnlyList<ServedCall> calls, CallLevel level)
    {
        ListeningSocket.TryBindUnix(Socket, 0b110_000_000, out var unix, out var fault).Should().Be(SocketFault.None, fault);
        _server = await CallServer.StartAsync(new ServerPlan(calls, "0.9", _ => level, _ => false) { Unix = unix }, CancellationToken.None);
    }
}
