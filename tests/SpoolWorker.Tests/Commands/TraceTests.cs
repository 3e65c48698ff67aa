using System.IO.Compression;
using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Tracing;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Commands;

/// <summary><c>trace</c> and <c>dsn explain</c> as a person runs them.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void The_life_of_a_message_is_told_in_order_from_ledger_and_logs()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake).ToString();
        _play.RunConfigured("run", "--once", "--Target:MessageId=renew").ExitCode.Should().Be(0);
        var renewed = Path.GetFileName(Directory.EnumerateFiles(_play.Target, "*-H").Single())[..^2];
        var log = $"{_play.Path}/mainlog";
        // What the renewed message led to, an hour after the worker; and another's line with the same address within a longer one.
        File.WriteAllText(log, $"""
            2099-01-01 10:00:00 +0000 {renewed} spoolworker smtp:connect [192.0.2.1]:25 <> 220 mx.r.example
            2099-01-01 10:00:01 +0000 {renewed} ** bob@r.example R=out T=smtp H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@r.example>: 550 no \e[31m
            2099-01-01 10:00:02 +0000 1xVbcW-0000ZM-0h <= <> R={renewed} U=Debian-exim P=local S=2097
            2099-01-01 10:00:03 +0000 {renewed} Completed
            2099-01-01 10:00:04 +0000 1xVbcX-0000ZM-0h <= notbob@r.example U=x P=local S=1
            """);
        var ran = _play.RunConfigured("trace", id, "--log", log, "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Json.GetProperty("events").EnumerateArray().Select(e => $"{e.GetProperty("id").GetString()} {e.GetProperty("kind").GetString()}").Should().Equal(
            $"{id} taken", $"{id} requeued", $"{renewed} greeting", $"{renewed} refused", "1xVbcW-0000ZM-0h bounce", $"{renewed} completed");

        var byAddress = _play.RunConfigured("trace", "BOB@r.example", "--log", log);
        byAddress.ExitCode.Should().Be(0, byAddress.Error);
        byAddress.Output.Should().Contain("refused").And.Contain($"{id} was requeued as this").And.NotContain("1xVbcX-0000ZM-0h").And.NotContain("\u001b");
    }

    [Theory]
    [InlineData("", "", "arrived taken passes requeued held held delivered completed operator")]
    // As the clocks say, where they say it.
    [InlineData(".100", ".350", "arrived taken passes requeued held held delivered completed operator")]
    [InlineData(".400", ".600", "taken passes requeued held held arrived delivered completed operator")]
    public void What_happened_within_a_second_is_told_in_the_order_in_which_it_happens(string arrived, string delivered, string kinds)
    {
        const string Id = "1xVVht-000477-0i";
        var second = new DateTimeOffset(2026, 11, 23, 12, 0, 1, TimeSpan.Zero);
        long At(int milliseconds) => second.ToUnixTimeMilliseconds() + milliseconds;
        var log = $"{_play.Path}/mainlog";
        File.WriteAllText(log, $"""
            2026-11-23 12:00:01{arrived} +0000 {Id} <= a@s.example U=x P=local S=1
            2026-11-23 12:00:01{delivered} +0000 {Id} => bob@r.example R=out T=smtp
            2026-11-23 12:00:01{delivered} +0000 {Id} Completed

            """);
        var options = new LedgerOptions { Path = $"{_play.Path}/ledger", MapSize = 16 << 20 };
        using (var ledger = MessageLedger.Open(options))
        {
            ledger.Commit([new LedgerEntry { Intake = "/spool13/input", Id = Id, FirstSeen = At(200), Decided = At(300), Found = new() { ["spam_score"] = "5" }, Done = new() { ["bob@r.example"] = $"requeued {Id}", ["carol@r.example"] = $"held {Id}" } }], []);
            ledger.Commit([new LedgerEntry { Intake = "/held", Id = Id, FirstSeen = At(200), Decided = At(300), Held = new HeldState("dcc", "bulk", At(300), "") }], []);
            ledger.Verbs.Note([new VerbRow { Verb = VerbKind.Release, Intake = "/held", Id = Id, Time = At(1000) }]);
        }
        Tracer.Trace(Id, [log], options, null).Events.Select(e => e.Word).Should().Equal(kinds.Split(' '));
    }

    [Fact]
    public void Logs_may_be_gzipped_and_lines_that_came_first_are_found_too()
    {
        var gz = $"{_play.Path}/mainlog.2.gz";
        using (var zipped = new GZipStream(File.Create(gz), CompressionLevel.Fastest))
            zipped.Write(Encoding.ASCII.GetBytes("2026-11-23 10:00:00 1xVbcU-0000ZB-2k <= a@s.example U=x P=local S=1\n"));
        var log = $"{_play.Path}/mainlog";
        File.WriteAllText(log, new string('x', 1_000_000) + "\n2026-11-23 10:00:02 1xVbcW-0000ZM-0h <= <> R=1xVbcU-0000ZB-2k U=Debian-exim P=local S=2097");
        var ran = _play.RunConfigured("trace", "1xVbcW-0000ZM-0h", "--log", gz, "--log", log, "--json");
        ran.Json.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("kind").GetString()).Should().Equal("arrived", "bounce");
    }

    [Theory]
    [InlineData(64, "neither")]
    [InlineData(66, "1xVbcW-0000ZM-0h")]
    [InlineData(66, "1xVbcW-0000ZM-0h", "--log", "/nowhere/mainlog")]
    public void What_is_not_known_has_its_exit_code(int code, params string[] arguments) =>
        _play.RunConfigured(["trace", .. arguments]).ExitCode.Should().Be(code);

    [Fact]
    public void A_bounce_is_explained_from_a_pair_and_a_message_that_is_none_is_not()
    {
        var id = Playground.Put(Playground.Valid("bounce"), _play.Intake);
        var ran = _play.Run("dsn", "explain", $"{_play.Intake}/{id}-H", "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        var recipient = ran.Json.GetProperty("recipients")[0];
        recipient.GetProperty("address").GetString().Should().Be("bounceme@r.example");
        recipient.GetProperty("permanent").GetBoolean().Should().BeTrue();
        recipient.GetProperty("reason").GetString().Should().Be("no such mailbox here", "Exim tells it in the text only");
        recipient.GetProperty("status").GetString().Should().Be("5.1.1");
        ran.Json.GetProperty("failed").GetProperty("eximId").GetString().Should().Be("1xVVhw-000490-22");
        _play.Run("dsn", "explain", $"{_play.Intake}/{id}-H").Output.Should().Contain("bounceme@r.example  failed for good: there is no such mailbox");

        File.WriteAllText($"{_play.Path}/mail.eml", "From: a@b.example\n\nHello\n");
        _play.Run("dsn", "explain", $"{_play.Path}/mail.eml").ExitCode.Should().Be(65);
        _play.Run("dsn", "explain", $"{_play.Path}/gone.eml").ExitCode.Should().Be(66);
        _play.LeftInWorkingDirectory().Should().BeEmpty();
    }
}
