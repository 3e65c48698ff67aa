using System.Text;
using SpoolWorker.Spool;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Verbs;

/// <summary>explain, inject, show's parts, and what forget refuses.</summary>
public sealed class LookingCloselyTests : IDisposable
{
    private static readonly string[] Holds = ["--Passes:0=rules", "--Passes:1=dsn", "--Dsn:ReportingMta=mx.example.org", "--Rules:List:0:When=sender", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=looks odd"];
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Explain_tells_what_passes_decided_and_what_would_let_it_go()
    {
        var pair = new PairFactory().In(_play.Intake);
        _ = (_play.Target, _play.Held);
        var waits = _play.RunConfigured(["explain", pair.Id, "--json", .. Holds]).Json[0];
        (waits.GetProperty("place").GetString(), waits.GetProperty("next").GetString(), waits.GetProperty("passes").GetArrayLength()).Should().Be(("intake", "it is taken with the next look at its intake", 0));

        _play.RunConfigured(["run", "--once", .. Holds]).ExitCode.Should().Be(0);
        var held = _play.RunConfigured(["explain", pair.Id, "--json", .. Holds]).Json[0];
        held.GetProperty("place").GetString().Should().Be("held");
        held.GetProperty("passes")[0].GetProperty("pass").GetString().Should().Be("rules");
        held.GetProperty("passes")[0].GetProperty("decided").GetString().Should().Be("hold");
        held.GetProperty("recipients")[0].GetProperty("outcome").GetString().Should().Be("pending");
        held.GetProperty("reason").GetString().Should().Contain("rules: looks odd");
        held.GetProperty("next").GetString().Should().Be("nothing by itself: it is held by rules; still to come: dsn");
        held.GetProperty("letGo")[0].GetString().Should().Be($"spoolworker release {pair.Id}");
        _play.RunConfigured(["explain", pair.Id, .. Holds]).Output.Should().Contain("rules").And.Contain("next: nothing by itself");

        _play.RunConfigured(["release", pair.Id, .. Holds]).ExitCode.Should().Be(0);
        _play.RunConfigured(["explain", pair.Id, "--json", .. Holds]).Json[0].GetProperty("place").GetString().Should().Be("target");
        // Who held it stays known.
        _play.RunConfigured(["trace", pair.Id]).Output.Should().Contain("rules looks odd").And.Contain("release by ");
        _play.RunConfigured("show", pair.Id).Output.Should().Contain("rules looks odd");
        // What became of it last counts.
        _play.RunConfigured("show", pair.Id, "--json").Json[0].GetProperty("recipients")[0].GetProperty("outcome").GetString().Should().Be($"requeued {pair.Id}");
        foreach (var file in Directory.EnumerateFiles(_play.Target)) File.Delete(file);
        _play.RunConfigured(["explain", pair.Id, "--json", .. Holds]).Json[0].GetProperty("recipients")[0].GetProperty("outcome").GetString().Should().Be($"requeued {pair.Id}");
        _play.RunConfigured("explain", "1xVVhu-zzzzzz-00").ExitCode.Should().Be(66);
        _play.RunConfigured("explain", "nothing").ExitCode.Should().Be(64);
    }

    [Fact]
    public void Who_lies_in_held_is_pending_there_for_show_as_for_explain_and_list()
    {
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(_play.Intake);
        _ = (_play.Target, _play.Held);
        _play.RunConfigured(["run", "--once", .. Holds]).ExitCode.Should().Be(0);
        Shown().Should().Equal("a@r.example pending", "b@r.example pending");
        _play.RunConfigured("show", pair.Id).Output.Should().Contain("Recipients (2 pending of 2)").And.Contain("a@r.example  pending");

        // Whom a verb has served is not; that of the others which lies in held/ is.
        _play.RunConfigured(["release", pair.Id, "--recipient", "a@r.example", .. Holds]).ExitCode.Should().Be(0);
        Shown().Should().Equal("a@r.example done", "b@r.example pending");
        _play.RunConfigured("show", $"{_play.Held}/{pair.Id}-H").Output.Should().Contain("Recipients (1 pending of 2)");

        IEnumerable<string> Shown()
        {
            var shown = InHeld("show", pair.Id);
            var pending = shown.GetProperty("recipients").EnumerateArray().Where(r => r.GetProperty("state").GetString() == "pending").ToList();
            pending.Where(r => r.TryGetProperty("source", out _) || r.TryGetProperty("outcome", out _)).Should().BeEmpty();
            pending.Should().HaveCount(_play.RunConfigured("list", "--held", "--json").Json[0].GetProperty("pending").GetInt32());
            var states = shown.GetProperty("recipients").EnumerateArray().Select(r => $"{r.GetProperty("address").GetString()} {r.GetProperty("state").GetString()}").ToList();
            InHeld(["explain", pair.Id, .. Holds]).GetProperty("recipients").EnumerateArray().Select(r => $"{r.GetProperty("address").GetString()} {r.GetProperty("outcome").GetString()}").Should().Equal(states);
            return states;
        }

        System.Text.Json.JsonElement InHeld(params string[] command) => _play.RunConfigured([.. command, "--json"]).Json.EnumerateArray().Single(m => m.GetProperty("place").GetString() == "held");
    }

    [Fact]
    public void Who_is_held_is_settled_for_the_rest_of_the_message_in_its_intake()
    {
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(_play.Intake);
        _ = (_play.Target, _play.Held);
        string[] apart = ["--Passes:0=rules", "--Rules:List:0:When=recipient = a@r.example", "--Rules:List:0:Then=hold", "--Rules:List:1:When=recipient = b@r.example", "--Rules:List:1:Then=defer"];
        _play.RunConfigured(["run", "--once", .. apart]).ExitCode.Should().Be(0);
        var shown = _play.RunConfigured("show", pair.Id, "--json").Json.EnumerateArray().ToDictionary(m => m.GetProperty("place").GetString()!, m => m.GetProperty("recipients").EnumerateArray()
            .Select(r => $"{r.GetProperty("address").GetString()} {r.GetProperty("state").GetString()}").ToList());
        shown["intake"].Should().Equal("a@r.example settled", "b@r.example pending");
        shown["held"].Should().Contain("a@r.example pending").And.NotContain("b@r.example pending");
    }

    [Theory]
    [InlineData(true, "nothing by itself: it cannot be read: offset 100: ")]
    [InlineData(false, "it goes to corrupt/ when its turn comes, unless it is still being written: it cannot be read: offset 100: ")]
    public void Of_what_cannot_be_read_explain_names_no_verb(bool isHeld, string next)
    {
        var (place, _) = (isHeld ? _play.Held : _play.Intake, _play.Target);
        var pair = new PairFactory().In(place);
        using (var header = File.OpenHandle($"{place}/{pair.Id}-H", FileMode.Open, FileAccess.ReadWrite)) RandomAccess.SetLength(header, 100);
        var explained = _play.RunConfigured("explain", pair.Id, "--json").Json[0];
        explained.GetProperty("next").GetString().Should().StartWith(next);
        explained.GetProperty("letGo").EnumerateArray().Select(l => l.GetString()).Should().Equal($"repair -H by hand, where it lies; spoolworker show {pair.Id} has the place of the fault");
    }

    [Fact]
    public async Task Those_who_go_apart_are_left_to_the_next_run_and_explain_says_so()
    {
        await using var daemon = ScriptedDaemon.Says($"{_play.Path}/clamd", "stream: X FOUND\0", asked => asked.EndsWith("\0\0\0\0", StringComparison.Ordinal));
        string[] apart = ["--Passes:0=clamd", $"--Clamd:Address:0={daemon.Path}", "--Clamd:OnVirus=accept", "--Clamd:Groups:0:Recipients:0=b@r.example", "--Clamd:Groups:0:Subject=[X]"];
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(_play.Intake);
        _play.RunConfigured(["run", "--once", .. apart]).ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Target).Single().Pending.Should().Equal("a@r.example");
        var turn = _play.RunConfigured(["explain", pair.Id, "--json", .. apart]).Json.EnumerateArray().Single(m => m.GetProperty("place").GetString() == "intake");
        turn.GetProperty("next").GetString().Should().Be("it is tried again with the next look at its intake");

        _play.RunConfigured(["run", "--once", .. apart]).ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Target).SelectMany(p => p.Pending).Should().BeEquivalentTo("a@r.example", "b@r.example");
        EngineRig.Names(_play.Intake).Should().BeEmpty();
    }

    [Fact]
    public void Explain_tells_what_lets_mail_go_that_waits_at_a_paused_pass()
    {
        var pair = new PairFactory().In(_play.Intake);
        _ = (_play.Target, _play.Held);
        _play.RunConfigured(["pause", "--pass", "rules", "--reason", "moved", .. Holds]).ExitCode.Should().Be(0);
        _play.RunConfigured(["run", "--once", .. Holds]).ExitCode.Should().Be(0);
        var waits = _play.RunConfigured(["explain", pair.Id, "--json", .. Holds]).Json[0];
        waits.GetProperty("next").GetString().Should().StartWith("nothing before the end of a pause: pass rules is paused by ").And.EndWith(": moved");
        waits.GetProperty("letGo").EnumerateArray().Select(l => l.GetString()).Should().Equal("spoolworker resume --pass rules", $"spoolworker release --as-is {pair.Id} (without any pass)");
        // As it says: a retry waits there again.
        _play.RunConfigured(["retry", pair.Id, .. Holds]).Output.Should().Contain("waits: pass rules is paused");
        _play.RunConfigured(["release", "--as-is", pair.Id, .. Holds]).ExitCode.Should().Be(0);
        EngineRig.Names(_play.Intake).Should().BeEmpty();
    }

    [Fact]
    public void Forget_refuses_what_is_still_there()
    {
        var pair = new PairFactory().In(_play.Intake);
        _ = (_play.Target, _play.Held);
        _play.RunConfigured(["run", "--once", .. Holds]).ExitCode.Should().Be(0);
        var refused = _play.RunConfigured("forget", pair.Id);
        (refused.ExitCode, refused.Output).Should().Be((75, ""));
        refused.Error.Should().Contain($"still lies in {_play.Held}").And.Contain("spoolworker retry");
        _play.RunConfigured("forget", pair.Id, "--force").ExitCode.Should().Be(0);
    }

    [Theory]
    [InlineData("Subject: hello\nFrom: a@x.example\n\nline one\nline \u00e9\n")]
    [InlineData("Subject: hello\r\nFrom: a@x.example\r\n\r\nline one\r\n")]
    public void An_injected_file_is_a_pair_that_the_worker_takes(string message)
    {
        _ = (_play.Intake, _play.Target);
        File.WriteAllText($"{_play.Path}/mail.eml", message);
        string[] inject = ["inject", $"{_play.Path}/mail.eml", "--from", "alice@sender.example", "--to", "bob@r.example", "carol@r.example"];
        var ran = _play.RunConfigured([.. inject, "--json"]);
        ran.ExitCode.Should().Be(0, ran.Error);
        var id = ran.Json.GetProperty("id").GetString()!;
        var injected = EngineRig.Pairs(_play.Intake).Should().ContainSingle().Subject;
        injected.Id.ToString().Should().Be(id);
        (TestPass.Text(injected.Header.Sender), string.Join(' ', injected.Pending)).Should().Be(("alice@sender.example", "bob@r.example carol@r.example"));
        TestPass.Text(injected.Header.Headers[0].Text).Should().StartWith("Received: from ").And.Contain($"\n\tid {id};\n\t").And.Contain("(envelope-from <alice@sender.example>)");
        Encoding.UTF8.GetString(injected.Body).Should().Be(message[(message.IndexOf("line one", StringComparison.Ordinal))..]);
        foreach (var name in new[] { "H", "D" })
        {
            Posix.TryStatus($"{_play.Intake}/{id}-{name}", out var status).Should().Be(0);
            Posix.TryStatus(_play.Intake, out var above).Should().Be(0);
            (status.Permissions, status.Uid, status.Gid).Should().Be((0b110_100_000u, above.Uid, above.Gid));
        }
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Target).Should().ContainSingle();

        _play.RunConfigured("inject", $"{_play.Path}/none.eml", "--from", "", "--to", "bob@r.example").ExitCode.Should().Be(66);
        foreach (var (text, says) in new[] { ("", "is empty"), ("Subject: x\0y\n\nbody\n", "header line 'Subject: x\\x00y\\n' holds a NUL byte") })
        {
            File.WriteAllText($"{_play.Path}/odd.eml", text);
            var odd = _play.RunConfigured("inject", $"{_play.Path}/odd.eml", "--from", "<>", "--to", "bob@r.example");
            (odd.ExitCode, odd.Output).Should().Be((65, ""));
            odd.Error.Should().MatchRegex("^spoolworker: [^\n]*\n$").And.Contain(says);
        }
        _play.RunConfigured("inject", $"{_play.Path}/mail.eml", "--from", "<>", "--to", "bob").ExitCode.Should().Be(64);
        _play.RunConfigured("inject", $"{_play.Path}/mail.eml", "--from", "<>", "--to", "bob@r.example", "--intake", "/nowhere").ExitCode.Should().Be(66);
        EngineRig.Names(_play.Intake).Should().BeEmpty();
    }

    [Fact]
    public void Parts_of_a_message_are_printed_byte_for_byte_and_escaped_on_a_terminal()
    {
        var pair = new PairFactory { Body = Samples.Bytes("plain\n\u001b]0;x\u0007 caf\u00c3\u00a9\ttab\n") }.In(_play.Held);
        _ = (_play.Target, _play.Intake);
        _play.RunConfigured("show", pair.Id, "--body").Output.Should().Be("plain\n\u001b]0;x\u0007 caf\u00e9\ttab\n");
        _play.RunConfigured("show", pair.Id, "--headers").Output.Should().Be("To: bob@r.ex\nSubject: a test\n");
        _play.RunConfigured("show", pair.Id, "--raw").Output.Should().Be("To: bob@r.ex\nSubject: a test\n\nplain\n\u001b]0;x\u0007 caf\u00e9\ttab\n");
        _play.RunOnTerminal("show", pair.Id, "--raw").Output.Should().Contain(@"\x1b]0;x\x07 caf").And.Contain("\ttab").And.NotContain("\u001b]0;x");
        File.Delete($"{_play.Held}/{pair.BodyName}");
        _play.RunConfigured("show", pair.Id, "--body").ExitCode.Should().Be(65);
    }
}
