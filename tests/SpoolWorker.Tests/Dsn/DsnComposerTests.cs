using System.Text;
using MimeKit;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dsn;

/// <summary>What a notification holds, read back with MimeKit.</summary>
public class DsnComposerTests
{
    private static readonly PairFactory Mail = new()
    {
        Recipients = ["bob@r.example"],
        MoreHeaders = ["From: Alice <alice@sender.example>\n", "Message-ID: <hello@sender.example>\n"],
        Body = "Hello\nWorld\n"u8.ToArray(),
    };

    [Fact]
    public void Header_and_envelope_are_those_of_a_bounce()
    {
        var (header, body) = DsnSample.Compose(DsnSample.Notice(Mail));

        header.IsNullSender.Should().BeTrue();
        header.IsLocalError.Should().BeTrue();
        header.IsWireFormat.Should().BeFalse();
        header.Recipients.Should().ContainSingle().Which.Address.ToArray().Should().Equal("alice@sender.example"u8.ToArray());
        header.ReceivedTime.Should().Be(DsnSample.Now.ToUnixTimeSeconds());
        header.BodyLineCount.Should().Be(body.Count(b => b == '\n'));
        Text(header.Login).Should().Be("Debian-exim");
        header.Find("received_protocol")!.Text.Should().Be("local");
        header.Find("max_received_linelength")!.Text.Should().Be(Encoding.Latin1.GetString(body).Split('\n').Max(l => l.Length).ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var variable in header.Variables) variable.Tainted.Should().BeFalse();
        // what is written is read back
        HeaderFileReader.TryRead(HeaderFileWriter.ToArray(header), DsnSample.Id, out var again, out var error).Should().BeTrue("{0}", error);
        HeaderFileWriter.ToArray(again!).Should().Equal(HeaderFileWriter.ToArray(header));

        var read = DsnSample.Read(header, body);
        read.Message.From.ToString().Should().Be("\"Mail Delivery System\" <Mailer-Daemon@mx.here.example>");
        read.Message.To.ToString().Should().Be("alice@sender.example");
        read.Message.Headers["Auto-Submitted"].Should().Be("auto-replied");
        read.Message.Headers["X-Failed-Recipients"].Should().Be("bob@r.example");
        read.Message.InReplyTo.Should().Be("hello@sender.example");
        read.Message.References.Should().Equal("hello@sender.example");
        read.Message.Date.Should().Be(DsnSample.Now);
        read.Message.MessageId.Should().Be($"E{DsnSample.Id}@mx.here.example");
        read.Report.ReportType.Should().Be("delivery-status");
        header.Headers[0].Flag.Should().Be('P');
        header.Headers.Select(h => h.Flag).Should().Contain(['F', 'T', 'I']);
    }

    [Theory]
    [InlineData("\t")]
    [InlineData("\t\t")]
    public void A_recipient_that_cleans_to_nothing_is_reported_like_others(string blanks)
    {
        var notice = DsnSample.Notice(Mail);
        var nobody = new DsnRecipient(new Recipient(Encoding.ASCII.GetBytes(blanks)), "rules", "no such mailbox here", Diagnosis.None);

        var alone = DsnSample.Read(notice with { Recipients = [nobody] });
        var beside = DsnSample.Read(notice with { Recipients = [nobody, .. notice.Recipients, nobody] });

        alone.Message.Headers["X-Failed-Recipients"].Should().BeNull();
        alone.Groups.Should().HaveCount(2);
        alone.Groups[1]["Final-Recipient"].Should().Be("rfc822; <>");
        beside.Message.Headers["X-Failed-Recipients"].Should().Be("bob@r.example");
        beside.Groups.Should().HaveCount(4);
    }

    [Fact]
    public void A_return_path_that_cleans_to_nothing_is_not_shown()
    {
        var read = DsnSample.Read(DsnSample.Notice(Mail) with { ReturnPath = "\t"u8.ToArray() });

        read.Message.Headers["To"].Should().Be("undisclosed-recipients:;");
    }

