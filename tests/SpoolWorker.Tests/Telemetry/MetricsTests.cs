using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Telemetry;

/// <summary>What the metrics say of messages, places and parts, and that Prometheus can read it.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task What_waits_as_planned_does_not_make_the_oldest_mail_old()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("night", _ => PassResult.Continue), hours: new SpoolWorker.Calendar.PassHours(null, SpoolWorker.Calendar.DayWindows.TryParse("22:00-06:00", TimeZoneInfo.Utc, out var window, out _) ? window : null));
        rig.Start();
        using var metrics = new MeterRig(rig);
        var arrived = new PairFactory().MessageId.Seconds;
        rig.Clock.Jump(DateTimeOffset.FromUnixTimeSeconds(arrived) + TimeSpan.FromHours(2) - rig.Clock.GetUtcNow());
        new PairFactory().In(rig.Intake);
        metrics["spoolworker_oldest_unplanned_age_seconds"].Should().Be(7200, "nobody has looked at it yet");

        await rig.DrainAsync();

        rig.Clock.Advance(PlaceSurvey.MostAge);
        metrics["spoolworker_waiting_messages{state=\"planned\"}"].Should().Be(1);
        metrics["spoolworker_oldest_unplanned_age_seconds"].Should().Be(0);
        metrics["spoolworker_place_oldest_age_seconds{place=\"intake\"}"].Should().Be(7210);
    }

    [Fact]
    public async Task No_more_names_are_read_than_are_counted_and_for_a_line_of_status_not_each_time()
    {
        using var folder = new TempDirectory();
        for (var i = 0; i < 100; i++) File.WriteAllText(Path.Combine(folder, $"{PairFactory.ShortId(i)}-H"), "");
        using (var opened = new SpoolWorker.Spool.SpoolDirectory(folder).OpenFolders([]).Single())
        {
            var read = 0;
            opened.ReadNamesWhile((_, _) => ++read < 10);
            read.Should().Be(10);
        }

        await using var rig = new EngineRig();
        rig.Settings.Metrics.CountAtMost = 10;
        rig.Start();
        using var metrics = new MeterRig(rig);
        for (var i = 0; i < 12; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Held);
        int Held(TimeSpan age) => metrics.Survey.Within(age).Single(f => f.Place == "held").Messages;
        Held(TimeSpan.FromMinutes(1)).Should().Be(10);
        foreach (var path in Directory.EnumerateFiles(rig.Held)) File.Delete(path);
        rig.Clock.Advance(TimeSpan.FromSeconds(30));
        Held(TimeSpan.FromMinutes(1)).Should().Be(10, "a count of half a minute is good enough for that line");
        Held(PlaceSurvey.MostAge).Should().Be(0);
        new PairFactory { Id = PairFactory.ShortId(20) }.In(rig.Held);
        metrics.Survey.Figures.Single(f => f.Place == "held").Messages.Should().Be(0, "metrics have ten seconds");
        metrics.Survey.Recent.Single(f => f.Place == "held").Messages.Should().Be(1, "who asks for the status has just done something");
    }

    [Fact]
    public async Task Messages_recipients_and_bytes_are_counted_by_outcome()
    {
        await using var rig = new EngineRig();
        rig.With(TestPass.PerRecipient("picky", r => r[0] switch
        {
            'b' => Disposition.Hold("smells"),
            'c' => Disposition.Discard("trap"),
            _ => Disposition.Continue,
        }));
        rig.Start();
        using var metrics = new MeterRig(rig);
        var pair = new PairFactory { Time = rig.Clock.GetUtcNow().ToUnixTimeSeconds(), Recipients = ["a@r.example", "aa@r.example", "b@r.example", "c@r.example"] };
        pair.In(rig.Intake);
        rig.Clock.Advance(TimeSpan.FromSeconds(20));

        await rig.DrainAsync();

        metrics["spoolworker_messages_total{outcome=\"requeued\"}"].Should().Be(1);
        metrics["spoolworker_messages_total{outcome=\"held\"}"].Should().Be(1);
        metrics["spoolworker_recipients_total{outcome=\"requeued\"}"].Should().Be(2);
        metrics["spoolworker_recipients_total{outcome=\"discarded\"}"].Should().Be(1);
        metrics["spoolworker_message_bytes_total{outcome=\"held\"}"].Should().Be(pair.HeaderFile.Length + pair.DataFile.Length);
        metrics["spoolworker_held_messages_total{pass=\"picky\"}"].Should().Be(1);
        metrics["spoolworker_committed_messages_total"].Should().Be(1);
        metrics["spoolworker_requeue_seconds_bucket{le=\"15\"}"].Should().Be(0);
        metrics["spoolworker_requeue_seconds_bucket{le=\"60\"}"].Should().Be(1);
        metrics["spoolworker_requeue_seconds_bucket{le=\"+Inf\"}"].Should().Be(1);
        metrics["spoolworker_requeue_seconds_sum"].Should().Be(20);
        metrics["spoolworker_pass_seconds_count{pass=\"picky\"}"].Should().Be(1);
        metrics["spoolworker_commit_group_messages_bucket{le=\"1\"}"].Should().Be(1);
    }

    [Fact]
    public async Task Results_are_counted_by_word_and_a_pass_that_invents_words_makes_no_series_of_them()
    {
        await using var rig = new EngineRig();
        var number = 0;
        rig.With(new TestPass("t", _ => new PassResult { Results = new Dictionary<string, string> { ["t_result"] = "pass", ["t_wild"] = $"v{Interlocked.Increment(ref number)}", ["t_odd"] = "a b@c.example" } }), results:
            [new NamedResult("t_result", "whether", "t"), new NamedResult("t_wild", "anything", "wild"), new NamedResult("t_odd", "anything", "odd")]);
        rig.Start();
        using var metrics = new MeterRig(rig);
        for (var i = 1; i <= 40; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await rig.DrainAsync();

        metrics["spoolworker_results_total{result=\"t\",value=\"pass\"}"].Should().Be(40);
        metrics["spoolworker_results_total{result=\"odd\",value=\"other\"}"].Should().Be(40);
        metrics.Text.Split('\n').Count(l => l.Contains("result=\"wild\"", StringComparison.Ordinal)).Should().BeLessThanOrEqualTo(33);
        metrics.Text.Should().NotContain("c.example");
    }

    [Fact]
    public async Task A_service_that_is_down_opens_its_breaker()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("down", _ => PassResult.Unavailable("no daemon")), new PassOptions { BreakAfter = 2 });
        rig.Start();
        using var metrics = new MeterRig(rig);
        metrics["spoolworker_pass_breaker_state{pass=\"down\",state=\"closed\"}"].Should().Be(1);
        for (var i = 1; i <= 5; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await rig.DrainAsync();

        rig.Clock.Advance(PlaceSurvey.MostAge);
        metrics["spoolworker_pass_breaker_state{pass=\"down\",state=\"open\"}"].Should().Be(1);
        metrics["spoolworker_pass_breaker_state{pass=\"down\",state=\"closed\"}"].Should().Be(0);
        metrics["spoolworker_pass_unavailable_total{pass=\"down\"}"].Should().Be(5);
        metrics["spoolworker_waiting_messages{state=\"deferred\"}"].Should().Be(5);
        metrics["spoolworker_place_messages{place=\"intake\"}"].Should().Be(5);
    }

    [Fact]
    public async Task Places_are_counted_up_to_a_cap_that_is_told_and_not_at_each_question()
    {
        await using var rig = new EngineRig();
        rig.Settings.Metrics.CountAtMost = 3;
        rig.Start();
        using var metrics = new MeterRig(rig);
        for (var i = 1; i <= 4; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Held);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(rig.Corrupt).FullName, $"{PairFactory.ShortId(1)}.1.reason"), "odd");
        var oldest = new PairFactory { Id = PairFactory.ShortId(1) }.MessageId.Seconds;

        metrics["spoolworker_place_messages{place=\"held\"}"].Should().Be(3);
        metrics["spoolworker_place_capped{place=\"held\"}"].Should().Be(1);
        metrics["spoolworker_place_cap_messages"].Should().Be(3);
        metrics["spoolworker_place_messages{place=\"corrupt\"}"].Should().Be(1);
        metrics["spoolworker_place_oldest_age_seconds{place=\"held\"}"].Should().Be(Math.Max(0, rig.Clock.GetUtcNow().ToUnixTimeSeconds() - oldest));
        metrics["spoolworker_place_messages{place=\"target\"}"].Should().Be(0);
        metrics["spoolworker_place_oldest_age_seconds{place=\"target\"}"].Should().Be(0);
        metrics["spoolworker_disk_free_bytes{place=\"ledger\"}"].Should().BePositive();

        new PairFactory { Id = PairFactory.ShortId(5) }.In(rig.Target);
        metrics["spoolworker_place_messages{place=\"target\"}"].Should().Be(0, "it was counted just now");
        rig.Clock.Advance(PlaceSurvey.MostAge);
        metrics["spoolworker_place_messages{place=\"target\"}"].Should().Be(1);
    }

    [Fact]
    public async Task Jobs_ledger_wake_ups_and_build_are_told()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var metrics = new MeterRig(rig);
        metrics["spoolworker_last_scan_timestamp_seconds"].Should().BeNull("there was none");
        await rig.DrainAsync();
        var job = metrics.Jobs.Of("scan", TimeSpan.FromSeconds(10));
        job.Begin(rig.Clock.GetUtcNow());
        job.Fail("no such directory");

        metrics["spoolworker_build_info{version=\"1.2.3+abc\"}"].Should().Be(1);
        metrics["spoolworker_last_scan_timestamp_seconds"].Should().Be(rig.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        metrics["spoolworker_job_runs_total{name=\"scan\",result=\"failed\"}"].Should().Be(1);
        metrics["spoolworker_job_interval_seconds{name=\"scan\"}"].Should().Be(10);
        metrics["spoolworker_job_last_success_timestamp_seconds{name=\"scan\"}"].Should().BeNull();
        job.End(rig.Clock.GetUtcNow());
        metrics["spoolworker_job_last_success_timestamp_seconds{name=\"scan\"}"].Should().Be(rig.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        metrics["spoolworker_ledger_bytes{kind=\"limit\"}"].Should().Be(64 << 20);
        metrics["spoolworker_ledger_bytes{kind=\"used\"}"].Should().BePositive().And.BeLessThan(64 << 20);
        metrics["spoolworker_wakeups_total{way=\"notify\",result=\"asked\"}"].Should().Be(0);
        metrics["spoolworker_dns_lookups_total{kind=\"txt\",result=\"name-error\"}"].Should().Be(0);
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_say()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("p\"a\\ss\n", _ => PassResult.Continue));
        rig.Start();
        using var metrics = new MeterRig(rig);
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();

        var said = new ProgramCall("promtool", ["check", "metrics"]) { Input = metrics.Text }.Run();

        (said.ExitCode, said.Output + said.Error).Should().Be((0, ""));
        metrics.Meter.All.Select(m => m.Name).Should().OnlyHaveUniqueItems().And.OnlyContain(n => n.StartsWith("spoolworker_", StringComparison.Ordinal));
        metrics.Meter.All.Select(m => m.Name).Should().OnlyContain(n => metrics.Text.Contains($"# TYPE {n} ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_file_appears_whole_and_for_everybody()
    {
        using var folder = new TempDirectory();
        var path = Path.Combine(folder, "spoolworker.prom");
        File.WriteAllText(path + ".new", "left by one that died");
        var file = new MetricsFile(path);

        file.Write("spoolworker_up 1\n");
        file.Write("spoolworker_up 2\n");

        File.ReadAllText(path).Should().Be("spoolworker_up 2\n");
        Directory.GetFiles(folder).Should().Equal(path);
        File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
