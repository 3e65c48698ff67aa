using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Verbs;

/// <summary>retry, hold, release, bounce, delete, redirect and audit as an operator types them, where no worker runs and beside one.</summary>
public sealed class VerbCommandTests : IDisposable
{
    private const string Unknown = "1xVVhu-zzzzzz-00";
    private static readonly string[] Defers = ["--Passes:0=rules", "--Rules:List:0:When=sender", "--Rules:List:0:Then=defer", "--Rules:List:0:Reason=not yet"];
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void A_part_is_released_and_the_others_stay_held()
    {
        var id = Held(1, "a@r.example", "b@r.example", "c@r.example");
        var ran = _play.RunConfigured("release", id, "--recipient", "b@r.example");
        (ran.ExitCode, ran.Error, ran.Output).Should().Be((0, "", $"released {id}: requeued\n"));
        Pending(_play.Target).Should().Equal("b@r.example");
        Pending(_play.Held).Should().Equal("a@r.example", "c@r.example");
        File.ReadAllText($"{_play.Held}/{id}.reason").Should().Contain("because");

        // The target holds the id still.
        var rest = _play.RunConfigured("release", id);
        rest.ExitCode.Should().Be(0, rest.Error);
        rest.Output.Should().StartWith($"released {id}: requeued as ");
        Pending(_play.Target).Should().BeEquivalentTo("a@r.example", "b@r.example", "c@r.example");
        EngineRig.Names(_play.Held).Should().BeEmpty();
        _play.RunConfigured("release", id).ExitCode.Should().Be(66);
    }

    [Fact]
    public void Those_who_stayed_held_stay_so_when_the_pair_was_away_for_a_while()
    {
        var id = Held(1, "a@r.example", "b@r.example");
        _play.RunConfigured("release", id, "--recipient", "a@r.example").ExitCode.Should().Be(0);
        // held/ is on a disk that is not mounted, or an operator has taken the pair out.
        var away = $"{_play.Held}-away";
        Directory.CreateDirectory(away);
        foreach (var file in Directory.EnumerateFiles(_play.Held)) File.Move(file, Path.Combine(away, Path.GetFileName(file)));
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        foreach (var file in Directory.EnumerateFiles(away)) File.Move(file, Path.Combine(_play.Held, Path.GetFileName(file)));
        for (var i = 0; i < 2; i++) _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);