    [Fact]
    public void The_report_has_all_fields()
    {
        var diagnosis = new Diagnosis
        {
            Status = StatusDetail.NoPassingDkim,
            Address = "127.0.0.1",
            Port = 6277,
            Answer = "R\nX-DCC: bulk",
            Greeting = "220 the.local.host.name ESMTP Exim x.yz Tue, 2 Mar 1999 09:44:33 +0000",
            HeloResponse = "250-the.local.host.name Hello localhost [127.0.0.1]\n250 HELP",
        };
        var mail = Mail with { Recipients = [DsnSample.Rcpt("bob@r.example", "rfc822;asked+2Bfor@orig.example", 8)], Options = "-dsn_envid env+2B4711\n-dsn_ret 2\n" };

        var read = DsnSample.Read(DsnSample.Notice(mail, diagnosis: diagnosis, pass: "dcc", reason: "bulk"));

        read.Groups.Should().HaveCount(2);
        read.Groups[0].Select(h => h.Field).Should().Equal("Original-Envelope-Id", "Reporting-MTA", "Arrival-Date");
        read.Field("Original-Envelope-Id", 0).Should().Be("env+4711");
        read.Field("Reporting-MTA", 0).Should().Be("dns; mx.here.example");
        MimeKit.Utils.DateUtils.TryParse(read.Field("Arrival-Date", 0), out var arrival).Should().BeTrue();
        arrival.ToUnixTimeSeconds().Should().Be(mail.Time);
        read.Groups[1].Select(h => h.Field).Should().Equal("Original-Recipient", "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date",
            "X-Remote-MTA-smtp-greeting", "X-Remote-MTA-helo-response", "X-Exim-Diagnostic");
        read.Field("Original-Recipient").Should().Be("rfc822; asked+for@orig.example");
        read.Field("Final-Recipient").Should().Be("rfc822; bob@r.example");
        read.Field("Action").Should().Be("failed");
        read.Field("Status").Should().Be("5.7.20");
        read.Field("Remote-MTA").Should().Be("X-ip; [127.0.0.1]:6277");
        read.Field("Diagnostic-Code").Should().Be("X-SpoolWorker; bulk");
        read.Field("Last-Attempt-Date").Should().Be("Mon, 23 Nov 2026 12:30:00 +0000");
        read.Raw("X-Remote-MTA-smtp-greeting").Should().Equal("X-str; 220 the.local.host.name ESMTP Exim x.yz Tue, 2 Mar 1999 09:44:33 +0000");
        read.Raw("X-Remote-MTA-helo-response").Should().Equal("X-str; 250-the.local.host.name Hello localhost [127.0.0.1]");
        read.Raw("X-Exim-Diagnostic").Should().Equal("X-str; pass dcc: bulk: answer from [127.0.0.1]:6277: R X-DCC: bulk");
        read.Text.Should().Contain("  bob@r.example\n    5.7.20 bulk\n").And.Contain("1xVVht-000477-0i");
    }

    [Theory]
    [InlineData(DsnAction.Failed, "failed", "5.7.1")]
    [InlineData(DsnAction.Delayed, "delayed", "4.3.0")]
    [InlineData(DsnAction.Relayed, "relayed", "2.1.9")]
    public void Each_action_has_its_text_and_status(DsnAction action, string word, string status)
    {
        var read = DsnSample.Read(DsnSample.Notice(Mail, action));

        read.Field("Action").Should().Be(word);
        read.Field("Status").Should().Be(status);
        read.Message.Subject!.ToLowerInvariant().Should().Contain(action == DsnAction.Failed ? "undelivered" : word);
        read.Field("Will-Retry-Until").Should().Be(action == DsnAction.Delayed ? "Thu, 26 Nov 2026 12:30:00 +0000" : null);
        read.Text.Contains("Delivery is tried until Thu, 26 Nov 2026 12:30:00 +0000.", StringComparison.Ordinal).Should().Be(action == DsnAction.Delayed);
        (read.Message.Headers["X-Failed-Recipients"] is not null).Should().Be(action == DsnAction.Failed);
    }

    [Fact]
    public void What_ran_out_of_time_is_no_permanent_fault_of_the_address() =>
        DsnSample.Read(DsnSample.Notice(Mail, diagnosis: new Diagnosis { Status = StatusDetail.TimeExpired })).Field("Status").Should().Be("4.4.7");

