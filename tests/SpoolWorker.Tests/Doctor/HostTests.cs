using System.Diagnostics;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Doctor.Host;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What the doctor says of the host, each finding provoked and gone when it is mended.</summary>
public sealed class HostTests : IDisposable
{
    private readonly Playground _play = new();

    public HostTests() => _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Made("ledger"), _play.Made("spool/msglog"));

    public void Dispose() => _play.Dispose();

    [Fact]
    public void A_place_that_all_may_look_into_is_closed_by_fix()
    {
        File.SetUnixFileMode(_play.Held, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_play.Corrupt, (UnixFileMode)0b111_101_000);
        File.SetUnixFileMode($"{_play.Path}/ledger", (UnixFileMode)0b111_101_000);
        DoctorRun.Of(_play).Names.Should().Contain("folder-open");
        var mended = DoctorRun.Of(_play, "--fix");
        mended.Find("folder-open").GetProperty("fixed").GetString().Should().Be($"{_play.Held} has mode 0750 now");
        File.GetUnixFileMode(_play.Held).Should().Be((UnixFileMode)0b111_101_000);
        DoctorRun.Of(_play).Names.Should().NotContain("folder-open");
    }

    [Fact]
    public void What_the_worker_could_not_go_on_with_is_given_to_it()
    {
        if (Posix.EffectiveUser != 0) return;
        // The worker runs as nobody, as its target shows; root has run something here.
        foreach (var path in new[] { _play.Intake, _play.Target, _play.Held, _play.Corrupt, $"{_play.Path}/ledger" }) Playground.Give(path, Playground.Nobody);
        Directory.CreateDirectory($"{_play.Path}/ledger");
        File.WriteAllText($"{_play.Path}/ledger/lock", "");
        Playground.Give(_play.Corrupt, 0);
        var found = DoctorRun.Of(_play).All("folder-owner").Select(f => f.GetProperty("text").GetString()!).ToList();
        found.Should().HaveCount(2).And.Contain(t => t.StartsWith($"{_play.Path}/ledger/lock: not of uid 65534")).And.Contain(t => t.StartsWith(_play.Corrupt));
        // The mail in it is not touched.
        var mail = Playground.Put(Playground.Valid("4.96-plain"), _play.Corrupt);
        DoctorRun.Of(_play, "--fix").All("folder-owner").Should().OnlyContain(f => f.GetProperty("fixed").GetString()!.EndsWith("given to uid 65534 gid 65534"));
        Posix.TryStatus($"{_play.Path}/ledger/lock", out var status);
        status.Uid.Should().Be(Playground.Nobody);
        Posix.TryStatus($"{_play.Corrupt}/{mail.HeaderName}", out status);
        status.Uid.Should().Be(0u);
        DoctorRun.Of(_play).Names.Should().NotContain("folder-owner");
    }

    [Fact]
    public void A_file_with_another_name_elsewhere_is_given_to_nobody()
    {
        if (Posix.EffectiveUser != 0) return;
        foreach (var path in new[] { _play.Intake, _play.Target, _play.Held, _play.Corrupt, $"{_play.Path}/ledger" }) Playground.Give(path, Playground.Nobody);
        File.WriteAllText($"{_play.Path}/secret", "root's");
        using (var link = Process.Start("ln", [$"{_play.Path}/secret", $"{_play.Path}/ledger/lock"])) link.WaitForExit();
        DoctorRun.Of(_play, "--fix").Find("folder-owner").GetProperty("notFixed").GetString().Should().StartWith($"{_play.Path}/ledger/lock has 2 names");
        Posix.TryStatus($"{_play.Path}/secret", out var status);
        status.Uid.Should().Be(0u);
    }

    [Fact]
    public void A_secret_the_worker_cannot_read_is_named()
    {
        if (Posix.EffectiveUser != 0) return;
        Playground.Give(_play.Target, Playground.Nobody);
        File.SetUnixFileMode(_play.Path, (UnixFileMode)0b111_101_101);
        var secret = $"{_play.Made("keys")}/srs";
        File.WriteAllText(secret, "secret\n");
        File.SetUnixFileMode(secret, (UnixFileMode)0b110_000_000);
        string[] srs = ["--Passes:0=srs", $"--Srs:Secrets:0={secret}", "--Srs:Alias=srs.example", "--Srs:LocalDomains:0=r.example", "--Dns:Servers:0=127.0.0.1:9", "--Dns:Timeout=100ms"];
        DoctorRun.Of(_play, srs).Find("file-unreadable-by-worker").GetProperty("text").GetString().Should().Contain($"cannot read {secret}");
        Playground.Give(secret, Playground.Nobody);
        DoctorRun.Of(_play, srs).Names.Should().NotContain("file-unreadable-by-worker");
        File.SetUnixFileMode($"{_play.Path}/keys", (UnixFileMode)0b111_000_000);
        DoctorRun.Of(_play, srs).Find("file-unreadable-by-worker").GetProperty("text").GetString().Should().EndWith($"as {_play.Path}/keys does not let it pass");
    }

    [Fact]
    public void A_user_has_the_groups_it_is_a_member_of()
    {
        // Whoever is a member of a group here, and root.
        var members = File.ReadLines("/etc/group").Select(l => l.Split(':')).Where(g => g.Length == 4).SelectMany(g => g[3].Split(',', StringSplitOptions.RemoveEmptyEntries)).Append("root").Distinct().ToList();
        foreach (var name in members)
        {
            using var id = Process.Start(new ProcessStartInfo("id", ["-G", name]) { RedirectStandardOutput = true })!;
            var all = id.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse).ToList();
            id.WaitForExit();
            if (id.ExitCode != 0) continue;
            Places.TryUser(name, out var uid).Should().BeTrue();
            // The first is its own.
            Places.GroupsOf(uid).Append(all[0]).Distinct().Should().BeEquivalentTo(all, name);
        }
    }

    [Fact]
    public void A_missing_directory_of_queuefile_is_made()
    {
        string[] queuefile = ["--Intakes:1:Kind=queuefile", $"--Intakes:1:Path={_play.Path}/scan"];
        DoctorRun.Of(_play, queuefile).Find("intake-missing").GetProperty("severity").GetString().Should().Be("error");
        DoctorRun.Of(_play, [.. queuefile, "--fix"]).Find("intake-missing").GetProperty("fixed").GetString().Should().StartWith($"{_play.Path}/scan is made");
        File.GetUnixFileMode($"{_play.Path}/scan").Should().Be((UnixFileMode)0b111_101_000);
        DoctorRun.Of(_play, queuefile).Names.Should().NotContain("intake-missing");
    }

    [Fact]
    public void Files_of_the_future_tell_that_the_clock_is_behind()
    {
        Directory.SetLastWriteTimeUtc(_play.Held, DateTime.UtcNow.AddHours(3));
        DoctorRun.Of(_play).Find("clock-behind-files").GetProperty("text").GetString().Should().StartWith($"{_play.Held} was changed");
        Directory.SetLastWriteTimeUtc(_play.Held, DateTime.UtcNow);
        DoctorRun.Of(_play).Names.Should().NotContain("clock-behind-files");
        // Whether somebody keeps this machine's clock is not ours to say; that it can be asked is.
        KernelClock.IsSynchronized.Should().NotBeNull();
    }

    [Fact]
    public void Mail_that_waits_without_a_worker_is_an_error()
    {
        var without = DoctorRun.Of(_play);
        without.Names.Should().Contain("worker-not-running").And.NotContain("intake-mail-waits");
        Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        DoctorRun.Of(_play).Find("intake-mail-waits").GetProperty("text").GetString().Should().StartWith("1 message, the oldest for ");
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        DoctorRun.Of(_play).Names.Should().NotContain("intake-mail-waits");
    }

    [Fact]
    public async Task A_worker_that_has_read_another_file_or_an_older_one_is_told()
    {
        File.SetUnixFileMode(_play.Path, (UnixFileMode)0b111_101_000);
        var file = $"{_play.Made("etc")}/w.json";
        File.WriteAllText(file, "{}");
        string[] settings = ["--config", file, $"--Control:Socket={_play.Path}/control.sock"];
        var worker = _play.StartConfigured(["run", .. settings]);
        await Engine.EngineRig.UntilAsync(() => File.Exists($"{_play.Path}/control.sock"), "the worker listens");
        DoctorRun.Of(_play, settings).Names.Should().NotContain(n => n.StartsWith("worker-"));
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(10));
        DoctorRun.Of(_play, settings).Names.Should().Contain("worker-older-than-configuration");
        File.WriteAllText($"{_play.Path}/etc/other.json", "{}");
        DoctorRun.Of(_play, ["--config", $"{_play.Path}/etc/other.json", settings[2]]).Names.Should().Contain("worker-other-configuration");
        DoctorRun.Of(_play, ["--config", file, $"--Control:Socket={_play.Path}/other.sock"]).Find("worker-silent").GetProperty("text").GetString().Should().StartWith($"process {worker.Id} is the worker, and nobody listens");
    }
}
