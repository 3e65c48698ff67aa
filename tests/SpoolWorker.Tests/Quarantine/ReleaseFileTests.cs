using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Quarantine;

/// <summary>release FILE: what MailScanner set aside goes to the target, once.</summary>
public sealed class ReleaseFileTests : IDisposable
{
    private readonly Playground _play = new();

    public ReleaseFileTests() => _ = (_play.Target, _play.Intake, _play.Held);

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_or_its_directory_goes_to_the_target_and_is_gone(bool isDirectory)
    {
        var pair = SetAside(1, ofItsOwn: true, "a@r.example", "b@r.example");
        File.WriteAllText($"{pair.Folder}/invoice.exe", "what MailScanner found");
        var word = isDirectory ? pair.Folder : pair.Path;
        var dry = Released(0, word, "--dry-run");
        (dry.Output, dry.Error).Should().Be(($"{pair.Id} in {pair.Folder}\n", ""));
        EngineRig.Names(_play.Held).Should().BeEmpty();

        var ran = Released(0, word);
        (ran.Output, ran.Error).Should().Be(($"released {pair.Id}: requeued\n", ""));
        EngineRig.Pairs(_play.Target).Single().Pending.Should().Equal("a@r.example", "b@r.example");
        Directory.EnumerateFiles(pair.Folder).Select(Path.GetFileName).Should().Equal("invoice.exe");
        EngineRig.Names(_play.Held).Should().BeEmpty();

        // Once more: it is known, and said.
        var again = Released(66, word);
        (again.Output, again.Error).Should().Match<(string Output, string Error)>(r => r.Output.Length == 0 && r.Error.Contains("was taken before, and settled ") && r.Error.Contains($"requeued {pair.Id}"));
        EngineRig.Pairs(_play.Target).Should().ContainSingle();
        var row = _play.RunConfigured("audit", "--json").Json.EnumerateArray().Should().ContainSingle().Subject;
        (row.GetProperty("verb").GetString(), row.GetProperty("file").GetString(), row.GetProperty("state").GetString()).Should().Be(("release", pair.Path, "done"));
        _play.RunConfigured("audit").Output.Should().Contain($"  file: {pair.Path}\n");
        _play.RunConfigured("trace", pair.Id).Output.Should().Contain("held      taken from\n");
    }

    [Fact]
    public void A_copy_of_what_was_released_is_not_sent_again_until_the_message_is_forgotten()
    {
        var pair = SetAside(1, ofItsOwn: false, "a@r.example");
        Released(0, pair.Path);
        // From a backup, or as MailScanner stores one message in spam/ and in mcp/.
        SetAside(1, ofItsOwn: false, "a@r.example");
        var again = Released(65, pair.Path);
        again.Error.Should().Contain("it is not sent again").And.Contain($"spoolworker forget {pair.Id}");
        (EngineRig.Pairs(_play.Target).Count, File.Exists(pair.Path)).Should().Be((1, true));

        _play.RunConfigured("forget", pair.Id).ExitCode.Should().Be(0);
        Released(0, pair.Path).Output.Should().StartWith($"released {pair.Id}: requeued as ");
        EngineRig.Pairs(_play.Target).Should().HaveCount(2);
    }

    [Fact]
    public void A_part_is_released_and_the_others_are_held()
    {
        var pair = SetAside(1, ofItsOwn: false, "a@r.example", "b@r.example");
        var wrong = Released(66, pair.Path, "--recipient", "x@r.example");
        wrong.Error.Should().Contain("x@r.example is not among those still to be served; nothing is done");
        (File.Exists(pair.Path), EngineRig.Names(_play.Held).Length).Should().Be((true, 0));

        Released(0, pair.Path, "--recipient", "B@r.example");
        EngineRig.Pairs(_play.Target).Single().Pending.Should().Equal("b@r.example");
        EngineRig.Pairs(_play.Held).Single().Pending.Should().Equal("a@r.example");
        File.Exists(pair.Path).Should().BeFalse();
        _play.RunConfigured("list", "--held").Output.Should().Contain($"taken from {pair.Path}");
        // The file is gone, and what it was is not.
        Released(0, pair.Path);
        EngineRig.Pairs(_play.Target).SelectMany(p => p.Pending).Should().BeEquivalentTo("a@r.example", "b@r.example");
        EngineRig.Names(_play.Held).Should().BeEmpty();
        Released(66, pair.Path);
    }

