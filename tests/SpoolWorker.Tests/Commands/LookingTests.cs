using System.Text.RegularExpressions;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Commands;

/// <summary>Who may look at what: other users, groups, terminals.</summary>
public sealed class LookingTests : IDisposable
{
    // Members of no group of the host's.
    private const uint Lookers = 64_123, Others = 64_124;

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void A_member_of_the_groups_may_look_and_write_nothing()
    {
        if (Posix.EffectiveUser != 0) return;
        var (held, waiting) = Prepare();

        var list = _play.RunAsNobody(Lookers, "list");
        (list.ExitCode, list.Error).Should().Be((0, ""));
        list.Output.Should().Contain(waiting.ToString()).And.Contain("in ", "the ledger knows when it is tried next");
        _play.RunAsNobody(Lookers, "list", "--held").Output.Should().Contain(held.ToString());
        var show = _play.RunAsNobody(Lookers, "show", held.ToString());
        (show.ExitCode, show.Error).Should().Be((0, ""));
        show.Output.Should().Contain($"held {held}").And.MatchRegex(@"(?m)^  first seen  \S", "a label stands apart from its value");
        File.WriteAllText($"{_play.Path}/mainlog", "");
        var trace = _play.RunAsNobody(Lookers, "trace", held.ToString(), "--log", $"{_play.Path}/mainlog");
        (trace.ExitCode, trace.Error).Should().Be((0, ""));
        trace.Output.Should().Contain("held");
        // By the sender's address the whole ledger is read.
        _play.RunAsNobody(Lookers, "trace", "bob@r.example", "--log", $"{_play.Path}/mainlog").ExitCode.Should().BeOneOf(0, 66);

        foreach (var (name, group, mode) in new[] { ("", Lookers, "750"), ("/ledger.mdb", Lookers, "640"), ("/ledger.mdb-lock", 0u, "640"), ("/lock", 0u, "600"), ("/recovery", 0u, "600") })
        {
            Posix.TryStatus($"{_play.Path}/ledger{name}", out var status).Should().Be(0, name);
            (status.Gid, Convert.ToString(status.Permissions, 8)).Should().Be((group, mode), name);
        }
        foreach (var command in new[] { "release", "forget" }) _play.RunAsNobody(Lookers, command, held.ToString()).ExitCode.Should().Be(77);
        _play.RunAsNobody(Lookers, "list", "--held").Output.Should().Contain(held.ToString());
    }

    [Fact]
    public void Whoever_may_not_look_is_told_so_by_77()
    {
        if (Posix.EffectiveUser != 0) return;
        var (held, waiting) = Prepare();

        var list = _play.RunAsNobody(Others, "list");
        list.ExitCode.Should().Be(77);
        list.Output.Should().Contain(waiting.ToString(), "what may be read is listed");
        list.Error.Should().Contain("listed without the ledger").And.Contain("Ledger:Group");
        var heldList = _play.RunAsNobody(Others, "list", "--held");
        (heldList.ExitCode, heldList.Error.Contains(_play.Held, StringComparison.Ordinal)).Should().Be((77, true));
        var show = _play.RunAsNobody(Others, "show", held.ToString());
        show.ExitCode.Should().Be(77);
        show.Error.Should().Contain("shown without the ledger").And.Contain($"held: open {_play.Held}").And.Contain("not where this user may look");
        var there = _play.RunAsNobody(Others, "show", waiting.ToString());
        (there.ExitCode, there.Output.Contains(waiting.ToString(), StringComparison.Ordinal)).Should().Be((77, true), "it may lie elsewhere, too");
        File.WriteAllText($"{_play.Path}/mainlog", "");
        var trace = _play.RunAsNobody(Others, "trace", held.ToString(), "--log", $"{_play.Path}/mainlog");
        (trace.ExitCode, trace.Error.Contains("Ledger:Group", StringComparison.Ordinal)).Should().Be((77, true));
    }

