using SpoolWorker.Operations.Doctor.Acknowledging;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What is known does not count, for as long as was said.</summary>
public sealed class AcknowledgementTests : IDisposable
{
    private readonly Playground _play = new();

    public AcknowledgementTests() => _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Made("spool/msglog"));

    public void Dispose() => _play.Dispose();

    [Fact]
    public void A_finding_that_is_known_is_shown_and_does_not_count()
    {
        var before = DoctorRun.Of(_play);
        before.Names.Should().Contain("worker-not-running");
        foreach (var name in before.Names.Distinct()) _play.RunConfigured("doctor", "ack", name, "--note", "a trial").ExitCode.Should().Be(0);
        var after = DoctorRun.Of(_play);
        after.Ran.ExitCode.Should().Be(0, after.Ran.Output);
        var known = after.Find("worker-not-running").GetProperty("acknowledged");
        known.GetProperty("note").GetString().Should().Be("a trial");
        known.GetProperty("actor").GetString().Should().NotBeNullOrEmpty();
        (DateTimeOffset.Parse(known.GetProperty("until").GetString()!) - DateTimeOffset.Parse(known.GetProperty("time").GetString()!)).Should().Be(TimeSpan.FromDays(30));

        var text = _play.RunConfigured("doctor").Output;
        text.Should().StartWith("OK - ").And.Contain("acknowledged by ").And.Contain("known  worker-not-running");
        text.Split('\n').Should().OnlyContain(l => l.Length <= 80).And.NotContain(l => l.Contains('\u001b'));

        _play.RunConfigured("doctor", "ack", "--list").Output.Should().Contain("worker-not-running").And.Contain("a trial");
        _play.RunConfigured("doctor", "ack", "worker-not-running", "--remove").ExitCode.Should().Be(0);
        _play.RunConfigured("doctor", "ack", "worker-not-running", "--remove").ExitCode.Should().Be(66);
        DoctorRun.Of(_play).Ran.ExitCode.Should().Be(1);
    }

    [Fact]
    public void One_of_a_subject_is_for_that_alone()
    {
        Directory.Delete($"{_play.Path}/spool/msglog");
        string[] two = [$"--Intakes:1:Path={_play.Path}/none/a", $"--Intakes:2:Path={_play.Path}/none/b"];
        DoctorRun.Of(_play, two).All("intake-missing").Where(IsKnown).Should().BeEmpty();
        _play.RunConfigured("doctor", "ack", "intake-missing", "--subject", "Intakes:2", "--note", "on Monday", "--json").Json[0].GetProperty("subject").GetString().Should().Be("Intakes:2");
        DoctorRun.Of(_play, two).All("intake-missing").Where(IsKnown).Should().ContainSingle().Which.GetProperty("subject").GetString().Should().Be("Intakes:2");
    }

    private static bool IsKnown(System.Text.Json.JsonElement finding) => finding.TryGetProperty("acknowledged", out _);

    [Fact]
    public void It_counts_again_when_its_time_is_over()
    {
        var clock = new FakeClock();
        var options = new LedgerOptions { Path = $"{_play.Path}/ledger" };
        var acknowledgements = new Acknowledgements(options, clock);
        acknowledgements.Read().Should().BeEmpty();
        AcknowledgementView Of(string name, int hours) => new() { Name = name, Note = "n", Actor = "a", Time = Operations.Views.View.TimeOf(clock.GetUtcNow()), Until = Operations.Views.View.TimeOf(clock.GetUtcNow().AddHours(hours)) };
        acknowledgements.Add(Of("disk-low", 1)).Should().BeNull();
        acknowledgements.Add(Of("disk-low", 2)).Should().BeNull("it goes over the first");
        acknowledgements.Add(Of("dns-silent", 5)).Should().BeNull();
        acknowledgements.Read().Select(a => a.Name).Should().Equal("disk-low", "dns-silent");
        clock.Advance(TimeSpan.FromHours(3));
        acknowledgements.Read().Select(a => a.Name).Should().Equal("dns-silent");
        // A line nobody can read is passed over.
        File.AppendAllText($"{options.Path}/doctor.acks", "{\"name\":\n");
        acknowledgements.Read().Should().ContainSingle();
        acknowledgements.Add(Of("clock-behind-files", 1)).Should().BeNull();
        File.ReadAllLines($"{options.Path}/doctor.acks").Should().HaveCount(2);
        (File.GetUnixFileMode($"{options.Path}/doctor.acks") & (UnixFileMode)0b111).Should().Be(UnixFileMode.None);
    }

    [Fact]
    public void Two_at_once_leave_both()
    {
        var options = new LedgerOptions { Path = $"{_play.Path}/ledger" };
        var clock = TimeProvider.System;
        var names = Enumerable.Range(0, 20).Select(i => $"disk-low-{i}").ToList();
        Parallel.ForEach(names, name =>
        {
            var added = new AcknowledgementView { Name = name, Note = "n", Actor = "a", Time = "2026-01-01T00:00:00.000Z", Until = "2999-01-01T00:00:00.000Z" };
            SpinWait.SpinUntil(() => new Acknowledgements(options, clock).Add(added) is null, TimeSpan.FromMinutes(1)).Should().BeTrue();
        });
        new Acknowledgements(options, clock).Read().Select(a => a.Name).Should().BeEquivalentTo(names);
    }

    [Fact]
    public void What_root_writes_the_worker_may_read()
    {
        if (Posix.EffectiveUser != 0) return;
        System.Diagnostics.Process.Start("chown", [$"{Playground.Nobody}", _play.Made("ledger")]).WaitForExit();
        _play.RunConfigured("doctor", "ack", "disk-low", "--note", "n").ExitCode.Should().Be(0);
        Posix.TryStatus($"{_play.Path}/ledger/doctor.acks", out var status);
        status.Uid.Should().Be(Playground.Nobody);
    }

    [Fact]
    public void What_the_worker_puts_in_its_way_gets_nothing_of_roots()
    {
        if (Posix.EffectiveUser != 0) return;
        var victim = $"{_play.Path}/victim";
        File.WriteAllText(victim, "as it was");
        var ledger = _play.Made("ledger");
        System.Diagnostics.Process.Start("chown", [$"{Playground.Nobody}", ledger]).WaitForExit();
        foreach (var name in new[] { ".doctor.acks.spoolworker", "doctor.acks.new", "doctor.acks" }) File.CreateSymbolicLink($"{ledger}/{name}", victim);
        // Of what is there nothing can be read, and that is told.
        _play.RunConfigured("doctor", "ack", "disk-low", "--note", "n").ExitCode.Should().NotBe(0);
        File.Delete($"{ledger}/doctor.acks");
        _play.RunConfigured("doctor", "ack", "disk-low", "--note", "n").ExitCode.Should().Be(0);
        File.ReadAllText(victim).Should().Be("as it was");
        Posix.TryStatus(victim, out var status);
        status.Uid.Should().Be(0u);
        File.ReadAllText($"{ledger}/doctor.acks").Should().Contain("disk-low");
    }

    [Theory]
    [InlineData("ack disk-lwo --note x", "'disk-lwo' is no finding; did you mean disk-low?")]
    [InlineData("ack disk-low", "--note: say why")]
    [InlineData("ack --note x", "name the finding, as doctor prints it")]
    [InlineData("ack disk-low --note x --for 0s", "--for: longer than nothing")]
    [InlineData("ack disk-low --note x --for soon", "--for: ")]
    [InlineData("ack --list --remove", "--list goes alone")]
    [InlineData("--within soon", "--within: ")]
    [InlineData("--smtp nowhere", "--smtp 'nowhere': must be /path/of/socket, or a host and a port")]
    public void What_is_said_wrongly_is_told(string line, string expected)
    {
        var ran = _play.RunConfigured(["doctor", .. line.Split(' ')]);
        ran.ExitCode.Should().Be(64);
        ran.Error.Should().Contain(expected);
    }
}