    [Fact]
    public void It_goes_through_all_passes_which_had_not_seen_it_and_as_is_through_none()
    {
        string[] rules = ["--Passes:0=rules", "--Rules:List:0:When=sender", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=odd"];
        var first = SetAside(1, ofItsOwn: false, "a@r.example");
        var second = SetAside(2, ofItsOwn: false, "a@r.example");
        Released(0, [first.Path, .. rules]).Output.Should().Be($"released {first.Id}: requeued, rules would have held it: odd\n");
        Released(0, [second.Path, "--as-is", .. rules]).Output.Should().Be($"released {second.Id}: requeued, without rules\n");
        EngineRig.Pairs(_play.Target).Should().HaveCount(2);
    }

    [Fact]
    public async Task Beside_a_worker_several_go_and_two_operators_at_one_file_send_it_once()
    {
        var worker = _play.StartConfigured("run");
        var pairs = Enumerable.Range(1, 4).Select(n => SetAside(n, ofItsOwn: false, "a@r.example")).ToList();
        var first = new PairFactory { Id = PairFactory.ShortId(9) }.In(_play.Intake).Id;
        await EngineRig.UntilAsync(() => File.Exists($"{_play.Target}/{first}-H"), "it runs");
        Released(64, [.. pairs.Select(p => p.Path)]).Error.Should().Contain("these are 4 messages: say --yes");
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => _play.RunConfigured(["release", .. pairs.Select(p => p.Path), "--yes"]))));
        both.Select(r => r.Output.Split('\n').Count(l => l.StartsWith("released 1x", StringComparison.Ordinal))).Sum().Should().Be(4, string.Join("\n", both.Select(r => r.Output + r.Error)));
        EngineRig.Pairs(_play.Target).Select(p => p.Id.ToString()).Should().BeEquivalentTo(pairs.Select(p => p.Id).Append(first));
        (EngineRig.Names(_play.Held).Length, worker.HasExited).Should().Be((0, false));
    }

    [Theory]
    [InlineData("claimed:1"), InlineData("staged:1"), InlineData("synced:1"), InlineData("recorded:1"), InlineData("renamed:1"), InlineData("committed:1"), InlineData("header-removed:1"), InlineData("removed:1")]
    [InlineData("claimed:2"), InlineData("staged:2"), InlineData("synced:2"), InlineData("recorded:2"), InlineData("renamed:2"), InlineData("committed:2"), InlineData("header-removed:2"), InlineData("removed:2")]
    public void Killed_at_any_step_it_goes_once_when_it_is_asked_for_again(string step)
    {
        var pair = SetAside(1, ofItsOwn: true, "a@r.example", "b@r.example");
        _play.RunKilled(step, "release", pair.Path).ExitCode.Should().Be(137);
        var again = _play.RunConfigured("release", pair.Path);
        // The verb itself may have been done by then.
        again.ExitCode.Should().BeOneOf([0, 66], again.Error);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        var there = EngineRig.Pairs(_play.Target).Should().ContainSingle(again.Error + again.Output).Subject;
        there.Pending.Should().Equal("a@r.example", "b@r.example");
        _play.RunConfigured("release", pair.Path).ExitCode.Should().Be(66);
        (EngineRig.Names(_play.Held).Length, EngineRig.Names(_play.Target).Length, Directory.EnumerateFiles(pair.Folder).Count()).Should().Be((0, 2, 0));
    }

    [Fact]
    public void What_a_killed_command_left_staged_the_worker_removes_too()
    {
        var pair = SetAside(1, ofItsOwn: false, "a@r.example");
        _play.RunKilled("staged:1", "release", pair.Path).ExitCode.Should().Be(137);
        EngineRig.Names(_play.Held).Should().HaveCount(3);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Names(_play.Held).Should().HaveCount(3, "one at work looks the same for a moment");
        foreach (var name in EngineRig.Names(_play.Held)) File.SetLastWriteTimeUtc($"{_play.Held}/{name}", DateTime.UtcNow.AddMinutes(-5));
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Names(_play.Held).Should().BeEmpty();
        EngineRig.Pairs(pair.Folder).Should().ContainSingle();
    }

    [Fact]
    public void What_cannot_be_a_message_stays_where_it_is_and_says_why()
    {
        var plain = SetAside(1, ofItsOwn: false, "a@r.example");
        var lone = SetAside(2, ofItsOwn: true, "a@r.example");
        File.Delete($"{lone.Folder}/{lone.Id}-D");
        var broken = SetAside(3, ofItsOwn: true, "a@r.example");
        File.WriteAllText(broken.Path, $"{broken.Id}-H\nnothing of the kind\n");
        var link = SetAside(4, ofItsOwn: true, "a@r.example");
        File.Move(link.Path, $"{link.Path}.there");
        File.CreateSymbolicLink(link.Path, $"{link.Path}.there");
        var cut = SetAside(5, ofItsOwn: true, "a@r.example");
        File.WriteAllText($"{cut.Folder}/{cut.Id}-D", $"{cut.Id}-D\n");
        var foreign = SetAside(6, ofItsOwn: true, "a@r.example");
        File.WriteAllText($"{foreign.Folder}/{foreign.Id}-D", $"{plain.Id}-D\nHello\n");
        var whole = _play.Made("quarantine/20261130/1xV007-000477-0i");
        File.WriteAllText($"{whole}/message", "Subject: hello\n\ntext\n");
        _ = SetAside(8, ofItsOwn: false, "a@r.example");
        foreach (var (word, code, said) in new[]
        {
            (lone.Path, 65, "no body to send"),
            (broken.Path, 65, broken.Path),
            (link.Path, 65, "is no regular file"),
            (cut.Path, 75, "is cut short, or is being copied still"),
            (foreign.Path, 65, "does not start with its own name"),
            ($"{whole}/message", 65, "spoolworker inject FILE --from SENDER --to RECIPIENT"),
            (whole, 65, $"spoolworker inject {whole}/message --from SENDER --to RECIPIENT"),
            (plain.Folder, 65, "has 2 messages: name their -H"),
            ($"{plain.Folder}/{plain.Id}-D", 65, "name the -H beside it"),
            ($"{plain.Folder}/nothing-H", 66, "no file"),
            ($"{_play.Path}/nowhere/", 66, "no file"),
            ($"{plain.Folder}/1xV009-000477-0i-H", 66, "no file"),
            (_play.Made("quarantine/20261129"), 66, "has no -H of a message"),
        })
        {
            var ran = _play.RunConfigured("release", word);
            (ran.ExitCode, ran.Output).Should().Be((code, ""), word + ran.Error);
            ran.Error.Should().Contain(said).And.MatchRegex("^spoolworker: [^\n]*\n$");
        }
        EngineRig.Names(_play.Target).Should().BeEmpty();
        EngineRig.Names(_play.Held).Should().BeEmpty();
        Released(64, plain.Path, plain.Id).Error.Should().Contain("files go without message ids");
        Released(64, plain.Path, "--where", "age > 1s").Error.Should().Contain("files go without message ids, --where");
        Released(64, "nothing-at-all").Error.Should().Contain("is not a message id");
    }

    [Fact]
    public void Whoever_could_have_written_it_is_to_be_trusted()
    {
        if (Posix.EffectiveUser != 0) return;
        var pair = SetAside(1, ofItsOwn: true, "a@r.example");
        File.SetUnixFileMode(pair.Folder, (UnixFileMode)0b111_111_111);
        Released(77, pair.Path).Error.Should().Contain("may be written by everybody").And.Contain("chmod o-w");
        // As MailScanner makes them for a group of people (Quarantine Permissions = 0660).
        File.SetUnixFileMode(pair.Folder, (UnixFileMode)0b111_111_000);
        Playground.Give(pair.Path, Playground.Nobody);
        Released(77, pair.Path).Error.Should().Contain("belongs to nobody").And.Contain("chown");
        Playground.Give(pair.Path, 0);
        File.SetUnixFileMode($"{pair.Folder}/{pair.Id}-D", (UnixFileMode)0b110_000_010);
        Released(77, pair.Path).Error.Should().Contain("-D may be written by everybody");
        File.SetUnixFileMode($"{pair.Folder}/{pair.Id}-D", (UnixFileMode)0b110_110_000);
        Released(0, pair.Path);
        Posix.TryStatus($"{_play.Target}/{pair.Id}-H", out var status).Should().Be(0);
        status.Permissions.Should().Be(0b110_100_000);
    }

    [Fact]
    public void Its_own_places_have_ways_of_their_own_and_a_lock_is_respected()
    {
        var held = new PairFactory { Id = PairFactory.ShortId(1) }.In(_play.Held);
        var waits = new PairFactory { Id = PairFactory.ShortId(2) }.In(_play.Intake);
        var there = new PairFactory { Id = PairFactory.ShortId(3) }.In(_play.Target);
        Released(65, $"{_play.Held}/{held.Id}-H").Error.Should().Contain($"is held mail: spoolworker release {held.Id}");
        Released(65, $"{_play.Intake}/{waits.Id}-H").Error.Should().Contain("lies in an intake");
        Released(65, $"{_play.Target}/{there.Id}-H").Error.Should().Contain("lies in the target");

        var pair = SetAside(4, ofItsOwn: false, "a@r.example");
        using (var folder = SpoolFolder.Open(pair.Folder))
        {
            SpoolPair.Claim(folder, PairFactory.Parse(pair.Id), out var locked, out _).Should().Be(ClaimResult.Claimed);
            using (locked) Released(75, pair.Path).Error.Should().Contain("another process works on it");
        }
        var other = new PairFactory { Id = pair.Id, Sender = "other@s.example" }.In(_play.Held);
        Released(75, pair.Path).Error.Should().Contain("holds another message under that id");
        File.Exists($"{_play.Held}/{other.Id}-H").Should().BeTrue();
    }

    [Fact]
    public void A_directory_of_somebody_else_that_cannot_be_written_is_left_alone()
    {
        if (Posix.EffectiveUser != 0) return;
        var pair = SetAside(1, ofItsOwn: true, "a@r.example");
        _play.TryMount(_play.Made("readonly"), "1m").Should().BeTrue();
        var copy = Directory.CreateDirectory($"{_play.Path}/readonly/q").FullName;
        foreach (var file in Directory.EnumerateFiles(pair.Folder)) File.Copy(file, $"{copy}/{Path.GetFileName(file)}");
        using (var mount = System.Diagnostics.Process.Start("mount", ["-o", "remount,ro", $"{_play.Path}/readonly"])) mount.WaitForExit();
        Released(77, $"{copy}/{pair.Id}-H").Error.Should().Contain("cannot be written").And.Contain("copy the pair into a directory of its own");
        EngineRig.Names(_play.Held).Should().BeEmpty();
    }

    [Fact]
    public void Those_Exim_had_delivered_to_get_it_no_more()
    {
        var pair = SetAside(1, ofItsOwn: true, "a@r.example", "b@r.example");
        File.WriteAllText($"{pair.Folder}/{pair.Id}-J", "a@r.example\n");
        Released(0, pair.Path);
        EngineRig.Pairs(_play.Target).Single().Pending.Should().Equal("b@r.example");
        Directory.EnumerateFiles(pair.Folder).Should().BeEmpty();
    }

    [Fact]
    public void A_quarantine_is_listed_with_the_directory_of_each_message_and_shown()
    {
        var (spam, infected) = (SetAside(1, ofItsOwn: false, "a@r.example"), SetAside(2, ofItsOwn: true, "b@r.example"));
        var root = Path.GetFullPath($"{_play.Path}/quarantine");
        File.CreateSymbolicLink($"{root}/20261128", $"{root}/20261130");
        var list = _play.Run("list", "--spool", root);
        (list.ExitCode, list.Error).Should().Be((0, ""));
        list.Output.Should().Contain($"<sender@s.example> -> a@r.example  in {spam.Folder}\n").And.Contain($"-> b@r.example  in {infected.Folder}\n").And.Contain("total: 2 messages");
        _play.Run("list", "--spool", $"{root}/20261130", "--where", "recipient = b@r.example", "--json").Json.EnumerateArray().Should().ContainSingle().Which.GetProperty("directory").GetString().Should().Be(infected.Folder);
        _play.Run("list", "--spool", spam.Folder).Output.Should().NotContain("  in ");
        _play.Run("show", infected.Path).Output.Should().Contain("b@r.example");
    }

    [Fact]
    public void Json_names_the_file()
    {
        var (pair, gone) = (SetAside(1, ofItsOwn: false, "a@r.example"), $"{_play.Path}/quarantine/20261130/spam/1xV009-000477-0i-H");
        var rows = _play.RunConfigured("release", pair.Path, gone, "--yes", "--json").Json;
        rows[0].GetProperty("file").GetString().Should().Be(pair.Path);
        (rows[0].GetProperty("place").GetString(), rows[0].GetProperty("directory").GetString(), rows[0].GetProperty("done").GetBoolean()).Should().Be(("held", _play.Held, true));
        (rows[1].GetProperty("id").GetString(), rows[1].GetProperty("done").GetBoolean()).Should().Be(("1xV009-000477-0i", false));
    }

    private Ran Released(int code, params string[] words)
    {
        var ran = _play.RunConfigured(["release", .. words]);
        ran.ExitCode.Should().Be(code, ran.Output + ran.Error);
        return ran;
    }

    private (string Path, string Folder, string Id) SetAside(int n, bool ofItsOwn, params string[] recipients)
    {
        var id = PairFactory.ShortId(n);
        var folder = _play.Made($"quarantine/20261130/{(ofItsOwn ? id : "spam")}");
        new PairFactory { Id = id, Sender = "sender@s.example", Recipients = recipients }.In(folder);
        return ($"{folder}/{id}-H", folder, id);
    }
}
