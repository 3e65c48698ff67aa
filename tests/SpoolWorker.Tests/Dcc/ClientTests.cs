using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Services;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Engine;
using static SpoolWorker.Tests.Dcc.DccScene;

namespace SpoolWorker.Tests.Dcc;

/// <summary>What goes over the wire, and daemons that misbehave in every way: all of it ends in "not available" with a reason, in time.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string SocketPath => $"{_directory}/dccifd";

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Hostile => [.. HostileScripts.Keys];

    private static readonly Dictionary<string, (DccScript Script, string Reason)> HostileScripts = new()
    {
        ["hangs up at once"] = (new DccScript { HangsUpAtOnce = true }, "closed the connection without an answer|hung up|connection broke"),
        ["hangs up after the message"] = (new DccScript { CutAt = 0 }, "closed the connection without an answer"),
        ["says nothing"] = (new DccScript { IsSilent = true }, "no answer within 0.5 s"),
        ["takes nothing"] = (new DccScript { IsDeaf = true }, "no answer within|was taken within"),
        ["stops in the middle"] = (new DccScript { Raw = "A\nA"u8.ToArray(), StaysOpen = true }, "stopped after 3 bytes"),
        ["garbage"] = (new DccScript { Raw = [0xff, 0xfe, 0, 10, 13, 10, 7] }, "not one letter"),
        ["half a header"] = (new DccScript { CutAt = 30 }, "ends within a header line"),
        ["one letter only"] = (new DccScript { CutAt = 1 }, "ends in its first line"),
        ["too few letters"] = (new DccScript { Letters = "A" }, "1 letter for 2 recipients"),
        ["too many letters"] = (new DccScript { Letters = "AAA" }, "3 letters for 2 recipients"),
        ["unknown letter"] = (new DccScript { Overall = "Q", Letters = "AA" }, "'Q', not one letter"),
        ["unknown recipient letter"] = (new DccScript { Letters = "A?" }, "'?' is no letter for a recipient"),
        ["a header smuggled in"] = (new DccScript { Header = "X-DCC-x-Metrics: a\nBcc: victim@example.com\n" }, "not folding"),
        ["another header"] = (new DccScript { Header = "X-Spam-Flag: NO\n" }, "is no X-DCC header"),
        ["NUL in the header"] = (new DccScript { Header = "X-DCC-x-Metrics: a\0b\n" }, "NUL"),
        ["endless"] = (new DccScript { Raw = Encoding.ASCII.GetBytes($"A\nAA\nX-DCC-x-Metrics: {new string('x', 80_000)}") }, "longer than 65536 bytes"),
        ["speaks SMTP"] = (new DccScript { Raw = "220 mx.example ESMTP\r\n"u8.ToArray() }, "'220 mx.example ESMTP', not one letter"),
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Misbehaving_daemons_are_not_available_and_it_is_said_why(string name)
    {
        var (script, reason) = HostileScripts[name];
        foreach (var onSocket in new[] { true, false })
        {
            await using var daemon = (onSocket ? DccStandIn.OnSocket(SocketPath) : DccStandIn.OnPort()).Says(script);
            var pass = Pass(daemon.Address, o => (o.ReadTimeout, o.WriteTimeout) = (TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5)));

            var result = await pass.RunAsync(Context(Header(recipients: ["a@r.example", "b@r.example"])), CancellationToken.None);

            result.UnavailableReason.Should().StartWith($"{daemon.Address}: ").And.MatchRegex(System.Text.RegularExpressions.Regex.Escape(reason).Replace("\\|", "|", StringComparison.Ordinal));
            result.Headers.Should().BeEmpty();
        }
    }

    [Fact]
    public async Task The_request_is_what_the_protocol_asks_for()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);
        var header = Header(recipients: ["a@r.example", "b@r.example"], headers: ["From: a@b.example\n", "*X-Gone: yes\n", "Subject: hi\n\tthere\n"]);

        await Pass(SocketPath, o => o.Options = ["log", "grey-off"]).RunAsync(Context(header, new MemoryBody("one\n.\n..two\nthree"u8.ToArray())), CancellationToken.None);

        var asked = daemon.Asked.Should().ContainSingle().Subject;
        asked.Options.Should().Equal("header", "log", "grey-off");
        asked.Client.Should().Be("192.0.2.7\rmail.sender.example");
        asked.Helo.Should().Be("helo.sender.example");
        asked.Sender.Should().Be("alice@sender.example");
        asked.Recipients.Should().Equal("a@r.example", "b@r.example");
        asked.Message.Should().Be("From: a@b.example\nSubject: hi\n\tthere\n\none\n.\n..two\nthree");
    }

    [Fact]
    public async Task A_message_in_wire_format_has_CRLF_throughout()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);

        await Pass(SocketPath).RunAsync(Context(Header(), new MemoryBody("one\r\n\r\n.two\r\n"u8.ToArray(), isWire: true)), CancellationToken.None);

        daemon.Asked.Single().Message.Should().Be("From: alice@sender.example\r\nSubject: a test\r\n\tfolded\r\n\r\none\r\n\r\n.two\r\n");
    }

    [Fact]
    public async Task An_empty_body_still_has_the_empty_line()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);

        await Pass(SocketPath).RunAsync(Context(Header(headers: ["Subject: x\n"]), MemoryBody.Empty), CancellationToken.None);

        daemon.Asked.Single().Message.Should().Be("Subject: x\n\n");
    }

    [Fact]
    public async Task Bytes_that_would_break_a_line_of_the_request_are_replaced()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);
        var header = Header("-host_address [192.0.2.7]:1\n--host_name evil\rname\n--helo_name x\ry\n", "a\rb@s.example", ["\"q\rr\"@r.example"]);

        var result = await Pass(SocketPath).RunAsync(Context(header), CancellationToken.None);

        result.UnavailableReason.Should().BeNull();
        var asked = daemon.Asked.Single();
        (asked.Client, asked.Helo, asked.Sender, asked.Recipients[0]).Should().Be(("192.0.2.7\revil?name", "x?y", "a?b@s.example", "\"q?r\"@r.example"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_answer_in_pieces_is_read_whole(int pieceBytes)
    {
        await using var daemon = DccStandIn.OnPort().Says(new DccScript { Overall = "R", Header = DccScript.BulkHeader, PieceBytes = pieceBytes });

        var result = await Pass(daemon.Address).RunAsync(Context(), CancellationToken.None);

        result.Results["dcc_result"].Should().Be("R");
        result.Results["dcc_header"].Should().Be("X-DCC-standin-Metrics: mx.example 1170; bulk Body=many Fuz1=many Fuz2=many rep=97%");
    }

    [Fact]
    public async Task A_daemon_that_leaves_the_connection_open_behind_a_whole_answer_is_not_waited_for()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath).Says(new DccScript { StaysOpen = true });
        var watch = Stopwatch.StartNew();

        (await Pass(SocketPath, o => o.ReadTimeout = TimeSpan.FromSeconds(60)).RunAsync(Context(), CancellationToken.None)).UnavailableReason.Should().BeNull();

        // Half of what waiting for the end would take; the answer itself takes milliseconds.
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3_000_000)]
    public async Task A_temporary_failure_told_before_the_message_was_read_is_one(int bodyBytes)
    {
        // dccifd says so, and hangs up, when it cannot set itself up for the request (ck_dcc_ctxt).
        await using var daemon = DccStandIn.OnSocket(SocketPath).Says(new DccScript { AnswersEarly = true, Raw = "T\n\n\n"u8.ToArray() });
        var context = Context(Header(recipients: ["a@r.example", "b@r.example"]), new MemoryBody(new byte[bodyBytes]));

        var result = await Pass(SocketPath).RunAsync(context, CancellationToken.None);

        result.UnavailableReason.Should().BeNull();
        result.Results["dcc_result"].Should().Be("T");
        Of(result, context).Should().Equal("a@r.example defer", "b@r.example defer");
    }

    [Theory]
    [InlineData("body")]
    [InlineData("cksums")]
    [InlineData("spam")]
    [InlineData("no-reject")]
    public async Task With_each_option_the_header_is_found(string option)
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);

        var result = await Pass(SocketPath, o => o.Options = [option]).RunAsync(Context(Header(), new MemoryBody(new byte[200_000])), CancellationToken.None);

        result.UnavailableReason.Should().BeNull();
        result.Results["dcc_header"].Should().Be(DccScript.PlainHeader.TrimEnd('\n'));
    }

    [Fact]
    public async Task Addresses_are_tried_in_turn_and_a_dead_one_last_for_a_while()
    {
        await using var second = DccStandIn.OnSocket(SocketPath);
        await using var first = DccStandIn.OnPort().Says(new DccScript { CutAt = 0 });
        var clock = new FakeClock();
        var pass = new DccPass(new DccOptions { Address = [DccStandIn.Nowhere(_directory), first.Address, SocketPath] }, clock);

        for (var i = 0; i < 3; i++) (await pass.RunAsync(Context(), CancellationToken.None)).Results["dcc_result"].Should().Be("A");
        (first.Connections, second.Connections).Should().Be((1, 3));

        clock.Advance(TimeSpan.FromMinutes(1));
        await pass.RunAsync(Context(), CancellationToken.None);
        (first.Connections, second.Connections).Should().Be((2, 4));
    }

    [Fact]
    public async Task Every_daemon_that_failed_is_named()
    {
        var result = await new DccPass(new DccOptions { Address = [$"{_directory}/one", $"{_directory}/two"] }, TimeProvider.System).RunAsync(Context(), CancellationToken.None);

        result.UnavailableReason.Should().Contain($"{_directory}/one: cannot connect").And.Contain($"; {_directory}/two: cannot connect");
    }

    [Fact]
    public async Task IPv6_and_host_names_are_reached()
    {
        if (Socket.OSSupportsIPv6)
        {
            await using var six = DccStandIn.OnPort(IPAddress.IPv6Loopback);
            (await Pass($"[::1] {six.Port}").RunAsync(Context(), CancellationToken.None)).UnavailableReason.Should().BeNull();
        }
        await using var named = DccStandIn.OnPort();
        (await Pass($"localhost {named.Port}").RunAsync(Context(), CancellationToken.None)).UnavailableReason.Should().BeNull();
    }

    [Fact]
    public async Task Five_megabytes_are_sent_without_being_kept()
    {
        const int Megabytes = 5 * 1024 * 1024;
        var body = new CountingBody(Megabytes);
        await using (var deaf = DccStandIn.OnSocket(SocketPath).Says(new DccScript { IsDeaf = true }))
        {
            var result = await Pass(SocketPath, o => o.WriteTimeout = TimeSpan.FromSeconds(0.5)).RunAsync(Context(Header(), body), CancellationToken.None);
            result.UnavailableReason.Should().Contain("nothing of the message was taken within 0.5 s");
            body.Read.Should().BeLessThan(1024 * 1024, "what the daemon does not take is not read either");
        }
        body.Read = 0;
        await using var daemon = DccStandIn.OnSocket(SocketPath);

        (await Pass(SocketPath, o => o.WriteTimeout = TimeSpan.FromSeconds(20)).RunAsync(Context(Header(headers: ["Subject: x\n"]), body), CancellationToken.None)).UnavailableReason.Should().BeNull();

        body.MostAtOnce.Should().BeLessThanOrEqualTo(64 * 1024);
        var asked = daemon.Asked.Single();
        asked.MessageBytes.Should().Be("Subject: x\n\n".Length + Megabytes);
        asked.Digest.Should().Be(Convert.ToHexString(SHA256.HashData([.. "Subject: x\n\n"u8, .. Enumerable.Repeat((byte)'z', Megabytes)])));
    }

    [Fact]
    public async Task A_large_message_may_take_longer_than_the_deadline_as_long_as_some_of_it_is_taken()
    {
        const int Rounds = 8, Round = 2 * 1024 * 1024;
        var clock = new FakeClock();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        listener.Listen();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptAsync();
            var buffer = new byte[64 * 1024];
            // A round is more than the kernel keeps, so some of it was sent, and the deadline moved, since the clock was.
            for (long got = 0, next = Round, n; (n = await socket.ReceiveAsync(buffer)) > 0;)
            {
                got += n;
                if (got < next) continue;
                clock.Advance(TimeSpan.FromSeconds(15));
                next += Round;
            }
            await socket.SendAsync("A\nA\n\n"u8.ToArray());
        });
        var options = new DccOptions { Address = [SocketPath], WriteTimeout = TimeSpan.FromSeconds(20) };

        var result = await new DccPass(options, clock).RunAsync(Context(Header(), new CountingBody(Rounds * Round)), CancellationToken.None);

        result.UnavailableReason.Should().BeNull();
        await serving;
        clock.GetTimestamp().Should().Be(Rounds * TimeSpan.FromSeconds(15).Ticks);
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_called_so() =>
        (await Pass(DccStandIn.Nowhere(_directory)).RunAsync(Context(), CancellationToken.None)).UnavailableReason.Should().Contain("no such socket");

    [Fact]
    public async Task More_recipients_than_the_daemon_takes_are_asked_about_in_groups()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);
        daemon.Script = asked => asked.Recipients.Contains("r1500@r.example") ? new DccScript { Overall = "R", Letters = new string(asked.Recipients.Select(r => r == "r1500@r.example" ? 'R' : 'A').ToArray()) } : new DccScript();
        var context = Context(Header(recipients: [.. Enumerable.Range(0, 2100).Select(n => $"r{n}@r.example")]));

        var result = await Pass(SocketPath).RunAsync(context, CancellationToken.None);

        daemon.Asked.Select(a => a.Recipients.Count).Should().Equal(1000, 1000, 100);
        result.Results["dcc_result"].Should().Be("S");
        Of(result, context).Where(r => !r.EndsWith(" continue", StringComparison.Ordinal)).Should().Equal("r1500@r.example hold");
    }

    [Fact]
    public async Task The_stop_of_the_program_is_no_failure_of_the_daemon()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath).Says(new DccScript { IsSilent = true });
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        var asking = async () => await Pass(SocketPath).RunAsync(Context(), stop.Token);

        await asking.Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [InlineData("/var/dcc/dccifd")]
    [InlineData("127.0.0.1 10045")]
    [InlineData("  dcc.example   10045 ")]
    [InlineData("::1 10045")]
    [InlineData("[2001:db8::1] 10045")]
    public void Addresses_are_understood(string text) => ServiceAddress.TryParse(text, out _, out var error).Should().BeTrue(error);

    [Theory]
    [InlineData("", "must be /path")]
    [InlineData("dccifd", "must be /path")]
    [InlineData("127.0.0.1", "must be /path")]
    [InlineData("127.0.0.1:10045", "must be /path")]
    [InlineData("a b c", "must be /path")]
    [InlineData("127.0.0.1 0", "'0' is no port")]
    [InlineData("127.0.0.1 65536", "'65536' is no port")]
    [InlineData("127.0.0.1 -1", "'-1' is no port")]
    [InlineData("[dcc.example] 10045", "neither an IP address nor a host name")]
    [InlineData("a_b!c 10045", "neither an IP address nor a host name")]
    public void Other_addresses_are_refused_with_a_reason(string text, string reason)
    {
        ServiceAddress.TryParse(text, out _, out var error).Should().BeFalse();
        error.Should().Contain(reason);
    }

    [Fact]
    public void The_path_of_a_socket_has_a_limit() => ServiceAddress.TryParse($"/{new string('x', 107)}", out _, out _).Should().BeFalse();

    /// <summary>A body made as it is read.</summary>
    private sealed class CountingBody(int length) : IMessageBody
    {
        public long Read { get; set; }

        public int MostAtOnce { get; private set; }

        public long Length => length;

        public bool IsWireFormat => false;

        public Stream OpenRead() => new Made(this);

        private sealed class Made(CountingBody body) : MemoryStream
        {
            private int _left = (int)body.Length;

            public override int Read(Span<byte> buffer)
            {
                var n = Math.Min(buffer.Length, _left);
                buffer[..n].Fill((byte)'z');
                _left -= n;
                body.Read += n;
                body.MostAtOnce = Math.Max(body.MostAtOnce, buffer.Length);
                return n;
            }
        }
    }
}