    // RET, configured, body bytes, longest the operator allows, action -> what comes back
    [Theory]
    [InlineData("", Returned.Headers, 100, DsnAction.Failed, "text/rfc822-headers")]
    [InlineData("", Returned.Full, 100, DsnAction.Failed, "message/rfc822")]
    [InlineData("-dsn_ret 1\n", Returned.Headers, 100, DsnAction.Failed, "message/rfc822")]
    [InlineData("-dsn_ret 2\n", Returned.Full, 100, DsnAction.Failed, "text/rfc822-headers")]
    [InlineData("-dsn_ret 1\n", Returned.Full, 11, DsnAction.Failed, "text/rfc822-headers")]
    [InlineData("-dsn_ret 1\n", Returned.Full, 12, DsnAction.Failed, "message/rfc822")]
    [InlineData("-dsn_ret 1\n", Returned.Full, 100, DsnAction.Delayed, "text/rfc822-headers")]
    [InlineData("-dsn_ret 1\n", Returned.Full, 100, DsnAction.Relayed, "text/rfc822-headers")]
    [InlineData("-dsn_ret 9\n", Returned.Headers, 100, DsnAction.Failed, "text/rfc822-headers")]
    public void Ret_decides_what_comes_back(string ret, Returned configured, long most, DsnAction action, string type)
    {
        var read = DsnSample.Read(DsnSample.Notice(Mail with { Options = ret }, action), DsnSample.Options(o => (o.Return, o.MaxReturnSize) = (configured, most)));

        read.ReturnedType.Should().Be(type);
        var returned = ((MessagePart)read.Report[2]).Message!;
        returned.Headers["Return-Path"].Should().Be("<alice@sender.example>");
        returned.Subject.Should().Be("a test");
        var whole = type == "message/rfc822";
        (returned.Body is TextPart { Text: { Length: > 0 } text } ? text.ReplaceLineEndings("\n") : "").Should().Be(whole ? "Hello\nWorld\n" : "");
        read.Text.Should().Contain(whole ? "Your message is attached" : most == 11 ? "too large" : "header lines of your message");
    }

    [Theory]
    [InlineData("no end of line", "no end of line")]
    [InlineData("", "")]
    [InlineData("8-bit \u00e9\u00ff\n", "8-bit \u00e9\u00ff\n")]
    [InlineData("--=_dsn\n\n.\n..\n", "--=_dsn\n\n.\n..\n")]
    public void A_returned_body_keeps_its_bytes(string body, string expected)
    {
        var mail = Mail with { Options = "-dsn_ret 1\n", Body = Encoding.Latin1.GetBytes(body) };
        var (header, bytes) = DsnSample.Compose(DsnSample.Notice(mail));

        var text = Encoding.Latin1.GetString(bytes);
        var boundary = DsnSample.Read(header, bytes).Report.Boundary;
        text.Should().EndWith($"\nMessage-ID: <hello@sender.example>\n\n{expected}\n--{boundary}--\n");
        var isPlain = Ascii.IsValid(body);
        (header.Headers.Any(h => h.Is("Content-Transfer-Encoding"u8))).Should().Be(!isPlain, "8bit is told where it is needed");
        text.Contains("Content-Transfer-Encoding: 8bit", StringComparison.Ordinal).Should().Be(!isPlain);
    }

    [Theory]
    [InlineData("one\r\ntwo\r\n", "one\ntwo\n")]
    [InlineData("one\r\n\r\n\rtwo\nthree\r", "one\n\n\rtwo\nthree\r")]
    [InlineData("\r\r\n", "\r\n")]
    public void A_body_in_wire_format_comes_back_with_LF(string wire, string lf)
    {
        var mail = Mail with { Options = "-dsn_ret 1\n", WireFormat = true, Body = Encoding.Latin1.GetBytes(wire) };

        var (_, bytes) = DsnSample.Compose(DsnSample.Notice(mail));

        Encoding.Latin1.GetString(bytes).Should().Contain($"\nMessage-ID: <hello@sender.example>\n\n{lf}\n--=_dsn");
    }

    [Theory]
    [InlineData("NUL\0s\n")]
    [InlineData("long")]
    public void What_mail_cannot_carry_is_not_returned(string body)
    {
        var mail = Mail with { Options = "-dsn_ret 1\n", Body = Encoding.Latin1.GetBytes(body == "long" ? new string('x', 999) + "\n" : body) };

        var read = DsnSample.Read(DsnSample.Notice(mail));

        read.ReturnedType.Should().Be("text/rfc822-headers");
        read.Text.Should().Contain("not in a form that can be sent back whole");
    }

    [Fact]
    public void Header_lines_that_are_not_plain_come_back_encoded()
    {
        var mail = Mail with { MoreHeaders = ["X-8bit: \u00e9\u00ff\n", $"X-Long: {new string('y', 5000)}\n"] };
        var (header, bytes) = DsnSample.Compose(DsnSample.Notice(mail));

        Ascii.IsValid(bytes).Should().BeTrue();
        Encoding.Latin1.GetString(bytes).Split('\n').Should().OnlyContain(line => line.Length <= 998);
        header.Headers.Any(h => h.Is("Content-Transfer-Encoding"u8)).Should().BeFalse();
        Encoding.Latin1.GetString(bytes).Should().Contain("Content-Transfer-Encoding: quoted-printable").And.Contain("X-8bit: =E9=FF");
    }