    [Fact]
    public void One_held_message_that_may_not_be_read_is_told_by_77()
    {
        if (Posix.EffectiveUser != 0) return;
        var (held, _) = Prepare();
        // As a copy that root brought back.
        File.SetUnixFileMode($"{_play.Held}/{held.HeaderName}", UnixFileMode.UserRead);

        var list = _play.RunAsNobody(Lookers, "list", "--held");

        list.ExitCode.Should().Be(77, list.Error);
        list.Output.Should().Contain(held.ToString()).And.Contain("Permission denied").And.NotContain("NotRegularFile");
        list.Error.Should().Contain($"1 of 1 messages in {_play.Held} cannot be read");
    }

    [Fact]
    public void One_subdirectory_that_cannot_be_read_keeps_nobody_from_the_rest()
    {
        _ = (_play.Target, _play.Held, _play.Corrupt, _play.Made("cwd"), _play.Temporary);
        var all = Playground.Valid("4.96-plain");
        var id = Playground.Put(all, _play.Intake);
        var there = Playground.Put(Playground.Valid("4.96-mime"), _play.Made($"intake/input/{Playground.Put(Playground.Valid("4.96-mime"), _play.Made("elsewhere")).Subdirectory}"));
        var closed = _play.Made("intake/input/z");
        if (Posix.EffectiveUser == 0)
        {
            _ = new ProgramCall("chown", "-R", "65534:65534", _play.Path).Run().Good;
        }
        File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            var list = _play.RunAsNobody(Playground.Nobody, "list");
            list.ExitCode.Should().Be(77);
            list.Output.Should().Contain(id.ToString()).And.Contain(there.ToString());
            list.Error.Should().Contain($"{closed}: Permission denied").And.Contain("not listed");

            var ran = _play.RunAsNobody(Playground.Nobody, "run", "--once");

            ran.ExitCode.Should().Be(75, ran.Error);
            ran.Error.Split('\n').Where(l => l.Contains(closed, StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain("what lies there stays");
            Directory.EnumerateFiles(_play.Target, "*-H").Select(Path.GetFileName).Should().BeEquivalentTo([id.HeaderName, there.HeaderName]);
        }
        finally
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void Where_an_intake_cannot_be_locked_one_warning_says_what_may_happen()
    {
        _ = (_play.Target, _play.Held, _play.Corrupt);
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        // As NFS without its lock service: ENOLCK.
        var ran = _play.RunInjected(_play.Intake, "flock:error=ENOLCK", "run", "--once");

        ran.ExitCode.Should().Be(0, ran.Error);
        File.ReadAllText($"{_play.Path}/strace.log").Should().Contain("(INJECTED)");
        ran.Error.Split('\n').Where(l => l.Contains("cannot be locked", StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain(_play.Intake).And.Contain("would send mail twice");
        File.Exists($"{_play.Target}/{id.HeaderName}").Should().BeTrue("mail has to go on");
    }

    [Fact]
    public void An_empty_list_says_so_on_a_terminal_and_is_silent_elsewhere()
    {
        _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt);
        foreach (var (option, path) in new[] { ("--intake", _play.Intake), ("--held", _play.Held), ("--corrupt", _play.Corrupt), ("--target", _play.Target) })
        {
            var seen = _play.RunOnTerminal("list", option);
            (seen.ExitCode, Regex.Replace(seen.Output, "\u001b(\\[[?]?[0-9;]*[a-z]|[=>])", "").Trim()).Should().Be((0, $"nothing in {path}"));
            var piped = _play.RunConfigured("list", option);
            (piped.ExitCode, piped.Output).Should().Be((0, ""));
        }
    }

    [Fact]
    public void A_disk_that_is_full_at_start_is_told_as_that()
    {
        _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt);
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        if (!_play.TryMount(_play.Made("ledger"), "64k")) return;
        Fill($"{_play.Path}/ledger/filler");
        var ran = _play.RunConfigured("run", "--once");
        ran.ExitCode.Should().Be(75, ran.Error);
        ran.Error.Should().Contain("No space left on device").And.Contain("Make room on that file system; nothing is wrong with what is there").And.NotContain("a bug");
        File.Exists($"{_play.Intake}/{id.HeaderName}").Should().BeTrue();

        File.Delete($"{_play.Path}/ledger/filler");
        Fill($"{_play.Path}/ledger/filler", leave: 40_960);
        _play.RunConfigured("run", "--once").ExitCode.Should().BeOneOf(0, 75);
        File.Delete($"{_play.Path}/ledger/filler");
        Directory.EnumerateFiles($"{_play.Path}/ledger").Select(Path.GetFileName).Should().BeSubsetOf(["ledger.mdb", "ledger.mdb-lock", "lock", "recovery", "in-hand"], "no half file is left");
    }

    [Fact]
    public void A_disk_that_fills_up_in_the_middle_of_a_write_is_told_as_that()
    {
        if (!_play.TryMount(_play.Made("ledger"), "1m")) return;
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = $"{_play.Path}/ledger", MapSize = 16 << 20 });
        List<LedgerEntry> many = [.. Enumerable.Range(1, 500).Select(n => new LedgerEntry { Intake = "/in", Id = Engine.PairFactory.ShortId(n) })];
        // Room for the first of the pages that it writes in one call.
        Fill($"{_play.Path}/ledger/filler", leave: 4096);
        var full = FluentActions.Invoking(() => ledger.Commit(many, [])).Should().Throw<LedgerException>().Which;
        (full.Fault, full.IsFatal).Should().Be((StoreFault.NoRoom, false), full.Message);
        full.Message.Should().Contain("no space is left. Make room on that file system; nothing is wrong with what is there");

        File.Delete($"{_play.Path}/ledger/filler");
        ledger.Commit(many, []);
    }

