using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Schedule;

/// <summary>Mail that is judged again by the clock.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class ReprocessTests : IAsyncLifetime
{
    private readonly EngineRig _rig = new();
    private readonly List<string> _judged = [];
    private bool _isGrey = true;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task Deferred_mail_that_fits_comes_before_its_time_and_no_other()
    {
        await DeferredAsync();
        (await RunAsync(Plan(where: "pass = grey and sender_domain = one.example"))).Should().Be(1);
        await _rig.DrainAsync();
        _judged.Should().Equal("alice@one.example");
        _rig.EximDelivers().Should().Equal("one@r.example");
        (await RunAsync(Plan(pass: "grey"))).Should().Be(1);
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal("two@r.example");
        (await RunAsync(Plan())).Should().Be(0);
        _rig.Log.Count("1 messages are judged again").Should().Be(2);
    }

    [Fact]
    public async Task Also_what_an_earlier_worker_has_deferred()
    {
        await DeferredAsync();
        await _rig.RestartAsync();
        (await RunAsync(Plan(where: "attempt = 2"))).Should().Be(2);
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().BeEquivalentTo("one@r.example", "two@r.example");
    }

    [Fact]
    public async Task What_waits_for_the_hours_of_a_pass_is_not_deferred()
    {
        DayWindows.TryParse("22:00-06:00", TimeZoneInfo.Utc, out var window, out _).Should().BeTrue();
        _rig.With(new TestPass("night", _ => PassResult.Continue), hours: new PassHours(null, window));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        (await RunAsync(Plan())).Should().Be(0);
        (await RunAsync(Plan(pass: "night"))).Should().Be(0);
        await _rig.DrainAsync();
        EngineRig.Pairs(_rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task Held_mail_is_judged_again_as_by_hand_and_what_would_be_held_stays()
    {
        var holds = "one";
        _rig.With(new TestPass("first", context =>
        {
            _judged.Add("first");
            return new PassResult { Results = new Dictionary<string, string> { ["first_result"] = "known" } };
        }), results: [new NamedResult("first_result", "x")]);
        _rig.With(new TestPass("judge", context => TestPass.Text(context.Message.Sender).Contains(holds, StringComparison.Ordinal) || holds == "all" || context.Results.GetValueOrDefault("first_result") != "known"
            ? PassResult.For(Disposition.Hold("looks odd")) : PassResult.Continue));
        holds = "all";
        new PairFactory { Id = PairFactory.ShortId(1), Sender = "alice@one.example", Recipients = ["one@r.example"] }.In(_rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2), Sender = "bob@two.example", Recipients = ["two@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Pairs(_rig.Held).Should().HaveCount(2);
        _judged.Clear();

        holds = "one";
        (await RunAsync(Plan(of: ReprocessOf.Held, where: "sender_domain = elsewhere.example"))).Should().Be(0);
        (await RunAsync(Plan(of: ReprocessOf.Held, where: "pass = judge", from: "judge"))).Should().Be(2);
        (await RunAsync(Plan(of: ReprocessOf.Held))).Should().Be(0, "it is wanted of them already");
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal("two@r.example");
        EngineRig.Pairs(_rig.Held).Single().Pending.Should().Equal("one@r.example");
        _judged.Should().BeEmpty("it began at the second pass");
        var audit = _rig.Ledger.Verbs.Audit(0, 10);
        audit.Should().HaveCount(2).And.OnlyContain(r => r.Actor == "schedule test" && r.Result == VerbResult.Done);
        audit.Should().ContainSingle(r => r.Told.Contains("stays held", StringComparison.Ordinal));
        (await RunAsync(Plan(of: ReprocessOf.Held))).Should().Be(1);
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        _judged.Should().Equal("first");
    }

    [Fact]
    public async Task The_list_tells_next_and_last()
    {
        await DeferredAsync();
        var settings = _rig.Settings;
        settings.Schedule.TimeZone = "UTC";
        settings.Schedule.Passes["grey"] = "0 0 6 * * ?";
        settings.Schedule.Reprocess = [new ReprocessOptions { Name = "mornings", Cron = "0 30 6 * * ?", Of = ReprocessOf.Held, Where = "reason = *DNS*" }];
        settings.Passes = ["grey", new PassEntry { Name = "night", Window = "22:00-06:00" }, new PassEntry { Name = "batch", Cron = "0 0 2 * * ?" }];
        _rig.Ledger.Runs.Note("grey", new JobRun(_rig.Clock.GetUtcNow().AddHours(-6).ToUnixTimeMilliseconds(), 12, 3));
        using var glance = LedgerGlance.Open(settings.Ledger);
        var rows = JobRows.All(settings, glance, _rig.Clock.GetUtcNow());
        rows.Select(r => (r.Name, r.Kind, r.Next, r.Last, r.Messages)).Should().Equal(
            ("grey", "reprocess", "2026-11-24T06:00:00.000Z", "2026-11-23T06:01:00.000Z", 3), ("mornings", "reprocess", "2026-11-24T06:30:00.000Z", null, null),
            ("night", "window", "2026-11-23T22:00:00.000Z", null, null), ("batch", "batch", "2026-11-24T02:00:00.000Z", null, null));
        rows[2].Open.Should().BeFalse();
    }

    [Fact]
    public void A_schedule_that_can_never_act_is_a_fault()
    {
        string[] Faults(params string[] settings) => [.. ConfigurationLoader.Load(ConfigurationFile.None, settings, CommonOptions.Known()).Faults.Where(f => f.StartsWith("Schedule", StringComparison.Ordinal))];
        const string Daily = "0 0 6 * * ?";
        Faults("--Passes:0=dcc", $"--Schedule:Passes:dcc={Daily}", $"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:Where=age > 4d and pass = dcc", "--Schedule:Reprocess:0:From=dcc", "--Schedule:Reprocess:0:Of=held").Should().BeEmpty();
        Faults($"--Schedule:Passes:dcc={Daily}").Should().Equal("Schedule:Passes:dcc: is not among Passes");
        Faults("--Passes:0=dsn", $"--Schedule:Passes:dsn={Daily}").Should().Equal("Schedule:Passes:dsn: dsn is no step that messages come to, and never defers one");
        Faults("--Passes:0=dsn-info", "--DsnInfo:OnUnavailable=skip", $"--Schedule:Passes:dsn-info={Daily}").Should().Equal("Schedule:Passes:dsn-info: dsn-info never defers a message, as its OnUnavailable is skip; take the schedule out");
        Faults("--Passes:0=dsn-info", "--DsnInfo:OnUnavailable=defer", $"--Schedule:Passes:dsn-info={Daily}").Should().BeEmpty();
        Faults("--Passes:0=dcc", "--Schedule:Passes:dcc=0 0 6 31 2 ?").Should().Equal("Schedule:Passes:dcc = '0 0 6 31 2 ?': never comes true; take another day, month or year");
        Faults("--Schedule:Reprocess:0:Where=age > 4d").Should().Equal("Schedule:Reprocess:0:Cron = '': not a cron expression (seconds minutes hours day month weekday), as in '0 */10 * * * ?'");
        Faults($"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:Where=nonsense = 1").Should().ContainSingle().Which.Should().StartWith("Schedule:Reprocess:0:Where = 'nonsense = 1': ");
        Faults($"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:Of=corrupt").Should().ContainSingle().Which.Should().Contain("must be one of deferred, held");
        Faults("--Passes:0=dcc", $"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:From=dcc").Should().ContainSingle().Which.Should().Contain("deferred mail begins at the first pass");
        Faults($"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:From=dcc", "--Schedule:Reprocess:0:Of=held").Should().Equal("Schedule:Reprocess:0:From = 'dcc': is not among Passes");
        Faults($"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:Name=a", $"--Schedule:Reprocess:1:Cron={Daily}", "--Schedule:Reprocess:1:Name=a").Should().Equal("Schedule:Reprocess:1:Name = 'a': another schedule is called that");
    }

    private static JobPlan Plan(string where = "", string? pass = null, ReprocessOf of = ReprocessOf.Deferred, string? from = null)
    {
        CronTimes.TryParse("0 0 6 * * ?", TimeZoneInfo.Utc, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), out var times, out _).Should().BeTrue();
        return new JobPlan("test", "Schedule:Reprocess:0", times!, of, pass, where, from);
    }

    private Task<int> RunAsync(JobPlan plan) => new Reprocessor(_rig.Engine, _rig.Ledger, _rig.Settings, _rig.Clock, new Logger<Reprocessor>(_rig.Log)).RunAsync(plan, default);

    // Two messages that wait for an hour.
    private async Task DeferredAsync()
    {
        _rig.With(new TestPass("grey", context =>
        {
            if (_isGrey) return PassResult.For(Disposition.Defer("greylisted", context.Now.AddHours(1)));
            _judged.Add(TestPass.Text(context.Message.Sender));
            return PassResult.Continue;
        }));
        new PairFactory { Id = PairFactory.ShortId(1), Sender = "alice@one.example", Recipients = ["one@r.example"] }.In(_rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2), Sender = "bob@two.example", Recipients = ["two@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        _isGrey = false;
    }
}
