using System.Runtime.InteropServices;
using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Operations.Doctor.Host;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What the doctor says of configuration, places, target and file systems: each finding provoked, and gone when it is mended.</summary>
public sealed class PlaceTests : IDisposable
{
    private readonly Playground _play = new();

    public PlaceTests() => _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Made("spool/msglog"));

    public void Dispose() => _play.Dispose();

    [Fact]
    public void A_value_that_cannot_be_used_is_a_fault_of_the_configuration()
    {
        IEnumerable<string?> Faulty(string workers) => Of($"--Engine:Workers={workers}").All("configuration-fault").Select(f => f.GetProperty("subject").GetString());
        Faulty("many").Should().Contain("Engine:Workers");
        Faulty("2").Should().NotContain("Engine:Workers");
    }

    [Fact]
    public void What_nobody_may_write_to_is_told_of_each_place()
    {
        if (Posix.EffectiveUser != 0) return;
        _play.Made("metrics");
        string[] names = ["intake-unwritable", "target-unwritable", "folder-unwritable", "metrics-file-unwritable"];
        string[] metrics = ["doctor", "--json", $"--Metrics:TextFile={_play.Path}/metrics/sw.prom"];
        new DoctorRun(_play.RunAsNobody(Playground.Nobody, metrics)).Names.Should().Contain(names);
        foreach (var path in new[] { _play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Path, $"{_play.Path}/metrics" }) Playground.Give(path, Playground.Nobody);
        new DoctorRun(_play.RunAsNobody(Playground.Nobody, metrics)).Names.Should().NotContain(names);
    }

    [Fact]
    public void A_socket_that_was_asked_for_and_cannot_be_made_is_an_error()
    {
        Of($"--Control:Socket={_play.Path}/nowhere/s").Find("control-socket-impossible").GetProperty("text").GetString().Should().Contain($"its directory {_play.Path}/nowhere is not there");
        Of($"--Control:Socket={_play.Made("door")}/s").Names.Should().NotContain("control-socket-impossible");
    }

    [Fact]
    public void Without_asp_net_core_nothing_can_be_asked_of_the_worker()
    {
        if (Posix.EffectiveUser != 0) return;
        var shared = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "Microsoft.AspNetCore.App"));
        if (!Directory.Exists(shared)) return;
        string[] words = ["doctor", "--json", $"--Control:Socket={_play.Made("door")}/s"];
        new DoctorRun(_play.RunInShell("exec \"$@\"", words)).Names.Should().NotContain("control-framework-missing");
        // The program itself starts without it; its list of what it needs has it nowhere.
        new DoctorRun(_play.RunInShell($"exec unshare --mount sh -c 'mount -t tmpfs tmpfs {shared} && exec \"$@\"' sh \"$@\"", words)).Find("control-framework-missing").GetProperty("cure").GetString().Should().StartWith("install it");
    }

    [Fact]
    public void A_ledger_that_is_nearly_full_or_none_is_told()
    {
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        Of().Names.Should().NotContain(n => n.StartsWith("ledger-"));
        var file = $"{_play.Path}/ledger/ledger.mdb";
        // As LMDB makes it longer, up to Ledger:MapSize (16 MiB here).
        using (var grown = File.OpenWrite(file)) grown.SetLength(14 << 20);
        Of().Find("ledger-nearly-full").GetProperty("text").GetString().Should().Contain("near Ledger:MapSize");
        File.WriteAllText(file, new string('x', 100_000));
        Of().Find("ledger-unusable").GetProperty("text").GetString().Should().Contain("is no LMDB file");
    }

    [Fact]
    public void A_ledger_of_a_later_version_wants_that_version_or_another_ledger()
    {
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        using (var store = LmdbStore.Open(new StorePlan("ledger", $"{_play.Path}/ledger/ledger.mdb", 1 << 24, "", 8, 126, ".")))
        {
            store.Write(t =>
            {
                using var meta = t.OpenDatabase("meta");
                t.Put(meta, "format"u8, Encoding.ASCII.GetBytes($"{LedgerFormat.Number + 1}"));
            });
        }
        var found = Of().Find("ledger-unusable");
        found.GetProperty("text").GetString().Should().Contain("a later version has written it");
        found.GetProperty("cure").GetString().Should().Contain("Going back to an earlier version").And.Contain($"{_play.Path}/ledger").And.NotContain("may write there");
        var check = _play.RunConfigured("check-config");
        (check.Output + check.Error).Should().Contain("Going back to an earlier version");
    }

    [Fact]
    public void A_seal_that_exim_fails_is_told()
    {
        string[] Seal(string type)
        {
            _play.Run("keygen", "--type", type, "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/{type}").ExitCode.Should().Be(0);
            return ["--Passes:0=arc-seal", "--Arc:Seal:AdmdId=mx.example", "--Arc:Seal:Domain=d.example", "--Arc:Seal:Selector=s", $"--Arc:Seal:PrivateKeyFile={_play.Path}/{type}", "--Dns:Servers:0=127.0.0.1:9", "--Dns:Timeout=100ms", "--Dns:Retries=0"];
        }

        Of(Seal("ed25519")).Names.Should().Contain("arc-key-ed25519");
        Of(Seal("rsa2048")).Names.Should().NotContain("arc-key-ed25519");
    }

    [Fact]
    public async Task An_intake_that_another_worker_takes_from_is_an_error()
    {
        var worker = _play.StartConfigured("run");
        await Engine.EngineRig.UntilAsync(() => File.Exists($"{_play.Path}/ledger/ledger.mdb") && Of($"--Ledger:Path={_play.Path}/other").Names.Contains("intake-taken"), "the worker has its intake");
        Of().Names.Should().NotContain("intake-taken", "with the same ledger it is the worker itself");
        worker.Kill();
        await worker.WaitForExitAsync();
        Of($"--Ledger:Path={_play.Path}/other").Names.Should().NotContain("intake-taken");
    }

    [Fact]
    public void A_place_on_another_disk_and_one_in_memory_are_told()
    {
        if (!_play.TryMount(_play.Held, "1M")) return;
        var found = Of();
        found.All("place-on-other-disk").Should().Contain(f => f.GetProperty("text").GetString()!.Contains("and Held:Path are on different file systems"));
        found.All("file-system-volatile").Should().Contain(f => f.GetProperty("subject").GetString() == "Held:Path" && f.GetProperty("text").GetString() == $"tmpfs on {_play.Held} is in memory");
    }

    [Fact]
    public void Files_that_belong_to_no_pair_are_told()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        File.SetLastWriteTimeUtc($"{_play.Intake}/{id.BodyName}", DateTime.UtcNow.AddDays(-3));
        Of().Names.Should().NotContain("orphan-files");
        File.Delete($"{_play.Intake}/{id.HeaderName}");
        Of().Find("orphan-files").GetProperty("subject").GetString().Should().Be("Intakes:0");
    }

    [Fact]
    public void Files_of_the_target_are_exims_own()
    {
        Of("--Target:Owner=nobody").Names.Should().Contain("target-owner");
        Of("--Target:Mode=0600").Names.Should().Contain("target-mode");
        Of().Names.Should().NotContain("target-owner").And.NotContain("target-mode").And.NotContain("target-no-spool");
        Directory.Delete($"{_play.Path}/spool/msglog");
        Of().Names.Should().Contain("target-no-spool");
    }

    [Fact]
    public void An_intake_that_the_target_itself_fills_is_an_error()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Target);
        var scan = _play.Made("scan");
        File.Copy($"{_play.Target}/{id.HeaderName}", $"{scan}/{id.HeaderName}");
        string[] queuefile = ["--Intakes:0:Kind=queuefile", $"--Intakes:0:Path={scan}"];
        File.Copy($"{_play.Target}/{id.BodyName}", $"{scan}/{id.BodyName}");
        Of(queuefile).Names.Should().NotContain("target-fills-intake");
        File.Delete($"{scan}/{id.BodyName}");
        _ = new ProgramCall("ln", $"{_play.Target}/{id.BodyName}", $"{scan}/{id.BodyName}").Run().Good;
        Of(queuefile).Names.Should().Contain("target-fills-intake");
    }

    [Fact]
    public void What_is_not_known_of_the_targets_exim_is_told()
    {
        // A program that says nothing of itself.
        Of("--Target:EximVersion=", "--Target:Exim=/bin/true").Names.Should().Contain("exim-version-unknown");
        Of("--Target:MessageId=keep").Names.Should().Contain("message-id-unseen").And.NotContain("exim-version-unknown");
        Of("--Target:MessageId=keep", "--Target:EximVersion=4.97").Names.Should().NotContain("message-id-unseen");
        File.WriteAllText($"{_play.Path}/exim", "no program");
        Of("--Target:Wake=exec", $"--Target:Exim={_play.Path}/exim").Names.Should().Contain("exim-command-missing");
        Of("--Target:Wake=exec", "--Target:Exim=/bin/true").Names.Should().NotContain("exim-command-missing");
    }

    [Fact]
    public void The_kernel_is_asked_whether_something_keeps_the_clock()
    {
        // What adjtimex(2) returns: TIME_ERROR, and TIME_OK.
        IReadOnlyList<string> At(int state) => new DoctorRun(_play.RunInShell($"exec strace -f --seccomp-bpf -qq -o {_play.Path}/trace -e inject=adjtimex,clock_adjtime:retval={state} \"$@\"", "doctor", "--json")).Names;
        At(5).Should().Contain("clock-unsynchronized");
        At(0).Should().NotContain("clock-unsynchronized");
    }

    [LoopTheory]
    [InlineData("ext2", "", "", "file-system-no-journal")]
    [InlineData("ext4", "-O ^has_journal", "", "file-system-no-journal")]
    [InlineData("ext4", "", "barrier=0", "file-system-no-barriers")]
    [InlineData("ext4", "", "ro", "file-system-read-only")]
    [InlineData("ext4", "", "", null)]
    public void What_a_file_system_does_not_promise_is_told(string kind, string made, string mounted, string? name)
    {
        var held = _play.Held;
        var options = mounted.Length > 0 ? $"loop,{mounted}" : "loop";
        var line = $"mkfs.{kind} -q {made} $0/disk && exec unshare --mount sh -c 'mount -o {options} $0/disk $0/held && exec \"$@\"' $0 \"$@\"";
        using (var disk = File.Create($"{_play.Path}/disk")) disk.SetLength(16 << 20);
        var found = new DoctorRun(_play.RunInShell(line.Replace("$0", _play.Path), "doctor", "--json"));
        var ofHeld = found.Ran.Json.GetProperty("findings").EnumerateArray().Where(f => f.GetProperty("subject").GetString() == "Held:Path").ToList();
        ofHeld.Should().Contain(f => f.GetProperty("text").GetString()!.StartsWith($"{kind} on {held}"));
        // Of the others it is not asked: this host's own may be no better.
        ofHeld.Where(f => f.TryGetProperty("name", out _)).Select(f => f.GetProperty("name").GetString()!).Where(n => n.StartsWith("file-system-")).Should().Equal(name is null ? [] : new[] { name });
    }

    [Theory]
    [InlineData("812 28 0:52 / /srv/mail rw,relatime shared:413 - nfs4 files.example:/mail rw,vers=4.2,hard,proto=tcp", "file-system-network")]
    [InlineData("91 1 0:41 / /srv/mail rw,nosuid - fuse.sshfs files.example:/mail rw,user_id=0", "file-system-network")]
    [InlineData("30 1 8:1 / /srv/mail rw,relatime shared:1 - xfs /dev/sda1 rw,nobarrier,attr2", "file-system-no-barriers")]
    [InlineData("30 1 8:1 / /srv/mail rw,relatime shared:1 - xfs /dev/sda1 rw,attr2,inode64", null)]
    public void A_line_of_another_hosts_mounts_is_told_likewise(string line, string? name)
    {
        // No file server is to be had here; the line is what the kernel writes of one (proc(5)).
        DiskChecks.Of(MountTable.Parse(line)!, "Held:Path").Select(f => f.Kind!.Name).Should().Equal(name is null ? [] : new[] { name });
    }

    private DoctorRun Of(params string[] arguments) => DoctorRun.Of(_play, arguments);

    private sealed class LoopTheoryAttribute : TheoryAttribute
    {
        public LoopTheoryAttribute() => Skip = Posix.EffectiveUser != 0 ? "mounts as root" : !File.Exists("/dev/loop-control") ? "no loop devices" : !File.Exists("/usr/sbin/mkfs.ext4") ? "mkfs.ext4 is not installed (Debian: e2fsprogs)" : null;
    }
}