    [Fact]
    public void A_ledger_on_a_file_system_that_is_read_only_is_nobodys_to_write()
    {
        _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt);
        if (!_play.TryMount(_play.Made("ledger"), "1m")) return;
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        using (var mount = System.Diagnostics.Process.Start("mount", ["-o", "remount,ro", $"{_play.Path}/ledger"])) mount.WaitForExit();
        var ran = _play.RunConfigured("pause");
        ran.ExitCode.Should().Be(77, ran.Error);
        ran.Error.Should().Contain("Read-only file system. Mount that file system writable again").And.NotContain("as root");
    }

    [Theory]
    [InlineData("show")]
    [InlineData("explain")]
    [InlineData("trace")]
    public void What_is_asked_for_is_told_as_text_that_no_terminal_obeys(string command)
    {
        // A script that looks for what a stranger wrote.
        var ran = _play.RunConfigured(command, "\u001b[2Jx\n");
        (ran.ExitCode, ran.Output).Should().Be((64, ""));
        ran.Error.Should().Contain(@"'\x1b[2Jx\x0a' is ").And.NotContain("\u001b");
    }

    private static void Fill(string path, long leave = 0)
    {
        var size = new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace - leave;
        using var file = File.Create(path);
        file.Write(new byte[size]);
        file.Flush(flushToDisk: true);
    }

    // One message is held, one deferred, in places of root's that a group may look at.
    private (MessageId Held, MessageId Waiting) Prepare()
    {
        _ = (_play.Target, _play.Held, _play.Corrupt, _play.Made("cwd"), _play.Temporary);
        var held = new PairFactory { Id = PairFactory.ShortId(1), Sender = "odd@sender.example" }.In(_play.Intake).MessageId;
        var waiting = new PairFactory { Id = PairFactory.ShortId(2) }.In(_play.Intake).MessageId;
        File.SetUnixFileMode(_play.Held, (UnixFileMode)0b111_101_000);
        var ran = _play.RunConfigured("run", "--once", $"--Held:Group={Lookers}", $"--Ledger:Group={Lookers}", "--Passes:0=rules",
            "--Rules:List:0:When=sender = 'odd@sender.example'", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=odd", "--Rules:List:1:When=sender", "--Rules:List:1:Then=defer", "--Rules:List:1:Reason=later");
        ran.ExitCode.Should().Be(0, ran.Error);
        return (held, waiting);
    }
}
