using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Spool;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Registration;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass rspamd with daemons that no rspamd is, who is asked for, and the settings.</summary>
public sealed class RspamdFaultTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Socket => _directory.At("rspamd");

    private async Task<PassResult> RunAsync(PassContext context, Action<RspamdOptions>? change = null)
    {
        var options = new RspamdOptions { Url = [Socket] }.Patient();
        change?.Invoke(options);
        RspamdPass.Faults(options).Should().BeEmpty();
        return (await new RspamdPass(options, TimeProvider.System).RunAsync(context, CancellationToken.None)).AsDeclaredBy("rspamd");
    }

    private static string Ok(string json) => $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.Latin1.GetByteCount(json)}\r\n\r\n{json}";

    private static string Answer(string more = "", string symbols = "\"A\":{}") => Ok($$"""{"action":"no action","score":1.5,"required_score":15.0,"symbols":{{{symbols}}}{{more}}}""");

    private static bool IsWhole(string asked)
    {
        var end = asked.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end >= 0 && asked.Length - end - 4 >= int.Parse(asked.Split("Content-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("", "the daemon closed the connection without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "the answer 'HTTP/1.1 200 OK' ended before it was whole")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "the answer has 2 bytes where it says Content-Length: 9")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "the answer has 2 bytes where it says Content-Length: -1")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "the answer has Transfer-Encoding: chunked, which nobody asked for")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}", "rspamd says: HTTP/1.1 100 Continue")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n[]", "the answer is no object in JSON")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{}", "the answer has no 'action'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":7}", "the answer has no 'action'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":\"\\ud800\"}", "the answer has no 'action'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":\"reject\"}", "the answer has no number 'score'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":\"reject\",\"score\":1e999}", "the answer has no number 'score'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":\"reject\",\"score\":\"NaN\"}", "the answer has no number 'score'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"action\":\"reject\",\"score\":1}", "the answer has no 'symbols'")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"error\":\"overloaded\\u0007\"}", "rspamd says: overloaded?")]
    [InlineData("HTTP/1.1 503 Busy\r\n\r\n{\"error\":\"overloaded\"}", "rspamd says: HTTP/1.1 503 Busy: overloaded")]
    [InlineData("HTTP/1.1 404 Not found\r\n\r\n<html>", "rspamd says: HTTP/1.1 404 Not found")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\n\r\n", "'SPAMD/1.1 0 EX_OK' is no answer of rspamd")]
    [InlineData("garbage", "'garbage' is no answer of rspamd")]
    public async Task What_is_no_answer_is_no_decision(string answer, string reason)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, answer, IsWhole);

        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: {reason}");
    }

    [Theory]
    [InlineData("{\"action\":\"reject\"")]
    [InlineData("{\"action\":\"reject\",}")]
    [InlineData("nothing")]
    [InlineData("{\"action\":\"reject\",\"act\\ud800\":7}")]
    public async Task Broken_JSON_is_no_decision(string json)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, Ok(json), IsWhole);

        (await RunAsync(Message())).UnavailableReason.Should().StartWith($"{Socket}: the answer is no JSON: ");
    }

    [Fact]
    public async Task A_long_head_is_read_and_deep_and_long_answers_are_refused()
    {
        await using (ScriptedDaemon.Says(Socket, Answer().Replace("\r\n\r\n", $"\r\nX-Long: {new string('x', 60_000)}\r\n\r\n", StringComparison.Ordinal), IsWhole))
            (await RunAsync(Message())).Results["rspamd_score"].Should().Be("1.5");
        await using (ScriptedDaemon.Says(Socket, Answer($",\"x\":{new string('[', 100_000)}{new string(']', 100_000)}"), IsWhole))
            (await RunAsync(Message())).UnavailableReason.Should().StartWith($"{Socket}: the answer is no JSON: ").And.Contain("depth");
        await using (ScriptedDaemon.Says(Socket, Answer($",\"x\":\"{new string('x', 2_000_000)}\""), IsWhole))
            (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: the answer is longer than 1048576 bytes");
    }

    [Fact]
    public async Task Absent_silent_and_slow_daemons_are_left_in_time_and_the_next_is_asked()
    {
        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: cannot connect: no such socket; is the daemon running?");
        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(100))).UnavailableReason.Should().Be($"{Socket}: no answer within 0.1 s");
        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            (await RunAsync(Message(new string('x', 5_000_000)), o => o.WriteTimeout = TimeSpan.FromMilliseconds(200))).UnavailableReason.Should().Be($"{Socket}: nothing of the message was taken within 0.2 s");
        await using var slow = new ScriptedDaemon(Socket, async (socket, token) =>
        {
            // A byte again and again, within the time for each but not for all.
            foreach (var b in Encoding.ASCII.GetBytes(Answer()))
            {
                await socket.SendAsync(new[] { b }, token);
                await Task.Delay(20, token);
            }
        });
        (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(300))).UnavailableReason.Should().Match($"{Socket}: the answer stopped after * bytes and was not whole within 0.3 s");
        var second = _directory.At("second");
        await using var other = ScriptedDaemon.Says(second, Answer(), IsWhole);
        (await RunAsync(Message(), o => (o.Url, o.ReadTimeout) = ([Socket, second], TimeSpan.FromMilliseconds(300)))).Results["rspamd_score"].Should().Be("1.5");
    }

    [Fact]
    public async Task A_daemon_that_hangs_up_in_the_middle_is_told()
    {
        await using var leaving = new ScriptedDaemon(Socket, async (socket, token) => await socket.ReceiveAsync(new byte[1000], token));
        (await RunAsync(Message(new string('x', 5_000_000)))).UnavailableReason.Should().StartWith($"{Socket}: the daemon hung up while the message was sent: ").And.EndWith("is its max_message below Rspamd:MaxSize?");
    }

    [Fact]
    public async Task A_body_above_the_limit_is_never_read()
    {
        var context = Message() with { Body = new OpenedBody(5L << 30, () => throw new InvalidOperationException("was opened")) };

        var result = await RunAsync(context, o => o.Url = ["/nonexistent"]);

        Kinds(result, context).Should().Equal("a@r.example continue");
        result.Results["rspamd_skipped"].Should().Match("* bytes are above 52428800");
    }

    [Fact]
    public async Task Names_and_lines_of_an_answer_are_bounded_and_break_no_line()
    {
        var context = Message();
        var names = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"SYMBOL_NUMBER_{i}\":{{}}"));
        await using (ScriptedDaemon.Says(Socket, Answer(symbols: names), IsWhole))
            (await RunAsync(context)).Results["rspamd_symbols"].Length.Should().BeInRange(8_000, 9_000);
        await using (ScriptedDaemon.Says(Socket, Answer(symbols: "\"A\\r\\nX-Injected: yes\\r\\n\\r\\nbody\\u0000\":{}"), IsWhole))
        {
            var result = await RunAsync(context);
            result.Results["rspamd_symbols"].Should().Be("A??X-Injected: yes????body?");
            Lines(result, context).Should().NotContain(line => line.StartsWith("X-Injected", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("\"a\\r\\nX-Injected: yes\"", null)]
    [InlineData("\"a\\nX-Injected: yes\"", null)]
    [InlineData("\"a\\rX-Injected: yes\"", null)]
    [InlineData("\"a\\u0000b\"", null)]
    [InlineData("\"a\\n \\nX-Injected: yes\"", null)]
    [InlineData("\"a\\n \"", null)]
    [InlineData("\"a\\ud800\"", null)]
    [InlineData("7", null)]
    [InlineData("null", null)]
    [InlineData("{\"order\":1}", null)]
    [InlineData("[[[\"x\"]]]", null)]
    [InlineData("\"\"", "X-Rspamd-Server: \n")]
    [InlineData("\"plain\"", "X-Rspamd-Server: plain\n")]
    [InlineData("\"a\\r\\n\\tfolded\"", "X-Rspamd-Server: a\n\tfolded\n")]
    [InlineData("{\"value\":\"of an object\",\"order\":-1}", "X-Rspamd-Server: of an object\n")]
    public async Task A_line_it_asks_for_is_one_field_or_none(string value, string? line)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, Answer($",\"milter\":{{\"add_headers\":{{\"X-Rspamd-Server\":{value},\"X-Rspamd-Server\\r\\nX-Injected\":\"x\"}},\"remove_headers\":{{\"From\":0,\"Subject\":[1,\"x\",null]}}}}"), IsWhole);
        var context = Message();

        var lines = Lines(await RunAsync(context, o => o.AddHeaders = false), context);

        lines.Should().Equal([.. Lines(PassResult.Continue, context), .. line is null ? (string[])[] : [line]]);
    }

    [Fact]
    public async Task Lines_are_bounded_in_number_and_length()
    {
        var values = string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"{i}\""));
        await using (ScriptedDaemon.Says(Socket, Answer($",\"milter\":{{\"add_headers\":{{\"X-Rspamd-Server\":[{values}]}}}}"), IsWhole))
            (await RunAsync(Message(), o => o.AddHeaders = false)).Headers.Should().HaveCount(100);
        await using (ScriptedDaemon.Says(Socket, Answer($",\"milter\":{{\"add_headers\":{{\"X-Rspamd-Server\":\"{new string('x', 60_000)}\"}}}}"), IsWhole))
            (await RunAsync(Message(), o => o.AddHeaders = false)).Headers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("1", "b,c")]
    [InlineData("-1", "a,b")]
    [InlineData("[1,3,3]", "b")]
    [InlineData("[9,-9,2]", "a,c")]
    public async Task Lines_to_remove_are_counted_from_the_top_or_the_end(string position, string left)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, Answer($",\"milter\":{{\"remove_headers\":{{\"DKIM-Signature\":{position}}}}}"), IsWhole);
        var context = Message(headers: ["DKIM-Signature: a\n", "*DKIM-Signature: gone\n", "DKIM-Signature: b\n", "DKIM-Signature: c\n"]);

        var result = await RunAsync(context, o => (o.AddHeaders, o.AllowHeaders) = (false, ["DKIM-Signature"]));

        string.Join(',', Lines(result, context).Select(l => l["DKIM-Signature: ".Length..^1])).Should().Be(left);
    }

    [Fact]
    public async Task A_signature_of_its_goes_on_top_where_it_may()
    {
        await using var daemon = ScriptedDaemon.Says(Socket, Answer(",\"dkim-signature\":\"v=1;\\r\\n\\tb=x\""), IsWhole);

        (await RunAsync(Message(), o => o.AddHeaders = false)).Headers.Should().BeEmpty();
        (await RunAsync(Message(), o => (o.AddHeaders, o.AllowHeaders) = (false, ["DKIM-Signature"]))).Headers.Should().ContainSingle().Which.Should().BeOfType<HeaderEdit.AddOnTop>()
            .Which.Line.Text.ToArray().Should().Equal("DKIM-Signature: v=1;\n\tb=x\n"u8.ToArray());
    }

    [Fact]
    public async Task Each_settings_id_is_asked_for_once_and_a_strangers_bytes_make_no_field()
    {
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var daemon = ScriptedDaemon.Says(Socket, Answer(), IsWhole, asked.Enqueue);
        var context = Message(recipients: ["a@r.example", "b@r.example", "c@s.example", "d@t.example"], options: "--host_address [192.0.2.7]:4711\n--helo_name a\rSettings-ID: x\n");

        await RunAsync(context, o => (o.Settings, o.MaxSettings) = (["r.example: one", "s.example: two\nX: y", "t.example: three"], 2));

        var heads = asked.Select(a => a.Split("\r\n\r\n")[0].Split("\r\n")).ToList();
        heads.Select(h => string.Join(' ', h.Where(f => f.StartsWith("Rcpt", StringComparison.Ordinal)))).Should().Equal("Rcpt: <a@r.example> Rcpt: <b@r.example>", "Rcpt: <c@s.example>", "Rcpt: <d@t.example>");
        heads.Select(h => h.FirstOrDefault(f => f.StartsWith("Settings-ID", StringComparison.Ordinal))).Should().Equal("Settings-ID: one", "Settings-ID: two?X: y", null);
        heads[0].Should().Contain(["POST /checkv2 HTTP/1.0", "From: <alice@sender.example>", "IP: 192.0.2.7", "Helo: a?Settings-ID: x", $"Queue-ID: {context.Message.Id}"]).And.NotContain(f => f.StartsWith("User", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_head_stays_below_what_rspamd_takes_whatever_the_number_of_recipients()
    {
        var head = "";
        await using var daemon = ScriptedDaemon.Says(Socket, Answer(), IsWhole, asked => head = asked.Split("\r\n\r\n")[0]);
        var context = Message(recipients: [.. Enumerable.Range(0, 5000).Select(i => $"recipient.number.{i}@r.example")], options: $"--host_address [192.0.2.7]:4711\n--helo_name {new string('h', 60_000)}\n");

        var result = await RunAsync(context);

        head.Length.Should().BeInRange(40_000, 60_000);
        result.Results["rspamd_recipients"].Should().Be("accept 5000");
    }

    [Fact]
    public void Faults_name_key_and_value()
    {
        var options = new RspamdOptions
        {
            Url = ["https://rspamd.example", "http://rspamd.example:11333/checkv2", "rspamd.example 11333", "http://user:word@rspamd.example"],
            Settings = ["+what"],
            AllowHeaders = ["X-Good", "no name", "colon:", "", "x-spoolworker-skipped"],
            Levels = [new Level { Then = PolicyAction.Hold }, new Level { Score = "5", Action = "reject", Then = PolicyAction.Hold }],
        };

        RspamdPass.Faults(options).Should().HaveCount(11).And.Contain(f => f.StartsWith("AllowHeaders = 'x-spoolworker-skipped': ", StringComparison.Ordinal)).And.Contain("Url = 'https://rspamd.example': must be http://host:port, or /path/of/socket").And.Contain("Levels:0:Score = '': must be a number such as 6.5, or give an Action")
            .And.Contain("Levels:1:Action = 'reject': goes without Score").And.Contain("AllowHeaders = 'no name': must be the name of a header line, without a colon").And.Contain(f => f.StartsWith("Settings = '+what'", StringComparison.Ordinal));
        RspamdPass.Faults(new RspamdOptions { Url = [] }).Should().Equal("Url: empty. Name at least one, http://host:port or /path/of/socket");
        RspamdPass.Faults(new RspamdOptions { Url = ["http://[::1]:11333", "http://rspamd.example", "/run/rspamd/rspamd.sock"] }).Should().BeEmpty();
        Passes.Verdicts.Spamd.SpamdPass.Faults(new() { Levels = [new Level { Action = "reject", Then = PolicyAction.Hold }] }).Should().Equal("Levels:0:Action = 'reject': this engine gives no action. Give a Score");
    }
}