    [Fact]
    public void Five_hundred_recipients_are_in_one_notification()
    {
        var mail = Mail with { Recipients = [.. Enumerable.Range(0, 500).Select(i => $"recipient.number.{i}@some.domain.example")] };

        var read = DsnSample.Read(DsnSample.Notice(mail));

        read.Groups.Should().HaveCount(501);
        read.Groups.Skip(1).Select(g => g["Final-Recipient"]).Should().Equal(mail.Recipients.Select(r => $"rfc822; {r}"));
        var failed = read.Message.Headers.Where(h => h.Field == "X-Failed-Recipients").ToList();
        failed.Should().HaveCount(10);
        failed.SelectMany(h => h.Value.Split(',')).Select(a => a.Trim()).Should().Equal(mail.Recipients);
        foreach (var recipient in mail.Recipients) read.Text.Should().Contain($"  {recipient}\n");
    }

    [Fact]
    public void Internationalized_mail_gets_an_internationalized_notification()
    {
        var mail = Mail with
        {
            Sender = Utf8("j\u00f6rg@from.example"),
            Recipients = [Utf8("m\u00fcller@to.example"), "plain@to.example"],
            Options = "-smtputf8\n-dsn_ret 1\n",
            MoreHeaders = [Utf8("Subject2: \u00c4\n")],
        };
        var (header, body) = DsnSample.Compose(DsnSample.Notice(mail, reason: "gr\u00fcn"));

        header.Find("smtputf8").Should().NotBeNull();
        Text(header.Recipients[0].Address).Should().Be(Utf8("j\u00f6rg@from.example"));
        var text = Encoding.UTF8.GetString(body);
        text.Should().Contain("Content-Type: message/global-delivery-status\n").And.Contain("Content-Type: message/global\n");
        text.Should().Contain("\nFinal-Recipient: utf-8; m\u00fcller@to.example\n").And.Contain("\nFinal-Recipient: rfc822; plain@to.example\n").And.Contain("Diagnostic-Code: X-SpoolWorker; gr\u00fcn\n");
        Encoding.UTF8.GetString(DsnSample.Mail(header, body)).Should().Contain("\nTo: j\u00f6rg@from.example\n").And.Contain("report-type=global-delivery-status");
    }

    [Fact]
    public void Without_SMTPUTF8_all_of_it_stays_ASCII()
    {
        var mail = Mail with { Sender = Utf8("j\u00f6rg@from.example"), Recipients = [Utf8("m\u00fcller@to.example")] };
        var (header, body) = DsnSample.Compose(DsnSample.Notice(mail, reason: "gr\u00fcn"));

        Ascii.IsValid(DsnSample.Mail(header, body)).Should().BeTrue();
        DsnSample.Read(header, body).Raw("Final-Recipient").Should().Equal("utf-8; m\\x{FC}ller@to.example");
        header.Find("smtputf8").Should().BeNull();
    }

    [Theory]
    [InlineData("Message-ID: no brackets\n")]
    [InlineData("Message-ID: <with space@x>\n")]
    [InlineData("Message-ID: <\u00e9@x>\n")]
    [InlineData("Message-ID: <>\n")]
    [InlineData("X-Other: <a@b>\n")]
    public void A_message_id_that_is_none_is_not_referred_to(string line) =>
        DsnSample.Read(DsnSample.Notice(Mail with { MoreHeaders = [line] })).Message.Headers.Contains(HeaderId.References).Should().BeFalse();

    [Fact]
    public void Hostile_texts_stay_in_their_fields()
    {
        var mail = Mail with { Recipients = [DsnSample.Rcpt("\"a b\\\"\"@r.example", "rfc822;x+0D+0AAction:+20delivered@y", 8)], Options = "-dsn_envid a+0AStatus:+202.0.0\n" };
        var diagnosis = new Diagnosis { Answer = "x\r\n\r\nFinal-Recipient: rfc822; evil@x\n", Greeting = "220 \0\u001b[31m\nAction: delivered", Address = "/run/dcc/dccifd" };

        var read = DsnSample.Read(DsnSample.Notice(mail, reason: "no\n\n--boundary\nAction: delivered", diagnosis: diagnosis));

        read.Groups.Should().HaveCount(2);
        read.Raw("Action").Should().Equal("failed");
        read.Raw("Status", 0).Should().BeEmpty();
        read.Raw("Original-Envelope-Id", 0).Should().Equal("a+0AStatus: 2.0.0");
        read.Raw("Original-Recipient").Should().Equal("rfc822; x+0D+0AAction: delivered@y");
        read.Raw("Final-Recipient").Should().Equal("rfc822; \"a b\\\"\"@r.example");
        read.Raw("Remote-MTA").Should().BeEmpty("a socket's path is no address");
        read.Raw("X-Exim-Diagnostic").Should().ContainSingle().Which.Should().Contain("answer from /run/dcc/dccifd: x  Final-Recipient: rfc822; evil@x");
    }