        Pending(_play.Held).Should().Equal("b@r.example");
        _play.RunConfigured("release", id).ExitCode.Should().Be(0);
        Pending(_play.Target).Should().BeEquivalentTo("a@r.example", "b@r.example");
    }

    [Fact]
    public void A_verb_that_was_withdrawn_while_it_was_in_hand_tells_of_what_was_done()
    {
        using var folder = new TempDirectory();
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = folder });
        var row = ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Delete, Intake = "/held", Id = Unknown }]).Single();
        ledger.Verbs.Settle([row with { Result = VerbResult.NotNow, Told = "given up by the command" }]);

        ledger.Commit([], [], null, [row with { Result = VerbResult.Done, Sender = "s@s.example" }]);

        ledger.Verbs.Audit(0, 10).Should().ContainSingle().Which.Should().Match<VerbRow>(r => r.Result == VerbResult.Done && r.Sender == "s@s.example");
        ledger.Verbs.Waiting().Should().BeEmpty();
    }

    [Fact]
    public void A_note_of_many_recipients_is_asked_whole()
    {
        var id = Held(1, [.. Enumerable.Range(0, 300).Select(n => $"recipient{n}@r.example")]);
        File.WriteAllText($"{_play.Held}/{id}.reason", string.Concat(Enumerable.Range(0, 300).Select(n => $"recipient{n}@r.example: rules: newsletter\n")));
        _play.RunConfigured("list", "--held", "--where", "pass = rules and reason = *newsletter*", "--count").Output.Should().Be("1\n");
    }

    [Fact]
    public void Which_pass_holds_is_what_the_record_says_and_the_note_counts_where_there_is_none()
    {
        _ = (_play.Target, _play.Held);
        Pair(1, "a@r.example", "b@r.example").In(_play.Intake);
        // What a stranger, or an operator, wrote may look like a pass.
        string[] rules = ["--Passes:0=rules", "--Rules:List:0:When=sender", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=dcc: bulk"];
        _play.RunConfigured(["run", "--once", .. rules]).ExitCode.Should().Be(0);
        File.WriteAllText($"{_play.Held}/{PairFactory.ShortId(1)}.reason", "a@r.example: dcc: bulk\n");
        _play.RunConfigured("list", "--held", "--where", "pass = rules", "--ids").Output.Should().Be($"{PairFactory.ShortId(1)}\n");
        _play.RunConfigured("list", "--held", "--where", "pass = dcc", "--ids").Output.Should().BeEmpty();
        _play.RunConfigured("delete", "--where", "pass = dcc").ExitCode.Should().Be(66);

        var byHand = Held(2, "a@r.example");
        File.WriteAllText($"{_play.Held}/{byHand}.reason", "a@r.example: dcc: bulk\n");
        _play.RunConfigured("list", "--held", "--where", "pass = dcc and attempt = 1", "--ids").Output.Should().Be($"{byHand}\n");
    }

    [Fact]
    public void A_part_is_deleted_and_the_audit_tells_of_it()
    {
        var id = Held(1, "a@r.example", "b@r.example");
        var ran = _play.RunConfigured("delete", id, "--recipient", "A@R.example", "--reason", "spam, says bob");
        (ran.ExitCode, ran.Error, ran.Output).Should().Be((0, "", $"deleted {id}: deleted\n"));
        Pending(_play.Held).Should().Equal("b@r.example");
        _play.RunConfigured("delete", id).ExitCode.Should().Be(0);
        EngineRig.Names(_play.Held).Should().BeEmpty();
        EngineRig.Names(_play.Target).Should().BeEmpty();

        var rows = _play.RunConfigured("audit", "--json").Json;
        rows.GetArrayLength().Should().Be(2);
        rows[0].GetProperty("verb").GetString().Should().Be("delete");
        rows[0].GetProperty("state").GetString().Should().Be("done");
        rows[0].GetProperty("reason").GetString().Should().Be("spam, says bob");
        rows[0].GetProperty("uid").GetInt64().Should().Be(Posix.EffectiveUser);
        rows[0].GetProperty("recipients")[0].GetProperty("address").GetString().Should().Be("a@r.example");
        rows[0].GetProperty("sender").GetString().Should().Be("sender@s.example");
        rows[0].GetProperty("headers").GetString().Should().Contain("Subject: ");
        _play.RunConfigured("audit", Unknown, "--json").Json.GetArrayLength().Should().Be(0);
        _play.RunConfigured("audit", "--since", "1h").Output.Should().Contain($"delete {id} by ").And.Contain("reason: spam, says bob");
        _play.RunConfigured("audit", "--since", "2999-01-01", "--json").Json.GetArrayLength().Should().Be(0);
        _play.RunConfigured("audit", "--since", "soon").ExitCode.Should().Be(64);
        _play.RunConfigured("audit", "garbage").ExitCode.Should().Be(64);
        _play.RunConfigured("audit", "--where", "recipient = b@* and sender = sender@s.example and reason = '' and state = done", "--json").Json.GetArrayLength().Should().Be(1);
        _play.RunConfigured("audit", "--where", "age > 1h", "--json").Json.GetArrayLength().Should().Be(0);
        _play.RunConfigured("audit", "--where", "h_subject = x").Error.Should().Contain("'h_subject' is not known in the audit");
    }

    [Fact]
    public void What_is_not_there_is_named_in_one_sentence_and_nothing_is_changed()
    {
        var id = Held(1, "a@r.example");
        var before = EngineRig.Names(_play.Held);
        foreach (var (arguments, code, said) in new[]
        {
            (new[] { "release", Unknown }, 66, Unknown),
            (["delete", id, "--recipient", "x@r.example"], 66, "x@r.example"),
            (["delete", id, "--recipient", "a@r.example", "--recipient", "x@r.example"], 66, "x@r.example"),
            (["hold", id], 65, "it is held already"),
            (["bounce", id], 65, "no dsn pass"),
            (["release", "nothing"], 64, "'nothing' is not a message id"),
            (["redirect", id], 64, "no address"),
            (["redirect", "nobody", id], 64, "'nobody' is no address"),
        })
        {
            var ran = _play.RunConfigured(arguments);
            (ran.ExitCode, ran.Output).Should().Be((code, ""), string.Join(' ', arguments) + ran.Error);
            ran.Error.Should().Contain(said).And.MatchRegex("^spoolworker: [^\n]*\n$");
            EngineRig.Names(_play.Held).Should().Equal(before);
            EngineRig.Names(_play.Target).Should().BeEmpty();
        }
    }

    [Fact]
    public void More_than_one_needs_yes_and_the_answer_counts()
    {
        string[] ids = [Held(1, "a@r.example"), Held(2, "a@r.example"), Held(3, "a@r.example")];
        var asked = _play.RunConfigured(["release", .. ids]);
        (asked.ExitCode, asked.Output).Should().Be((64, ""));
        asked.Error.Should().Contain("these are 3 messages: say --yes");
        var dry = _play.RunConfigured(["release", .. ids, "--dry-run"]);
        dry.ExitCode.Should().Be(0);
        dry.Output.Should().Contain(ids[2]).And.Contain("would release 3 of 3 messages");
        EngineRig.Names(_play.Target).Should().BeEmpty();
        _play.RunConfigured("audit", "--json").Json.GetArrayLength().Should().Be(0, "nothing was asked for yet");

        var ran = _play.RunConfigured(["release", .. ids, Unknown, "--yes"]);
        ran.ExitCode.Should().Be(66);
        ran.Output.Should().EndWith("released 3 of 4 messages\n");
        ran.Error.Should().Contain(Unknown);
        EngineRig.Names(_play.Held).Should().BeEmpty();
        EngineRig.Pairs(_play.Target).Should().HaveCount(3);
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("yes\n", true)]
    [InlineData("n\n", false)]
    [InlineData("\n", false)]
    [InlineData("yep\n", false)]
    [InlineData("", false)]
    public void More_than_one_asks_on_a_terminal(string typed, bool isDone)
    {
        string[] ids = [Held(1, "a@r.example"), Held(2, "a@r.example")];
        var ran = _play.RunTyping("[y/N]", typed, ["release", .. ids]);
        ran.Output.Should().Contain("release 2 messages? [y/N] ");
        ran.ExitCode.Should().Be(isDone ? 0 : 64, ran.Output);
        if (isDone) ran.Output.Should().Contain("released 2 of 2 messages");
        else ran.Output.Should().MatchRegex(@"\nspoolworker: nothing is done\r?\n$");
        EngineRig.Names(_play.Held).Length.Should().Be(isDone ? 0 : 6);
        Pending(_play.Target).Should().HaveCount(isDone ? 2 : 0);
    }

    [Fact]
    public void One_alone_and_what_is_said_yes_to_do_not_ask()
    {
        string[] ids = [Held(1, "a@r.example"), Held(2, "a@r.example"), Held(3, "a@r.example")];
        _play.RunOnTerminal("release", ids[0]).Output.Should().Contain($"released {ids[0]}").And.NotContain("[y/N]");
        _play.RunOnTerminal("release", ids[1], ids[2], "--yes").Output.Should().Contain("released 2 of 2 messages").And.NotContain("[y/N]");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deferred_mail_is_held_retried_released_redirected_and_deleted(bool worker)
    {
        foreach (var n in Enumerable.Range(1, 6)) Pair(n, "a@r.example", "b@r.example").In(_play.Intake);
        _ = (_play.Target, _play.Held);
        if (worker)
        {
            _play.StartConfigured(["run", .. Defers]);
            await EngineRig.UntilAsync(() => _play.RunConfigured("list", "--json").Json.EnumerateArray().Count(m => m.GetProperty("state").GetString() == "deferred") == 6, "all are deferred");
        }
        else _play.RunConfigured(["run", "--once", .. Defers]).ExitCode.Should().Be(0);
        string Id(int n) => PairFactory.ShortId(n);

        Ran(0, "retry", Id(1)).Output.Should().Be($"retried {Id(1)}: deferred: not yet\n");
        Ran(0, "hold", Id(2), "--recipient", "a@r.example", "--reason", "asked").Output.Should().Be($"held {Id(2)}: held\n");
        Ran(0, "release", Id(3)).Output.Should().Be($"released {Id(3)}: requeued, rules would have deferred it: not yet\n");
        Ran(0, "redirect", "c@r.example", Id(4), "--recipient", "b@r.example").Output.Should().Be($"redirected {Id(4)}: requeued, rules would have deferred it: not yet\n");
        Ran(0, "delete", Id(5), "--recipient", "a@r.example").Output.Should().Be($"deleted {Id(5)}: deleted\n");
        Ran(0, "delete", Id(6)).Output.Should().Be($"deleted {Id(6)}: deleted\n");

        await EngineRig.UntilAsync(() => EngineRig.Names(_play.Intake).Length == 8, "two are gone");
        EngineRig.Pairs(_play.Target).Select(p => (p.Id.ToString(), string.Join(' ', p.Pending))).Should().Equal((Id(3), "a@r.example b@r.example"), (Id(4), "c@r.example"));
        EngineRig.Pairs(_play.Held).Select(p => (p.Id.ToString(), string.Join(' ', p.Pending))).Should().Equal((Id(2), "a@r.example"));
        File.ReadAllText($"{_play.Held}/{Id(2)}.reason").Should().MatchRegex("a@r.example: held by .*: asked");
        // Those the verbs were not for wait as before.
        foreach (var n in new[] { 1, 2, 4, 5 })
        {
            var shown = _play.RunConfigured("show", Id(n), "--json").Json.EnumerateArray().Single(m => m.GetProperty("place").GetString() == "intake");
            shown.GetProperty("ledger").EnumerateArray().Should().ContainSingle(r => r.GetProperty("intake").GetString() == _play.Intake).Which.GetProperty("deferred").GetProperty("reason").GetString().Should().Be("not yet");
        }

        Ran Ran(int code, params string[] arguments)
        {
            var ran = _play.RunConfigured([.. arguments, .. Defers]);
            (ran.ExitCode, ran.Error).Should().Be((code, ""), string.Join(' ', arguments));
            return ran;
        }
    }

    [Fact]
    public void Mail_that_waits_in_an_intake_is_taken_only_when_that_is_said_and_the_target_is_read_only()
    {
        var waits = Pair(1, "a@r.example", "b@r.example").In(_play.Intake).Id;
        var requeued = Pair(2, "a@r.example").In(_play.Target).Id;
        _ = _play.Held;
        var refused = _play.RunConfigured("delete", waits);
        (refused.ExitCode, refused.Error).Should().Be((65, $"spoolworker: {waits} waits in its intake and no pass has deferred it; --intake takes it all the same\n"));
        var target = _play.RunConfigured("delete", requeued, "--intake");
        target.ExitCode.Should().Be(66);
        target.Error.Should().Contain("lies in the target");
        _play.RunConfigured("delete", waits, "--intake", "--recipient", "a@r.example").ExitCode.Should().Be(0);

        // The other goes its way.
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Names(_play.Intake).Should().BeEmpty();
        EngineRig.Pairs(_play.Target).Single(p => p.Id.ToString() == waits).Pending.Should().Equal("b@r.example");
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("hold")]
    public void A_verb_for_a_part_of_what_waits_leaves_the_rest_to_the_passes(string verb)
    {
        var waits = Pair(1, "a@r.example", "b@r.example").In(_play.Intake).Id;
        _ = (_play.Target, _play.Held);
        var ran = _play.RunConfigured([verb, waits, "--intake", "--recipient", "a@r.example", .. Defers]);
        (ran.ExitCode, ran.Error).Should().Be((0, ""));
        EngineRig.Pairs(_play.Target).Should().BeEmpty("the command asks no pass, and lets nothing go that none has judged");
        EngineRig.Pairs(_play.Intake).Should().ContainSingle();
        _play.RunConfigured(["run", "--once", .. Defers]).ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Target).Should().BeEmpty();
        EngineRig.Pairs(_play.Intake).Should().ContainSingle("rules defer it");
    }

    [Fact]
    public void What_is_held_is_judged_again_and_stays_or_goes()
    {
        var id = Held(1, "a@r.example", "b@r.example");
        string[] rule = ["--Passes:0=rules", "--Rules:List:0:When=recipient=b@*", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=not b"];
        _play.RunConfigured(["retry", id, .. rule]).Output.Should().Be($"retried {id}: requeued\n");
        Pending(_play.Target).Should().Equal("a@r.example");
        Pending(_play.Held).Should().Equal("b@r.example");
        var again = _play.RunConfigured(["retry", id, .. rule]);
        (again.ExitCode, again.Output).Should().Be((0, $"retried {id}: judged again, and stays held: rules: not b\n"));
        Pending(_play.Held).Should().Equal("b@r.example");
    }

    [Fact]
    public void A_bounce_is_composed_by_dsn_and_one_that_may_not_be_sent_changes_nothing()
    {
        string[] dsn = ["--Passes:0=dsn", "--Dsn:ReportingMta=mx.example.org"];
        var id = Held(1, "a@r.example", "b@r.example");
        var ran = _play.RunConfigured(["bounce", id, "--recipient", "a@r.example", "--reason", "no such project", .. dsn]);
        (ran.ExitCode, ran.Error).Should().Be((0, ""));
        ran.Output.Should().StartWith($"bounced {id}: bounced as ");
        var notice = EngineRig.Pairs(_play.Target).Should().ContainSingle().Subject;
        (notice.Header.IsNullSender, string.Join(' ', notice.Pending)).Should().Be((true, "sender@s.example"));
        Samples.Text(notice.Body).Should().Contain("no such project").And.Contain("a@r.example").And.NotContain("b@r.example");
        Pending(_play.Held).Should().Equal("b@r.example");

        var silent = Pair(2, "a@r.example") with { Sender = "" };
        silent.In(_play.Held);
        var refused = _play.RunConfigured(["bounce", silent.Id, .. dsn]);
        (refused.ExitCode, refused.Output).Should().Be((65, ""));
        refused.Error.Should().Contain("not bounced: ");
        File.Exists($"{_play.Held}/{silent.Id}-H").Should().BeTrue();
    }

    [Fact]
    public async Task Two_operators_at_the_same_message_both_get_an_answer()
    {
        foreach (var worker in new[] { false, true })
        {
            if (worker) _play.StartConfigured("run");
            var id = Held(worker ? 1 : 2, "a@r.example", "b@r.example");
            var all = await Task.WhenAll(new[] { "release", "delete", "release", "delete" }.Select(verb => Task.Run(() => _play.RunConfigured(verb, id, "--yes"))));
            all.Count(r => r.ExitCode == 0).Should().Be(1, string.Join("\n", all.Select(r => r.Output + r.Error)));
            all.Where(r => r.ExitCode != 0).Should().OnlyContain(r => r.ExitCode == 66);
            var went = all.Single(r => r.ExitCode == 0).Output.StartsWith("released", StringComparison.Ordinal);
            EngineRig.Pairs(_play.Target).Count(p => p.Id.ToString() == id).Should().Be(went ? 1 : 0);
            await EngineRig.UntilAsync(() => EngineRig.Names(_play.Held).Length == 0, "held/ is empty");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task As_is_names_the_passes_it_goes_without_also_where_no_worker_runs(bool worker)
    {
        // dsn is no step that a message goes through, and of what comes behind who held it there is clamd.
        string[] passes = ["--Passes:0=dsn", "--Passes:1=rules", "--Passes:2=clamd", "--Dsn:ReportingMta=mx.example.org", $"--Clamd:Address:0={_play.Path}/nobody",
            "--Rules:List:0:When=recipient = a@r.example", "--Rules:List:0:Then=hold"];
        _ = (_play.Target, _play.Held);
        Pair(1, "a@r.example").In(_play.Intake);
        Pair(2, "b@r.example").In(_play.Intake);
        _play.RunConfigured(["run", "--once", .. passes]);
        if (worker)
        {
            var process = _play.StartConfigured(["run", .. passes]);
            await EngineRig.UntilAsync(() => Posix.TryStatus(_play.Intake, out var status) == 0 && Posix.FlockHolder(status.Inode) == process.Id, "the worker has locked its intake");
        }

        var held = _play.RunConfigured(["release", "--as-is", PairFactory.ShortId(1), .. passes]);
        (held.ExitCode, held.Error, held.Output).Should().Be((0, "", $"released {PairFactory.ShortId(1)}: requeued, without clamd\n"));
        var deferred = _play.RunConfigured(["redirect", "--as-is", "c@r.example", PairFactory.ShortId(2), .. passes]);
        (deferred.ExitCode, deferred.Error, deferred.Output).Should().Be((0, "", $"redirected {PairFactory.ShortId(2)}: requeued, without rules, clamd\n"));
    }

    [Fact]
    public void A_full_audit_refuses_deletions_and_nothing_else()
    {
        var id = Held(1, "a@r.example", "b@r.example");
        var large = Held(2, [.. Enumerable.Range(0, 3000).Select(n => $"recipient{n}@some-domain.example")]);
        string[] small = ["--Audit:MaxBytes=65536"];
        var refused = _play.RunConfigured(["delete", large, .. small]);
        refused.ExitCode.Should().Be(75, refused.Output);
        refused.Error.Should().Contain("the audit is full (Audit:MaxBytes)");
        _play.RunConfigured(["release", large, .. small]).ExitCode.Should().Be(0);
        _play.RunConfigured(["delete", id, .. small]).ExitCode.Should().Be(0);
    }

    [Fact]
    public void A_condition_chooses_among_what_is_held_and_deferred()
    {
        foreach (var n in new[] { 1, 2, 3 }) Held(n, $"r{n}@r.example", "b@r.example");
        Pair(4, "a@r.example").In(_play.Intake);
        var fault = _play.RunConfigured("delete", "--where", "sendr = x");
        (fault.ExitCode, fault.Output).Should().Be((64, ""));
        fault.Error.Should().Contain("'sendr' is no name; did you mean sender");
        _play.RunConfigured("delete", "--where", "recipient = none@r.example").ExitCode.Should().Be(66);
        _play.RunConfigured("delete", "--where", "recipient = none@r.example", "--dry-run").ExitCode.Should().Be(66);
        _play.RunConfigured("delete", "--where", "sender", "--yes", "--recipient", "none@r.example").Error.Should().Contain("none@r.example").And.Contain("nothing is done");
        _play.RunConfigured("delete", "--where", "sender").ExitCode.Should().Be(64, "they are three");
        _play.RunConfigured("release", "--where", "recipient = r1@r.example").Output.Should().Be($"released {PairFactory.ShortId(1)}: requeued\n");
        var ran = _play.RunConfigured("delete", "--where", "reason = because", "--yes");
        (ran.ExitCode, ran.Error).Should().Be((0, ""));
        ran.Output.Should().EndWith("deleted 2 of 2 messages\n");
        EngineRig.Names(_play.Held).Should().BeEmpty();
        EngineRig.Pairs(_play.Intake).Should().ContainSingle("it waits, and was not meant");
        Held(5, "a@r.example");
        _play.RunConfigured("hold", "--where", "sender", "--intake").Output.Should().Be($"held {PairFactory.ShortId(4)}: held\n", "the other is held already");
    }

    // A verb waits some seconds for a body that may be on its way; one that nobody will bring any more it waited for each time, for ever.
    [Theory]
    [InlineData("retry")]
    [InlineData("release")]
    [InlineData("redirect", "c@r.example")]
    [InlineData("bounce", "--Passes:0=dsn")]
    [InlineData("delete")]
    public void What_has_lost_its_body_is_put_aside_and_the_answer_says_what_is_missing(string verb, params string[] more)
    {
        var id = Held(1, "a@r.example");
        var body = File.ReadAllBytes($"{_play.Held}/{id}-D");
        File.Delete($"{_play.Held}/{id}-D");
        File.SetLastWriteTimeUtc($"{_play.Held}/{id}-H", DateTime.UtcNow - TimeSpan.FromDays(2));

        var ran = _play.RunConfigured([verb, .. more, id]);
        ran.ExitCode.Should().Be(65, ran.Error);
        ran.Error.Should().Contain($"{id}: it cannot be read in {_play.Held}: {id}-D is missing").And.Contain($"moved to {_play.Corrupt}/{id}-*").And.Contain("put back");
        EngineRig.Names(_play.Held).Should().NotContain(n => n.EndsWith("-H", StringComparison.Ordinal));
        EngineRig.Names(_play.Target).Should().BeEmpty();

        File.Move($"{_play.Corrupt}/{id}-H", $"{_play.Held}/{id}-H");
        File.WriteAllBytes($"{_play.Held}/{id}-D", body);
        _play.RunConfigured("release", id).ExitCode.Should().Be(0, "it is put right");
        Pending(_play.Target).Should().Equal("a@r.example");
    }

    [Fact]
    public void A_body_that_may_be_on_its_way_is_waited_for()
    {
        var id = Held(1, "a@r.example");
        File.Delete($"{_play.Held}/{id}-D");
        var ran = _play.RunConfigured("release", id);
        (ran.ExitCode, ran.Output).Should().Be((75, ""));
        ran.Error.Should().Contain("half written; try again");
        File.Exists($"{_play.Held}/{id}-H").Should().BeTrue();
    }

    [Theory]
    [InlineData("release")]
    [InlineData("redirect", "c@r.example")]
    [InlineData("bounce", "--Passes:0=dsn")]
    [InlineData("delete")]
    public void What_the_worker_may_not_touch_is_told_by_77(string verb, params string[] more)
    {
        var id = Held(1, "a@r.example");
        if (Posix.EffectiveUser == 0) foreach (var path in new[] { _play.Path, _play.Intake, _play.Target, _play.Held, $"{_play.Held}/{id}-H", $"{_play.Held}/{id}-D" }) Playground.Give(path, Playground.Nobody);
        File.SetUnixFileMode($"{_play.Held}/{id}-D", UnixFileMode.None);

        var ran = _play.RunAsNobody(Playground.Nobody, [verb, .. more, id]);

        ran.ExitCode.Should().Be(77, ran.Error);
        ran.Error.Should().Contain($"{_play.Held}/{id}-D").And.Contain("ermission denied");
        (File.Exists($"{_play.Held}/{id}-H"), EngineRig.Names(_play.Target).Length).Should().Be((true, 0));
        File.SetUnixFileMode($"{_play.Held}/{id}-D", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _play.RunAsNobody(Playground.Nobody, "release", id).ExitCode.Should().Be(0);
    }

    private static PairFactory Pair(int n, params string[] recipients) => new() { Id = PairFactory.ShortId(n), Sender = "sender@s.example", Recipients = recipients };

    private string Held(int n, params string[] recipients)
    {
        _ = (_play.Target, _play.Intake);
        var pair = Pair(n, recipients).In(_play.Held);
        File.WriteAllText($"{_play.Held}/{pair.Id}.reason", "because\n");
        return pair.Id;
    }

    private static IEnumerable<string> Pending(string directory) => EngineRig.Pairs(directory).SelectMany(p => p.Pending);
}
