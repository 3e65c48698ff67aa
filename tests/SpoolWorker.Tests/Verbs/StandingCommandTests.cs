using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>hold --new as an operator types it, where no worker runs and beside one.</summary>
public sealed class StandingCommandTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Made_listed_and_removed_where_no_worker_runs()
    {
        _ = (_play.Target, _play.Held);
        var made = _play.RunConfigured("hold", "--new", "--where", "sender_domain = spam.example", "--for", "2h", "--reason", "a flood");
        (made.ExitCode, made.Error).Should().Be((0, ""));
        made.Output.Should().MatchRegex("^standing hold 1: sender_domain = spam.example, until [-0-9]+ [:0-9]+; no worker runs: from its next start on\n$");
        var second = _play.RunConfigured("hold", "--new", "--where", "recipient = x@r.example", "--reason", "asked by x", "--json");
        second.ExitCode.Should().Be(0, second.Error);
        second.Json[0].GetProperty("number").GetInt64().Should().Be(2);
        second.Json[0].TryGetProperty("ends", out _).Should().BeFalse();

        var list = _play.RunConfigured("hold", "--new", "--list");
        list.ExitCode.Should().Be(0, list.Error);
        list.Output.Should().MatchRegex(@"^1 by .* \(\d+\) since .*, until .*\n  where: sender_domain = spam.example\n  reason: a flood\n2 by .* since [^,]*\n  where: recipient = x@r.example\n  reason: asked by x\n$");
        var rows = _play.RunConfigured("hold", "--new", "--list", "--jsonl").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        rows.Should().HaveCount(2);
        rows[0].Should().Contain("\"condition\":\"sender_domain = spam.example\"").And.Contain("\"ended\":false").And.Contain("\"ends\":");
        var status = _play.RunConfigured("status", "--Control:Socket=", "--json").Json.GetProperty("holds");
        status.EnumerateArray().Select(h => h.GetProperty("reason").GetString()).Should().Equal("a flood", "asked by x");
        _play.RunConfigured("status", "--Control:Socket=").Output.Should().Contain("HELD WHEN IT COMES").And.Contain("recipient = x@r.example (asked by x)");

        new PairFactory { Id = PairFactory.ShortId(1), Sender = "a@spam.example" }.In(_play.Intake);
        new PairFactory { Id = PairFactory.ShortId(2), Sender = "a@s.example" }.In(_play.Intake);
        var ran = _play.RunConfigured("run", "--once");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Error.Should().Contain("standing hold 1 is in force").And.Contain("standing hold 2 is in force");
        EngineRig.Pairs(_play.Held).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(1));
        _play.RunConfigured("list", "--held", "--where", "reason = *a?flood* or reason = '*standing hold 1*'", "--count").Output.Should().Be("1\n");

        _play.RunConfigured("hold", "--new", "--remove", "1", "--reason", "it is over").Output.Should().Be("removed standing hold 1: sender_domain = spam.example; no worker runs: from its next start on\n");
        _play.RunConfigured("hold", "--new", "--list").Output.Should().StartWith("2 by ");
        var gone = _play.RunConfigured("hold", "--new", "--remove", "1");
        (gone.ExitCode, gone.Output, gone.Error).Should().Be((66, "", "spoolworker: there is no standing hold 1; see: spoolworker hold --new --list\n"));

        var audit = _play.RunConfigured("audit", "--json").Json.EnumerateArray().ToList();
        audit.Select(r => (r.GetProperty("verb").GetString(), r.GetProperty("standing").GetInt64())).Should().Equal(("hold-new", 1), ("hold-new", 2), ("hold", 1), ("hold-end", 1));
        audit[0].TryGetProperty("id", out _).Should().BeFalse();
        audit[3].GetProperty("reason").GetString().Should().Be("it is over");
        _play.RunConfigured("audit").Output.Should().Contain($" hold {PairFactory.ShortId(1)} by ").And.Contain("held, by standing hold 1").And.Contain(" hold-end by ");
        // Of a message the audit tells what is about it alone.
        _play.RunConfigured("audit", PairFactory.ShortId(1), "--json").Json.GetArrayLength().Should().Be(1);
    }

    [Fact]
    public async Task A_running_worker_takes_it_up_before_the_command_ends()
    {
        _ = (_play.Target, _play.Held, _play.Intake);
        // Nothing comes of the clock: only the command's sign can tell it.
        _play.StartConfigured("run", "--Schedule:Scan=1h", "--Schedule:Retry=1h");
        await EngineRig.UntilAsync(() => _play.RunConfigured("status", "--Control:Socket=").Output.Contains("process", StringComparison.Ordinal) || File.Exists($"{_play.Path}/ledger/lock"), "it runs");
        var made = _play.RunConfigured("hold", "--new", "--where", "sender_domain = spam.example", "--reason", "a flood");
        (made.ExitCode, made.Error, made.Output).Should().Be((0, "", "standing hold 1: sender_domain = spam.example\n"));
        for (var n = 1; n <= 20; n++) new PairFactory { Id = PairFactory.ShortId(n), Sender = "a@spam.example" }.In(_play.Intake);
        await EngineRig.UntilAsync(() => EngineRig.Names(_play.Held).Count(name => name.EndsWith("-H", StringComparison.Ordinal)) == 20 && EngineRig.Names(_play.Intake).Length == 0, "all are held");
        _play.RunConfigured("hold", "--new", "--remove", "1").Output.Should().Be("removed standing hold 1: sender_domain = spam.example\n");
        new PairFactory { Id = PairFactory.ShortId(21), Sender = "a@spam.example" }.In(_play.Intake);
        await EngineRig.UntilAsync(() => EngineRig.Names(_play.Target).Contains($"{PairFactory.ShortId(21)}-H"), "it goes on");
        EngineRig.Pairs(_play.Target).Should().ContainSingle();
    }

    [Theory]
    [InlineData("'spf_result' is what a pass finds, which is not known before the first pass", "--where", "spf_result = fail", "--reason", "x")]
    [InlineData("'size' is not known before the first pass", "--where", "sender and size > 10M", "--reason", "x")]
    [InlineData("'state' is not known before the first pass", "--where", "state = held", "--reason", "x")]
    [InlineData("'attempt' is not known before the first pass", "--where", "attempt > 1", "--reason", "x")]
    [InlineData("did you mean sender", "--where", "sendr = x", "--reason", "x")]
    [InlineData("say why with --reason", "--where", "sender = x")]
    [InlineData("one of --where CONDITION, --list and --remove NUMBER", "--reason", "x")]
    [InlineData("one of --where CONDITION, --list and --remove NUMBER", "--where", "sender = x", "--list", "--reason", "x")]
    [InlineData("without message ids, --recipient, --intake and --dry-run", "--where", "sender = x", "--dry-run", "--reason", "x")]
    [InlineData("without message ids", "1xVVht-000477-0i", "--where", "sender = x", "--reason", "x")]
    [InlineData("--for '2': a number without a unit is no time", "--where", "sender = x", "--for", "2", "--reason", "x")]
    [InlineData("--for '0s': must be more than 0s", "--where", "sender = x", "--for", "0s", "--reason", "x")]
    [InlineData("--for is the time of a new hold", "--list", "--for", "2h")]
    public void What_makes_no_sense_is_one_sentence_and_nothing_is_written(string said, params string[] words)
    {
        var ran = _play.RunConfigured(["hold", "--new", .. words]);
        (ran.ExitCode, ran.Output).Should().Be((64, ""));
        ran.Error.Should().Contain(said).And.MatchRegex("^spoolworker: [^\n]*\n$");
        Directory.Exists($"{_play.Path}/ledger").Should().BeFalse();
    }

    [Fact]
    public void Its_other_options_go_with_new_alone()
    {
        foreach (var words in new[] { new[] { "--list" }, ["--remove", "1"], ["--for", "2h", "--where", "sender = x"] })
        {
            var ran = _play.RunConfigured(["hold", .. words]);
            (ran.ExitCode, ran.Output).Should().Be((64, ""));
            ran.Error.Should().Contain("say --new with them");
        }
    }

    [Fact]
    public void One_that_cannot_be_read_is_told_of_by_list_and_status()
    {
        _ = (_play.Target, _play.Held, _play.Intake);
        _play.RunConfigured("hold", "--new", "--where", "sender = x@s.example", "--reason", "asked").ExitCode.Should().Be(0);
        using (var ledger = SpoolWorker.Ledger.MessageLedger.Open(new SpoolWorker.Options.LedgerOptions { Path = $"{_play.Path}/ledger", MapSize = 16 << 20 }))
            ledger.Standing.Add(new SpoolWorker.Ledger.Verbs.StandingHold { Condition = "planet = mars", Reason = "of a later version", Actor = "root", Time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() });
        _play.RunConfigured("hold", "--new", "--list").Output.Should().Contain("NOTHING IS HELD: it cannot be read: at character 1: 'planet' is no name");
        var status = _play.RunConfigured("status", "--Control:Socket=");
        status.Output.Should().Contain("nothing is held by standing hold 2, which cannot be read").And.Contain("NOTHING: at character 1");
        var faults = _play.RunConfigured("status", "--Control:Socket=", "--json").Json.GetProperty("holds").EnumerateArray().Select(h => h.TryGetProperty("fault", out _)).ToList();
        faults.Should().Equal(false, true);
    }
}
