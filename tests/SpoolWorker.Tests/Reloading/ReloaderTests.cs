using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Reloading;
using SpoolWorker.Schedule;
using SpoolWorker.StandIns;

namespace SpoolWorker.Tests.Reloading;

/// <summary>The configuration read again: all of it or nothing.</summary>
public sealed class ReloaderTests : IDisposable
{
    private readonly ReloadRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_may_change_is_in_force_and_told()
    {
        await _rig.Host.StartAsync();
        _rig.Key("two.key");
        _rig.Secret("two.secret", "the second secret");
        _rig.Write(name: "two");
        var result = await _rig.ReloadAsync();
        (result.End, result.Generation, result.Reasons.Count).Should().Be((ReloadEnd.Done, 2, 0));
        _rig.Engine.Reloads.Last!.IsDone.Should().BeTrue();
        _rig.Engine.Reloads.Read.Should().Be(_rig.Engine.Reloads.Last.Time);
        await _rig.Host.StopAsync();
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "json", "not JSON" }, { "unknown", "Engine:Wrokers: no such key" }, { "key", "no.key" }, { "gone", "no such file" }, { "directory", "is a directory" }, { "order", "edits header lines behind dkim-sign" },
        { "workers", "Engine:Workers = '3': needs a restart, it is '0' in the worker that runs" }, { "target", "Target:MessageId = 'renew': needs a restart" }, { "logging", "Logging:LogLevel:Default = 'Debug': needs a restart" },
        { "intake", "Intakes:1:Path" }, { "dns", "Dns:Servers = '192.0.2.53': needs a restart, it is ''" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_is_wrong_changes_nothing_and_is_said(string kind, string said)
    {
        await _rig.Host.StartAsync();
        var before = _rig.Current.Loaded;
        Spoil(kind);
        var result = await _rig.ReloadAsync();
        (result.End, result.Generation).Should().Be((ReloadEnd.Refused, 1));
        result.Sentence.Should().Contain(said).And.StartWith("not reloaded, and nothing changed");
        _rig.Current.Loaded.Should().BeSameAs(before);
        _rig.Engine.Reloads.Last!.Reasons.Should().BeEquivalentTo(result.Reasons);
        if (Directory.Exists(_rig.File)) Directory.Delete(_rig.File);
        _rig.Write();
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done, "it is right again");
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_together()
    {
        await _rig.Host.StartAsync();
        _rig.Write(file =>
        {
            file["Engine"] = new JsonObject { ["Workers"] = 3, ["GroupSize"] = 0 };
            file["Schedule"] = new JsonObject { ["TimeZone"] = "Mars/Base" };
        });
        (await _rig.ReloadAsync()).Reasons.Should().HaveCount(3).And.Contain(r => r.StartsWith("Engine:GroupSize = '0'")).And.Contain(r => r.StartsWith("Engine:Workers = '3': needs a restart"))
            .And.Contain(r => r.StartsWith("Schedule:TimeZone"));
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task A_worker_of_another_file_is_not_the_one_that_is_meant()
    {
        await _rig.Host.StartAsync();
        var result = await _rig.Reloader.ReloadAsync("/etc/other.json", CancellationToken.None);
        (result.End, result.Sentence).Should().Be((ReloadEnd.Refused, $"not reloaded, and nothing changed: this worker's configuration is {_rig.File}, not /etc/other.json"));
        _rig.Engine.Reloads.Last.Should().BeNull("it is none of this worker's");
        (await _rig.Reloader.ReloadAsync(_rig.File, CancellationToken.None)).End.Should().Be(ReloadEnd.Done);
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task One_that_comes_before_the_start_waits_for_it_and_one_at_the_stop_is_refused()
    {
        var early = _rig.ReloadAsync();
        early.IsCompleted.Should().BeFalse();
        await _rig.Host.StartAsync();
        (await early).End.Should().Be(ReloadEnd.Done);
        _rig.Host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        (await _rig.ReloadAsync()).Should().Match<ReloadResult>(r => r.End == ReloadEnd.NotNow && r.Sentence.Contains("the worker stops"));
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task Several_at_once_come_one_after_the_other()
    {
        await _rig.Host.StartAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(_rig.ReloadAsync)));
        results.Select(r => r.Generation).Order().Should().Equal(Enumerable.Range(2, 20));
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task A_storm_of_signals_is_one_reload_and_one_that_comes_later_is_another()
    {
        var storm = Enumerable.Range(0, 200).Select(_ => Task.Run(_rig.Reloader.HangUpAsync)).ToList();
        // All but the one that waits for the start.
        await Engine.EngineRig.UntilAsync(() => storm.Count(t => t.IsCompleted) == storm.Count - 1, "the others leave it to one");
        await _rig.Host.StartAsync();
        await Task.WhenAll(storm).WaitAsync(TimeSpan.FromSeconds(30));
        _rig.Engine.Generation.Should().Be(2);
        await _rig.Reloader.HangUpAsync().WaitAsync(TimeSpan.FromSeconds(30));
        _rig.Engine.Generation.Should().Be(3);
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task What_fails_behind_the_look_changes_nothing_either()
    {
        await _rig.Host.StartAsync();
        var before = _rig.Current.Loaded;
        _rig.Key("two.key");
        _rig.Secret("two.secret", "the second secret");
        _rig.Write(name: "two");
        (await Refused(_ => File.Delete(_rig.At("two.key")))).Should().ContainSingle().Which.Should().Contain("two.key");
        _rig.Key("two.key");
        (await Refused(next => (next.Settings.Digest.To, next.Settings.Digest.Cron) = (["postmaster@ours.example"], "no times"))).Should().ContainSingle();
        _rig.Current.Loaded.Should().BeSameAs(before);
        (await _rig.ReloadAsync()).Should().Match<ReloadResult>(r => r.End == ReloadEnd.Done && r.Generation == 2);
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task A_file_elsewhere_is_not_the_one_of_the_start()
    {
        await _rig.Host.StartAsync();
        using var reloader = _rig.Reading(() => _rig.Read() with { Source = "/etc/other.json" });
        var result = await reloader.ReloadAsync(null, CancellationToken.None);
        (result.End, result.Generation).Should().Be((ReloadEnd.Refused, 1));
        result.Reasons.Should().Equal($"it would be read from another place than at the start: /etc/other.json, not {_rig.File}. Put that back, or restart");
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task How_often_the_logs_are_read_is_told_as_it_is_now()
    {
        await _rig.Host.StartAsync();
        File.WriteAllText(_rig.At("mainlog"), "");
        Follow("1m");
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
        var book = _rig.Host.Services.GetRequiredService<JobBook>();
        await Every(TimeSpan.FromMinutes(1));
        Follow("2h");
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
        await Every(TimeSpan.FromHours(2));
        await _rig.Host.StopAsync();

        void Follow(string every) => _rig.Write(file =>
        {
            file["Passes"] = new JsonArray("dsn-info", "srs", "dkim-sign");
            file["DsnInfo"]!["Follow"] = every;
        });
        Task Every(TimeSpan period) => Engine.EngineRig.UntilAsync(() => book.All.Any(j => j.Name == "follow" && j.Period == period), $"each {period}");
    }

    [Fact]
    public async Task Schedules_come_and_go_and_the_others_go_on()
    {
        await _rig.Host.StartAsync();
        var book = _rig.Host.Services.GetRequiredService<JobBook>();
        book.All.Select(j => j.Name).Should().NotContain("reprocess mornings");
        _rig.Write(file =>
        {
            file["Schedule"] = new JsonObject { ["Reprocess"] = new JsonArray(new JsonObject { ["Name"] = "mornings", ["Cron"] = "0 0 6 * * ?", ["Of"] = "held" }) };
            file["Held"]!["Keep"] = "1d";
        });
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
        // Each notes itself when it begins, which it does beside us.
        await Engine.EngineRig.UntilAsync(() => new[] { "reprocess mornings", "keep-held", "scan", "retry" }.All(name => book.All.Any(j => j.Name == name)), "all that is wanted is done");
        _rig.Write();
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
        book.All.Select(j => j.Name).Should().NotContain(["reprocess mornings", "keep-held"]).And.Contain(["scan", "retry"]);
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task Engines_that_are_named_anew_are_asked_from_then_on()
    {
        await using var daemon = ScriptedDaemon.Says(_rig.At("two"), "stream: OK\0", asked => asked.EndsWith("\0\0\0\0", StringComparison.Ordinal));
        await using var spamd = ScriptedDaemon.Says(_rig.At("two-spamd"), "SPAMD/1.1 0 EX_OK\r\nSpam: False ; 1.0 / 5.0\r\n\r\n", _ => false);
        await using var rspamd = ScriptedDaemon.Says(_rig.At("two-rspamd"), "HTTP/1.1 200 OK\r\n\r\n{\"action\":\"no action\",\"score\":2,\"symbols\":{}}", asked => asked.EndsWith("\r\n\r\nHello\r\n", StringComparison.Ordinal));
        await _rig.Host.StartAsync();
        foreach (var name in new[] { "one", "two" })
        {
            _rig.Write(file =>
            {
                file["Passes"] = new JsonArray("clamd", "spamd", "rspamd");
                file["Spamd"] = new JsonObject { ["SkipLocal"] = false, ["Address"] = new JsonArray(_rig.At($"{name}-spamd")) };
                file["Rspamd"] = new JsonObject { ["SkipLocal"] = false, ["Url"] = new JsonArray(_rig.At($"{name}-rspamd")) };
                file["Clamd"] = new JsonObject { ["Address"] = new JsonArray(_rig.At(name)) };
            });
            (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
            new Engine.PairFactory { Id = Engine.PairFactory.ShortId(name[0]), Recipients = [$"{name}@r.example"] }.In(_rig.At("intake/input"));
            await Engine.EngineRig.UntilAsync(() => name == "one" ? _rig.Engine.Waiting.Deferred == 1 : Engine.EngineRig.Names(_rig.At("spool/input")).Any(f => f.EndsWith("-H", StringComparison.Ordinal)), "it is judged");
        }
        (daemon.Connections, spamd.Connections, rspamd.Connections).Should().Be((1, 1, 1));
        var sent = Engine.EngineRig.Pairs(_rig.At("spool/input")).Single();
        sent.Pending.Should().Equal("two@r.example");
        sent.Header.Headers.Any(h => h.Is("X-Virus-Status"u8)).Should().BeTrue();
        sent.Header.Headers.Where(h => !h.IsDeleted && h.Is("X-Spam-Score"u8)).Should().ContainSingle("those of the pass that runs last").Which.Value.ToArray().Should().Equal(" 2\n"u8.ToArray());
        await _rig.Host.StopAsync();
    }

    [Fact]
    public async Task Secrets_of_files_that_are_not_used_any_more_are_forgotten()
    {
        await _rig.Host.StartAsync();
        var old = Holders();
        _rig.Key("two.key");
        _rig.Secret("two.secret", "the second secret");
        _rig.Write(name: "two");
        (await _rig.ReloadAsync()).End.Should().Be(ReloadEnd.Done);
        File.Delete(_rig.At("one.key"));
        // Collected when the last user has gone, which happens beside us.
        for (var until = Environment.TickCount64 + 30_000; old.Any(o => o.IsAlive) && Environment.TickCount64 < until; await Task.Delay(20)) GC.Collect();
        old.Where(o => o.IsAlive).Select(o => o.Target!.GetType().Name).Should().BeEmpty();
        await _rig.Host.StopAsync();
    }

    // Something changes between the look at the configuration and its use.
    private async Task<IReadOnlyList<string>> Refused(Action<LoadedConfiguration> meanwhile)
    {
        using var reloader = _rig.Reading(() =>
        {
            var next = _rig.Read();
            next.Faults.Should().BeEmpty();
            meanwhile(next);
            return next;
        });
        var result = await reloader.ReloadAsync(null, CancellationToken.None);
        (result.End, result.Generation).Should().Be((ReloadEnd.Refused, 1));
        return result.Reasons;
    }

    // A method of its own, so that nothing of it is left on our stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference[] Holders() => [new(_rig.Current.Loaded), new(_rig.Current.Loaded.PassOptions["srs"]), new(_rig.Current.Loaded.PassOptions["dkim-sign"]), new(_rig.Current.Loaded.Root)];

    private void Spoil(string kind)
    {
        switch (kind)
        {
            case "json": File.WriteAllText(_rig.File, "{ \"Engine\": "); break;
            case "unknown": _rig.Write(file => file["Engine"] = new JsonObject { ["Wrokers"] = 4 }); break;
            case "key": _rig.Write(file => file["Dkim"]!["Sign"]!["Keys"]![0]!["PrivateKeyFile"] = _rig.At("no.key")); break;
            case "gone": File.Delete(_rig.File); break;
            case "directory":
                File.Delete(_rig.File);
                Directory.CreateDirectory(_rig.File);
                break;
            case "order": _rig.Write(file => file["Passes"] = new JsonArray("dkim-sign", "rules")); break;
            case "workers": _rig.Write(file => file["Engine"] = new JsonObject { ["Workers"] = 3 }); break;
            case "target": _rig.Write(file => file["Target"]!["MessageId"] = "renew"); break;
            case "logging": _rig.Write(file => file["Logging"]!["LogLevel"]!["Default"] = "Debug"); break;
            case "intake": _rig.Write(file => ((JsonArray)file["Intakes"]!).Add(new JsonObject { ["Path"] = _rig.At("more/input") })); break;
            case "dns": _rig.Write(file => file["Dns"] = new JsonObject { ["Servers"] = "192.0.2.53" }); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, "not known");
        }
    }
}
