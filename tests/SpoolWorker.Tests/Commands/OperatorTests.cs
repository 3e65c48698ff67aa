using SpoolWorker.Engine.Commit;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>show, release, check-config.</summary>
public sealed class OperatorTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Show_tells_envelope_recipients_and_headers_of_a_file()
    {
        var id = Playground.Put(Playground.Valid("4.96-nonrecipients-tree-after-delivery"), _play.Intake);
        File.WriteAllText($"{_play.Intake}/{id.JournalName}", "bob@r.example\n");
        var ran = _play.Run("show", $"{_play.Intake}/{id.HeaderName}");
        ran.ExitCode.Should().Be(0);
        ran.Output.Should().Contain("<alice@sender.example>").And.Contain("alpha@r.example  done (non-recipients)").And.Contain("bob@r.example  done (journal)")
            .And.Contain("--helo_name client.test.example").And.Contain("Subject: sample").And.Contain("locked      no");
        _play.LeftInWorkingDirectory().Should().BeEmpty();
    }

    [Fact]
    public void Show_finds_an_id_in_every_place_and_knows_what_the_ledger_says()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        var ran = _play.RunConfigured("show", id.ToString(), "--json");
        ran.ExitCode.Should().Be(0);
        ran.Json.GetArrayLength().Should().Be(1);
        ran.Json[0].GetProperty("place").GetString().Should().Be("target");
        var recipient = ran.Json[0].GetProperty("recipients")[0];
        (recipient.GetProperty("state").GetString(), recipient.GetProperty("source").GetString(), recipient.GetProperty("outcome").GetString()).Should().Be(("settled", "ledger", $"requeued {id}"));
        _play.RunConfigured("show", "1xVVhu-zzzzzz-00").ExitCode.Should().Be(66);
        _play.RunConfigured("show", "nothing").ExitCode.Should().Be(64);
    }

    [Fact]
    public void Show_escapes_what_a_terminal_would_obey_and_points_at_what_is_broken()
    {
        var (bytes, id) = Samples.HeaderFile(Playground.Valid("4.96-plain"));
        var text = Samples.Text(bytes);
        var hostile = $"{_play.Intake}/{id.HeaderName}";
        File.WriteAllBytes(hostile, Samples.Bytes(text.Replace("<alice@sender.example>\n", "<al\u001b]0;x\u0007\u009bice>\n", StringComparison.Ordinal)));
        _play.Run("show", hostile).Output.Should().Contain(@"<al\x1b]0;x\x07\x9bice>").And.NotContain("\u001b");
        File.WriteAllBytes(hostile, bytes.AsSpan(0, 200));
        var broken = _play.Run("show", hostile);
        broken.ExitCode.Should().Be(65);
        broken.Output.Should().Contain("truncated at offset 200").And.Contain("^^ offset 200");
        _play.Run("show", hostile, "--json").Json[0].GetProperty("error").GetProperty("offset").GetInt32().Should().Be(200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Release_requeues_a_held_pair_also_beside_a_running_worker(bool worker)
    {
        var id = Playground.Put(Playground.Valid("4.96-nonrecipients-tree-after-delivery"), _play.Held);
        File.WriteAllText($"{_play.Held}/{id}.reason", "because\n");
        if (worker) await Runs(_play.StartConfigured("run"));
        var ran = _play.RunConfigured("release", id.ToString());
        ran.Error.Should().BeEmpty();
        ran.ExitCode.Should().Be(0);
        ran.Output.Should().Be($"released {id}: requeued\n");
        // The worker tells of it first, and removes what is left behind that.
        await EngineRig.UntilAsync(() => !Directory.EnumerateFiles(_play.Held).Any(), "held/ is empty");
        var requeued = Samples.Read(File.ReadAllBytes($"{_play.Target}/{id.HeaderName}"), id);
        requeued.Pending.Select(r => Samples.Text(r.Address)).Should().Equal("bob@r.example");
        File.Exists($"{_play.Target}/{id.BodyName}").Should().BeTrue();
        _play.RunConfigured("release", id.ToString()).ExitCode.Should().Be(66);
    }

    [Fact]
    public void Release_takes_another_message_under_a_released_id_and_a_new_id_where_the_old_is_taken()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        _play.RunConfigured("release", id.ToString()).ExitCode.Should().Be(0);
        var again = Playground.Put(Playground.Valid("4.96-frozen-plain"), _play.Held);
        again.Should().Be(id);
        // Another size, as many lines as -H counts.
        File.WriteAllText($"{_play.Held}/{id.BodyName}", File.ReadAllText($"{_play.Held}/{id.BodyName}").TrimEnd() + " and more\n");
        var ran = _play.RunConfigured("release", id.ToString(), "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        var renewed = ran.Json[0].GetProperty("newId").GetString();
        renewed.Should().NotBe(id.ToString());
        Samples.Read(File.ReadAllBytes($"{_play.Target}/{renewed}-H")).IsFrozen.Should().BeFalse();
    }

    [Theory]
    [InlineData("recorded")]
    [InlineData("renamed")]
    [InlineData("committed")]
    [InlineData("header-removed")]
    [InlineData("removed")]
    public void A_release_that_died_is_finished_by_the_same_command_and_by_the_next_start(string step)
    {
        foreach (var start in new[] { true, false })
        {
            using var play = new Playground();
            var id = Playground.Put(Playground.Valid("4.96-plain"), play.Held);
            File.WriteAllText($"{play.Held}/{id}.reason", "because\n");
            _ = play.Intake;
            play.RunKilled($"{step}:1", "release", id.ToString()).ExitCode.Should().Be(137);
            var again = start ? play.RunConfigured("run", "--once") : play.RunConfigured("release", id.ToString());
            again.ExitCode.Should().Be(start ? 0 : 66, again.Error);
            // Nothing is left in held/ where the command finds nothing any more; then a start tidies up.
            if (!start) play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
            Directory.EnumerateFiles(play.Held).Should().BeEmpty();
            Directory.EnumerateFiles(play.Target).Select(f => Path.GetFileName(f)).Should().BeEquivalentTo(id.HeaderName, id.BodyName);
            var late = play.RunConfigured("release", id.ToString());
            late.ExitCode.Should().Be(66);
            late.Error.Should().Contain($"it was released before (requeued {id})");
        }
    }

    [Fact]
    public async Task Of_releases_at_the_same_time_one_releases_and_the_others_say_so()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        _ = (_play.Target, _play.Corrupt, _play.RunConfigured("list", "--held"));
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _play.RunConfigured("release", id.ToString()))));
        all.Count(r => r.ExitCode == 0).Should().Be(1, string.Join("\n", all.Select(r => r.Error)));
        all.Where(r => r.ExitCode != 0).Should().OnlyContain(r => r.ExitCode == 66 && r.Error.Contains("released before"));
        Directory.EnumerateFiles(_play.Target, "*-H").Should().ContainSingle();
        Directory.EnumerateFiles(_play.Corrupt).Should().BeEmpty();
    }

    [Fact]
    public void Json_escapes_what_a_terminal_would_obey_and_keeps_the_string()
    {
        var (bytes, id) = Samples.HeaderFile(Playground.Valid("4.96-plain"));
        var sender = "al\u009b2J\u202eice\u00e9@sender.example";
        var text = Samples.Text(bytes).Replace("\n<alice@sender.example>\n", $"\n<{Samples.Text(System.Text.Encoding.UTF8.GetBytes(sender))}>\n", StringComparison.Ordinal);
        File.WriteAllBytes($"{_play.Intake}/{id.HeaderName}", Samples.Bytes(text));
        File.WriteAllText($"{_play.Intake}/{id.BodyName}", $"{id.BodyName}\nx\n");
        foreach (var ran in new[] { _play.Run("show", $"{_play.Intake}/{id.HeaderName}", "--json"), _play.Run("list", "--spool", _play.Intake, "--json") })
        {
            ran.Output.Should().Contain("\\u009b2J\\u202eice\u00e9@sender.example").And.NotContain("\u202e").And.NotContain("\u009b");
            ran.Json[0].GetProperty("sender").GetString().Should().Be(sender);
        }
    }

    [Fact]
    public void Release_puts_a_broken_pair_into_corrupt()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        File.WriteAllText($"{_play.Held}/{id.HeaderName}", "broken");
        _play.RunConfigured("release", id.ToString()).ExitCode.Should().Be(65);
        File.Exists($"{_play.Corrupt}/{id}.reason").Should().BeTrue();
    }

    [Fact]
    public async Task Release_goes_on_beside_its_own_worker_and_not_beside_a_stranger()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        var second = Playground.Put(Playground.Valid("4.99-plain"), _play.Held);
        var worker = _play.StartConfigured("run");
        await Runs(worker);

        using (var folder = Posix.OpenDirectory(_play.Held))
        {
            Posix.TryFlock(folder).Should().Be(0);
            var refused = _play.RunConfigured("release", second.ToString());
            refused.ExitCode.Should().Be(75, refused.Error);
            refused.Error.Should().Contain($"process {Environment.ProcessId}");
        }
        _play.RunConfigured("release", id.ToString()).ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task A_second_worker_names_the_one_that_takes_from_the_intake()
    {
        var worker = _play.StartConfigured("run");
        await Runs(worker);

        var refused = _play.Run(["run", "--once", .. _play.Settings.Where(s => !s.StartsWith("--Ledger:Path", StringComparison.Ordinal)), $"--Ledger:Path={_play.Path}/ledger2"]);
        var check = _play.Run(["check-config", "--json", .. _play.Settings.Where(s => !s.StartsWith("--Ledger:Path", StringComparison.Ordinal)), $"--Ledger:Path={_play.Path}/ledger2"]);

        refused.ExitCode.Should().Be(75, refused.Error);
        refused.Error.Should().NotContain("   at ", "a refusal is a sentence, not a stack");
        refused.Error.Should().Contain($"intake {_play.Intake}: another worker takes from it: process {worker.Id} (").And.Contain($"ledger {_play.Path}/ledger.");
        check.Output.Should().Contain($"another worker takes from {_play.Intake}: process {worker.Id} (");
    }

    [Fact]
    public void A_queuefile_intake_that_links_into_the_target_is_refused()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Target);
        Posix.TryLink($"{_play.Target}/{id.BodyName}", $"{_play.Intake}/{id.BodyName}").Should().Be(0);
        // The last setting counts.
        var ran = _play.Run(["run", "--once", .. _play.Settings, "--Intakes:0:Kind=queuefile"]);
        ran.ExitCode.Should().Be(78, ran.Error);
        ran.Error.Should().Contain("is filled from the target's own spool").And.Contain("a target spool of its own");
        _play.Run(["check-config", "--json", .. _play.Settings, "--Intakes:0:Kind=queuefile"]).Json.GetProperty("findings").EnumerateArray()
            .Select(f => f.GetProperty("text").GetString()).Should().Contain(t => t!.Contains("is filled from the target's own spool"));
        File.Exists($"{_play.Intake}/{id.BodyName}").Should().BeTrue();
    }

    [Theory]
    [InlineData("D")]
    [InlineData("H")]
    public void What_cannot_be_moved_to_corrupt_is_told_by_the_exit_code(string suffix)
    {
        var id = Engine.PairFactory.ShortId(1);
        var path = $"{_play.Intake}/{id}-{suffix}";
        File.WriteAllText(path, $"{id}-{suffix}\n");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-1));
        File.WriteAllText($"{_play.Path}/file", "");
        string[] settings = [.. _play.Settings, "--Intakes:0:Kind=queuefile", "--Engine:IncompleteAfter=0s", $"--Corrupt:Path={_play.Path}/file/corrupt"];

        var ran = _play.Run(["run", "--once", .. settings]);

        ran.ExitCode.Should().Be(75, ran.Error);
        ran.Error.Should().Contain(id).And.Contain($"cannot be moved to {_play.Path}/file/corrupt");
        File.Exists(path).Should().BeTrue();
        _play.Run(["run", "--once", .. settings, $"--Corrupt:Path={_play.Corrupt}"]).ExitCode.Should().Be(0);
        File.Exists(path).Should().BeFalse();
    }

    [Fact]
    public void A_link_into_the_target_that_a_power_cut_left_without_its_header_does_not_keep_the_worker_from_starting()
    {
        // The worker had linked -D; the name of the staged -H was not yet durable, and no ledger knows of it.
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        Posix.TryLink($"{_play.Intake}/{id.BodyName}", $"{_play.Target}/{id.BodyName}").Should().Be(0);
        var ran = _play.Run(["run", "--once", .. _play.Settings, "--Intakes:0:Kind=queuefile"]);
        ran.ExitCode.Should().Be(0, ran.Error);
        Directory.GetFiles(_play.Intake).Should().BeEmpty();
        Directory.GetFiles(_play.Target, "*-H").Should().ContainSingle();
    }

    [Fact]
    public void Check_config_explains_an_exim_that_has_taken_no_message_yet()
    {
        Directory.CreateDirectory($"{_play.Path}/in");
        Directory.CreateDirectory($"{_play.Path}/out/db");
        var ran = _play.Run(["check-config", "--json", .. _play.Settings, $"--Intakes:0:Path={_play.Path}/in", $"--Intakes:1:Path={_play.Path}/in/scan", "--Intakes:1:Kind=named-queue", $"--Target:Path={_play.Path}/out"]);

        ran.ExitCode.Should().Be(0, ran.Output);
        ran.Output.Should().Contain($"{_play.Path}/in/input is not there yet: Exim makes it with its first message").And.Contain($"{_play.Path}/in/scan/input is not there yet")
            .And.Contain($"{_play.Path}/out/input is not there yet: this Exim has taken no message so far; the worker makes it");
        Directory.Exists($"{_play.Path}/out/input").Should().BeFalse("a check changes nothing");
    }

    [Fact]
    public void Pairs_in_what_should_be_a_spool_directory_are_a_fault()
    {
        Playground.Put(Playground.Valid("4.96-plain"), _play.Made("pairs"));
        var ran = _play.Run(["run", "--once", .. _play.Settings, $"--Intakes:0:Path={_play.Path}/pairs"]);

        ran.ExitCode.Should().Be(78);
        ran.Error.Should().Contain("pairs lie in this directory itself");
    }

    [Fact]
    public void A_group_may_look_at_what_is_held()
    {
        if (Posix.EffectiveUser != 0) return;
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _ = _play.Target;
        var ran = _play.RunConfigured("run", "--once", "--Held:Group=65534", "--Passes:0=rules", "--Rules:List:0:When=sender", "--Rules:List:0:Then=hold");
        ran.ExitCode.Should().Be(0, ran.Error);
        foreach (var name in new[] { "", $"/{id.HeaderName}", $"/{id.BodyName}", $"/{id}.reason" })
        {
            Posix.TryStatus(_play.Held + name, out var status).Should().Be(0, name);
            status.Gid.Should().Be(65534u, name);
            (status.Permissions & 0b111).Should().Be(name.Length == 0 ? status.Permissions & 0b111 : 0u, "others may not");
            (status.Permissions & 0b100_000).Should().Be(0b100_000u, name);
        }
        _play.RunConfigured("run", "--once", "--Held:Group=no-such-group").Error.Should().Contain("Held:Group = 'no-such-group': no such group");
        // Without the rules that held it no pass is known to go on behind.
        _play.RunConfigured("release", id.ToString()).ExitCode.Should().Be(65);
        _play.RunConfigured("release", id.ToString(), "--as-is").ExitCode.Should().Be(0);
    }

    [Fact]
    public void Check_config_names_faults_and_findings_with_their_cures()
    {
        _ = (_play.Intake, _play.Target, _play.Made("spool/msglog"));
        var good = _play.RunConfigured("check-config", "--json");
        good.ExitCode.Should().Be(0, good.Output);
        good.Json.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("severity").GetString()).Should().NotContain("error").And.Contain("ok");

        File.WriteAllText($"{_play.Target}/hdr.1xVVht-000477-0i.abcdefgh", "x");
        var bad = _play.RunConfigured("check-config", "--Engine:Workers=257", "--Intakes:1:Path=/nonexistent", "--Target:Wake=exec", "--Target:Exim=/nonexistent/exim");
        bad.ExitCode.Should().Be(78);
        bad.Output.Should().Contain("Engine:Workers").And.Contain("/nonexistent is not there").And.Contain("staged file").And.Contain("-> ");
    }

    private Task Runs(System.Diagnostics.Process worker) =>
        EngineRig.UntilAsync(() => Posix.TryStatus(_play.Intake, out var status) == 0 && Posix.FlockHolder(status.Inode) == worker.Id, "the worker has locked its intake");
}