    /// <summary>Whatever bytes strangers sent: one valid notification comes of it, with as many groups and fields as there are.</summary>
    [Fact]
    public void Any_bytes_make_a_valid_notification()
    {
        var random = new Random(4711);
        for (var i = 0; i < 400; i++)
        {
            var recipients = Enumerable.Range(0, 1 + random.Next(3)).Select(n => DsnSample.Rcpt(Noise($"r{n}"), $"{Pick("rfc822", "utf-8", "x", "")};{Noise("o")}", 8)).ToArray();
            var pair = new PairFactory
            {
                Sender = Noise("s"),
                Recipients = recipients,
                Body = Encoding.Latin1.GetBytes(Noise("body", lines: true)),
                Options = $"-dsn_envid {Noise("e")}\n-dsn_ret {random.Next(4)}\n{Pick("", "-smtputf8\n")}",
                MoreHeaders = [$"Message-ID: {Noise("<a@b>")}\n", $"Accept-Language: {Noise("de;q=")}\n", $"X-Any: {Noise("x")}\n\t{Noise("y")}\n", $"Auto-Submitted: {Noise("(")}\n"],
            };
            var notice = DsnSample.Notice(pair, Pick(DsnAction.Failed, DsnAction.Delayed, DsnAction.Relayed), Noise("reason", lines: true),
                new Diagnosis { Answer = Noise("a", lines: true), Greeting = Noise("g", lines: true), HeloResponse = Noise("h", lines: true), Address = Noise("1") });
            var (header, body) = DsnSample.Compose(notice, DsnSample.Options(o => o.Language = ["en", "de"]));

            HeaderFileReader.TryRead(HeaderFileWriter.ToArray(header), DsnSample.Id, out _, out var error).Should().BeTrue("{0}", error);
            var read = DsnSample.Read(header, body);
            read.Groups.Should().HaveCount(1 + recipients.Length);
            read.Groups.Skip(1).Should().OnlyContain(g => g.Count(f => f.Field == "Final-Recipient") == 1 && g.Count(f => f.Field == "Action") == 1 && g.Count(f => f.Field == "Status") == 1);
            body.Should().NotContain((byte)0);
            header.Find("max_received_linelength")!.Text.Length.Should().BeLessThan(4);
            BackscatterGuard.ReasonFor(notice.Message, new Dictionary<string, string>(), notice.Action, DsnSample.Options());
        }

        T Pick<T>(params T[] from) => from[random.Next(from.Length)];

        string Noise(string start, bool lines = false)
        {
            var text = new StringBuilder(start);
            for (var n = random.Next(random.Next(10) == 0 ? 1500 : 30); n > 0; n--)
            {
                var c = random.Next(3) == 0 ? "\\x{}+=<>;:\"'()\t\r ,.-@"[random.Next(20)] : (char)(1 + random.Next(255));
                text.Append(c == '\n' && !lines ? 'n' : c);
            }
            return text.ToString();
        }
    }

    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}

/// <summary>A large message comes back with constant memory.</summary>
public class DsnMemoryTests
{
    private const long Large = 50_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fifty_megabytes_are_read_through_not_kept(bool wire)
    {
        var notice = DsnSample.Notice(new PairFactory { Options = "-dsn_ret 1\n", WireFormat = wire }) with { Body = new OpenedBody(Large, () => new LinesStream(Large, wire), wire) };
        var composer = new DsnFeature(DsnSample.Options()).Composer;
        var account = new DsnAccount("exim", 1, 1);
        composer.Compose(notice, account);

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var body = composer.Compose(notice, account).OpenBody();
        body.CopyTo(Stream.Null);
        BodyCount.Of(body).Lines.Should().BeGreaterThan(Large / 100);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2_000_000);
    }

    private sealed class LinesStream(long length, bool wire) : ReadOnlyStream(length)
    {
        private readonly byte[] _lines = [.. Enumerable.Range(0, 80 * 1000).Select(i => (byte)((i % 80) switch { 78 when wire => '\r', 79 => '\n', _ => 'x' }))];

        protected override int ReadAt(long position, Span<byte> buffer)
        {
            var at = (int)(position % _lines.Length);
            var n = Math.Min(buffer.Length, _lines.Length - at);
            _lines.AsSpan(at, n).CopyTo(buffer);
            return n;
        }
    }
}
