using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Registration;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass clamd with daemons that no clamd is, and the settings.</summary>
public sealed class ClamdFaultTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Socket => _directory.At("clamd");

    private async Task<PassResult> RunAsync(PassContext context, Action<ClamdOptions>? change = null)
    {
        var options = new ClamdOptions { Address = [Socket] }.Patient();
        change?.Invoke(options);
        ClamdPass.Faults(options).Should().BeEmpty();
        return (await new ClamdPass(options, TimeProvider.System).RunAsync(context, CancellationToken.None)).AsDeclaredBy("clamd");
    }

    private static bool IsWhole(string asked) => asked.EndsWith("\0\0\0\0", StringComparison.Ordinal);

    [Theory]
    [InlineData("", "the daemon closed the connection without an answer")]
    [InlineData("stream: O", "the answer 'stream: O' ended before it was whole")]
    [InlineData("stream: OK", "the answer 'stream: OK' ended before it was whole")]
    [InlineData("\0", "'' is no answer of clamd")]
    [InlineData("stream: FOUND\0", "'stream: FOUND' is no answer of clamd")]
    [InlineData("stream:  FOUND\0", "'stream:  FOUND' is no answer of clamd")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n\0", "'HTTP/1.1 200 OK????' is no answer of clamd")]
    [InlineData("stream: OK\0stream: X FOUND\0", "something came behind the answer 'stream: OK'")]
    [InlineData("UNKNOWN COMMAND\0", "'UNKNOWN COMMAND' is no answer of clamd")]
    public async Task What_is_no_answer_is_no_decision(string answer, string reason)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, answer, IsWhole);

        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: {reason}");
    }

    [Fact]
    public async Task An_error_of_clamds_is_about_the_message_and_no_daemon_that_is_down()
    {
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: Can't create temporary file ERROR\0", IsWhole);
        var context = Message();

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example defer");
        result.Recipients[0].Disposition.Reason.Should().Be($"{Socket}: clamd says: stream: Can't create temporary file ERROR");
        result.Results.Should().Equal(new Dictionary<string, string> { ["virus_result"] = "error", ["virus_recipients"] = "defer 1" });
        Lines(result, context).Should().Contain("X-Virus-Status: Error (stream: Can't create temporary file ERROR)\n");
        Kinds(await RunAsync(context, o => o.OnError = PolicyAction.Accept), context).Should().Equal("a@r.example continue");

        var second = _directory.At("second");
        await using var better = ScriptedDaemon.Says(second, "stream: OK\0", IsWhole);
        (await RunAsync(context, o => o.Address = [Socket, second])).Results["virus_result"].Should().Be("clean");
    }

    [Fact]
    public async Task A_large_message_is_asked_about_before_it_is_sent_and_not_again_for_less()
    {
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var options = new ClamdOptions { Address = [Socket] }.Patient();
        var pass = new ClamdPass(options, TimeProvider.System);
        await using (new ScriptedDaemon(Socket, async (socket, token) =>
        {
            var question = await ScriptedDaemon.ReadAsync(socket, q => IsWhole(q[Math.Min(q.Length, 14)..]), token);
            asked.Enqueue(question.Length <= 14 ? "would you" : "take it");
            if (question.Length > 14) await socket.SendAsync("stream: OK\0"u8.ToArray(), token);
        }))
        {
            foreach (var size in new[] { 1000, 2_000_000, 1_500_000, 3_000_000 }) (await pass.RunAsync(Message(new string('x', size)), CancellationToken.None)).Results["virus_result"].Should().Be("clean");
        }
        asked.Should().Equal("take it", "would you", "take it", "take it", "would you", "take it");
        await using var refusing = ScriptedDaemon.Says(Socket, "INSTREAM size limit exceeded. ERROR\0", q => q.Length >= 14, q => asked.Enqueue($"{q.Length}"));
        (await pass.RunAsync(Message(new string('x', 4_000_000)), CancellationToken.None)).Results["virus_skipped"].Should().Contain("StreamMaxLength is below it");
        asked.Last().Should().Be("14", "nothing of the message was sent");
    }

    [Fact]
    public async Task Where_a_large_message_is_hung_up_on_it_is_asked_about_again()
    {
        var pass = new ClamdPass(new ClamdOptions { Address = [Socket] }.Patient(), TimeProvider.System);
        var large = Message(new string('x', 2_000_000));
        await using (new ScriptedDaemon(Socket, async (socket, token) =>
        {
            var question = await ScriptedDaemon.ReadAsync(socket, q => IsWhole(q[Math.Min(q.Length, 14)..]), token);
            if (question.Length > 14) await socket.SendAsync("stream: OK\0"u8.ToArray(), token);
        }))
        {
            (await pass.RunAsync(large, CancellationToken.None)).Results["virus_result"].Should().Be("clean");
        }
        // Its StreamMaxLength is less now.
        await using (new ScriptedDaemon(Socket, async (socket, token) => await socket.ReceiveAsync(new byte[14], token)))
            (await pass.RunAsync(large, CancellationToken.None)).UnavailableReason.Should().EndWith("is its StreamMaxLength below Clamd:MaxSize?");
        await using var refusing = ScriptedDaemon.Says(Socket, "INSTREAM size limit exceeded. ERROR\0", q => q.Length == 14);
        (await pass.RunAsync(large, CancellationToken.None)).Results["virus_skipped"].Should().Contain("StreamMaxLength is below it");
    }

    [Fact]
    public async Task A_daemon_that_is_absent_silent_or_slow_does_not_hold_a_message_for_longer_than_it_may()
    {
        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: cannot connect: no such socket; is the daemon running?");

        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(100))).UnavailableReason.Should().Be($"{Socket}: no answer within 0.1 s");

        // A byte again and again, within the time for each but not for all.
        await using var slow = new ScriptedDaemon(Socket, async (socket, token) =>
        {
            while (true)
            {
                await socket.SendAsync("s"u8.ToArray(), token);
                await Task.Delay(20, token);
            }
        });
        (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(300))).UnavailableReason.Should().Match($"{Socket}: the answer stopped after * bytes and was not whole within 0.3 s");
    }

    [Fact]
    public async Task A_daemon_that_takes_nothing_or_hangs_up_in_the_middle_is_told()
    {
        var large = Message(new string('x', 1_000_000));
        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            (await RunAsync(large, o => o.WriteTimeout = TimeSpan.FromMilliseconds(200))).UnavailableReason.Should().Be($"{Socket}: nothing of the message was taken within 0.2 s");

        await using var leaving = new ScriptedDaemon(Socket, async (socket, token) => await socket.ReceiveAsync(new byte[1000], token));
        (await RunAsync(large)).UnavailableReason.Should().StartWith($"{Socket}: the daemon hung up while the message was sent: ").And.EndWith("is its StreamMaxLength below Clamd:MaxSize?");
    }

    [Fact]
    public async Task A_long_name_is_cut_and_one_with_line_breaks_stays_on_its_line()
    {
        var context = Message();
        await using (ScriptedDaemon.Says(Socket, $"stream: {new string('N', 60_000)} FOUND\0", IsWhole))
        {
            var result = await RunAsync(context);
            result.Results["virus_name"].Should().Be(new string('N', 200) + "...");
            Kinds(result, context).Should().Equal("a@r.example hold");
        }
        await using (ScriptedDaemon.Says(Socket, $"stream: {new string('N', 70_000)} FOUND\0", IsWhole))
            (await RunAsync(context)).UnavailableReason.Should().Be($"{Socket}: the answer is longer than 65536 bytes");
        await using (ScriptedDaemon.Says(Socket, "stream: Evil\r\nX-Injected: yes\n\nbody\u00e9 FOUND\0", IsWhole))
        {
            var result = await RunAsync(context);
            result.Results["virus_name"].Should().Be("Evil??X-Injected: yes??body?");
            Lines(result, context).Should().HaveCount(context.Message.Headers.Length + 2).And.Contain("X-Virus-Status: Infected (Evil??X-Injected: yes??body?)\n");
        }
    }

    [Fact]
    public async Task A_body_above_the_limit_is_never_read_and_one_without_end_is_not_needed_to_know()
    {
        var context = Message() with { Body = new OpenedBody(5L << 30, () => throw new InvalidOperationException("was opened")) };

        var result = await RunAsync(context, o => o.Address = ["/nonexistent"]);

        Kinds(result, context).Should().Equal("a@r.example hold");
        result.Results["virus_skipped"].Should().Match("* bytes are above 26214400");
    }

    // By its lines alone it may be too large, or surely is not.
    [Theory]
    [InlineData(false, 25_000, 1)]
    [InlineData(false, 20_000, 2)]
    [InlineData(true, 20_000, 1)]
    public async Task The_body_is_read_for_its_size_only_where_its_lines_decide(bool isWire, long most, int times)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: OK\0", IsWhole);
        var bytes = Encoding.ASCII.GetBytes(new string('x', 12_000));
        var opened = 0;
        var context = Message() with { Body = new OpenedBody(bytes.Length, Open, isWire) };

        (await RunAsync(context, o => o.MaxSize = most)).Results["virus_result"].Should().Be("clean");

        opened.Should().Be(times);

        Stream Open()
        {
            opened++;
            return new MemoryStream(bytes);
        }
    }

    // What makes it larger than the limit are the carriage returns alone.
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task The_size_is_that_on_the_wire(bool isWire, bool isTooLarge)
    {
        var asked = 0;
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: OK\0", IsWhole, _ => asked++);

        await RunAsync(Message(new string('\n', 10_000), isWire: isWire), o => o.MaxSize = 15_000);

        asked.Should().Be(isTooLarge ? 0 : 1);
    }

    [Theory]
    [InlineData("Hello\n.\n\rlone\n", false)]
    [InlineData("Hello\r\n.\r\n\rlone\r\n", true)]
    public async Task Header_and_body_go_as_on_the_wire_in_bounded_pieces(string body, bool isWire)
    {
        var read = "";
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: OK\0", IsWhole, asked => read = asked);
        var filling = string.Concat(Enumerable.Repeat(isWire ? "0123456789\r\n" : "0123456789\n", 30_000));

        await RunAsync(Message(body + filling, isWire: isWire, headers: ["From: alice@sender.example\n", "*Gone: yes\n", "Subject: a test\n\tfolded\n"]));

        var message = new StringBuilder();
        read.Should().StartWith("zINSTREAM\0");
        var bytes = Encoding.Latin1.GetBytes(read)["zINSTREAM\0".Length..].AsMemory();
        for (int n; (n = BinaryPrimitives.ReadInt32BigEndian(bytes.Span)) > 0; bytes = bytes[(4 + n)..])
        {
            n.Should().BeLessThanOrEqualTo(64 * 1024);
            message.Append(Encoding.Latin1.GetString(bytes.Span.Slice(4, n)));
        }
        bytes.Length.Should().Be(4, "nothing comes behind the chunk of nothing");
        message.ToString().Should().Be("From: alice@sender.example\r\nSubject: a test\r\n\tfolded\r\n\r\nHello\r\n.\r\n\rlone\r\n" + string.Concat(Enumerable.Repeat("0123456789\r\n", 30_000)));
    }

    [Theory]
    [InlineData("local mail", "")]
    [InlineData("authenticated sender", "--host_address [192.0.2.7]:4711\n--host_auth plain\n")]
    // Handed over by inetd to an Exim of the user nobody: a stranger's.
    [InlineData("exempt host 192.0.2.7", "--host_address [192.0.2.7]:4711\n-auth_id nobody\n")]
    [InlineData("exempt host 192.0.2.7", "--host_address [192.0.2.7]:4711\n")]
    [InlineData("exempt sender", "--host_address [192.0.2.8]:4711\n")]
    public async Task Exempt_mail_is_not_asked_about_and_loses_lines_it_brought(string why, string options)
    {
        var context = Message(headers: ["From: a@sender.example\n", "X-Virus-Status: Clean\n"], options: options);

        var result = await RunAsync(context, o => (o.SkipLocal, o.SkipAuthenticated, o.ExemptHosts, o.ExemptSenders) = (true, true, ["192.0.2.7"], ["sender.example"]));

        result.Results.Should().Equal(new Dictionary<string, string> { ["virus_skipped"] = why });
        Lines(result, context).Should().Equal("From: a@sender.example\n");
    }

    [Fact]
    public async Task For_an_exempt_recipient_nothing_is_done()
    {
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: X FOUND\0", IsWhole);
        var context = Message(recipients: ["a@r.example", "free@r.example"]);

        var result = await RunAsync(context, o => o.ExemptRecipients = ["free@r.example"]);

        Kinds(result, context).Should().Equal("a@r.example hold", "free@r.example continue");
        (await RunAsync(context, o => o.ExemptRecipients = ["r.example"])).Results["virus_skipped"].Should().Be("exempt recipients");
        daemon.Connections.Should().Be(1);
    }

    [Fact]
    public void Faults_name_key_and_value()
    {
        var options = new ClamdOptions
        {
            Address = ["clamd"],
            ExemptHosts = ["not a host/99"],
            Groups =
            [
                new MeasureGroup { Then = PolicyAction.Tag },
                new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Hold, Subject = "[X]" },
                new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Tag, Header = "no line", Subject = "caf\u00e9" },
                new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Discard, Redirect = "nobody" },
            ],
        };

        var faults = ClamdPass.Faults(options).ToList();

        faults.Should().HaveCount(9).And.Contain(f => f.StartsWith("Address = 'clamd': must be /path", StringComparison.Ordinal)).And.Contain(f => f.StartsWith("ExemptHosts = 'not a host/99'", StringComparison.Ordinal))
            .And.Contain("Groups:0:Recipients: empty. Name whom it is for").And.Contain("Groups:0:Then = 'tag': give a Header or a Subject; accept only records it")
            .And.Contain("Groups:1:Then = 'hold': Header and Subject go with tag alone").And.Contain(f => f.StartsWith("Groups:2:Header = 'no line'", StringComparison.Ordinal))
            .And.Contain(f => f.StartsWith("Groups:2:Subject = 'caf", StringComparison.Ordinal)).And.Contain("Groups:3:Then = 'discard': Redirect goes with accept and tag alone")
            .And.Contain(f => f.StartsWith("Groups:3:Redirect = 'nobody'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Received: x")]
    [InlineData("Authentication-Results: mx.example; none")]
    [InlineData("X-SpoolWorker-Skipped: x")]
    [InlineData("From: x@r.example")]
    [InlineData("date: never")]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Transfer-Encoding: 7bit")]
    [InlineData("MIME-Version: 1.0")]
    public void A_line_of_a_group_whose_name_would_be_taken_out_of_all_mail_is_a_fault(string line) =>
        ClamdPass.Faults(new ClamdOptions { Groups = [new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Tag, Header = line }] }).Should().ContainSingle()
            .Which.Should().StartWith($"Groups:0:Header = '{line}': ").And.ContainEquivalentOf(line.Split(':')[0], Exactly.Twice(), "its name is told");

    [Fact]
    public void A_blank_mark_of_a_group_or_a_level_is_a_fault()
    {
        ClamdPass.Faults(new ClamdOptions { Groups = [new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Tag, Subject = "  " }] }).Should().ContainSingle().Which.Should().StartWith("Groups:0:Subject = '  ': is blank");
        Passes.Verdicts.Spamd.SpamdPass.Faults(new() { Levels = [new Level { Score = "5", Subject = " " }] }).Should().ContainSingle().Which.Should().StartWith("Levels:0:Subject = ' ': is blank");
    }

    [Fact]
    public async Task Groups_take_turns_and_nothing_spins_where_later_passes_keep_them()
    {
        await using var daemon = ScriptedDaemon.Says(Socket, "stream: X FOUND\0", IsWhole);
        void Change(ClamdOptions o) => o.Groups =
        [
            new MeasureGroup { Recipients = ["a@r.example"], Then = PolicyAction.Tag, Subject = "[A]" },
            new MeasureGroup { Recipients = ["b@r.example"], Then = PolicyAction.Tag, Subject = "[B]" },
        ];
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var context = Message(recipients: ["a@r.example", "b@r.example"], attempt: attempt);
            var result = await RunAsync(context, Change);
            var waits = attempt % 2 == 1 ? 1 : 0;
            result.Recipients[waits].Disposition.Kind.Should().Be(DispositionKind.Defer);
            result.Recipients[waits].Disposition.NextTry.Should().Be(attempt <= 2 ? context.Now : null);
            result.Recipients[1 - waits].Disposition.Kind.Should().Be(DispositionKind.Continue);
            Lines(result, context).Should().Contain(attempt % 2 == 1 ? "Subject: [A] a test\n\tfolded\n" : "Subject: [B] a test\n\tfolded\n");
        }
    }
}
