using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Commands.Input;
using SpoolWorker.Passes;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.DsnInfo;

/// <summary>Bounces of a real Exim with the log beside them: bounces/NAME/{bounce.eml, mainlog, report}, where `report` is what the
/// delivery status part has to become. A new folder is a new case.</summary>
public sealed class DsnInfoPassTests : IDisposable
{
    private readonly LogRig _rig = new();

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var folder in Directory.EnumerateDirectories(Folder()).Order(StringComparer.Ordinal))
            {
                cases.Add(Path.GetFileName(folder), false);
                cases.Add(Path.GetFileName(folder), true);
            }
            return cases;
        }
    }

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_report_becomes_what_is_written_down_and_nothing_else_changes(string name, bool wire)
    {
        var folder = Path.Combine(Folder(), name);
        File.Copy($"{folder}/mainlog", _rig.Log);
        var eml = File.ReadAllText($"{folder}/bounce.eml", Encoding.Latin1);
        var (result, body) = await RunAsync(eml, wire);
        var after = Text(result.Body!).Replace("\r\n", "\n", StringComparison.Ordinal);
        if (wire) Text(result.Body!).Count(c => c == '\n').Should().Be(Text(result.Body!).Split("\r\n").Length - 1, "every line ends in CRLF");
        var before = body.Replace("\r\n", "\n", StringComparison.Ordinal);
        var (head, report, tail) = Split(after);
        report.Should().Be(File.ReadAllText($"{folder}/report", Encoding.Latin1));
        var (oldHead, _, oldTail) = Split(before);
        head.Should().Be(oldHead);
        tail.Should().Be(oldTail);
        // A second time there is nothing left to add.
        result.Body!.Length.Should().Be(Text(result.Body!).Length);
        var again = await RunAsync(eml[..(eml.IndexOf("\n\n", StringComparison.Ordinal) + 2)] + after, wire: false);
        again.Result.Body.Should().BeNull();
    }

    [Theory]
    [InlineData("sender", "has a sender")]
    [InlineData("signed", "signed")]
    [InlineData("elsewhere", "came from elsewhere")]
    [InlineData("mixed", "no multipart/report")]
    public async Task Other_mail_is_left_alone(string what, string reason)
    {
        var folder = Path.Combine(Folder(), "continued");
        File.Copy($"{folder}/mainlog", _rig.Log);
        var eml = File.ReadAllText($"{folder}/bounce.eml", Encoding.Latin1);
        if (what == "signed") eml = "DKIM-Signature: v=1; a=rsa-sha256\n" + eml;
        if (what == "mixed") eml = eml.Replace("multipart/report", "multipart/mixed", StringComparison.Ordinal);
        var (result, _) = await RunAsync(eml, wire: false, header => what switch
        {
            "sender" => header.WithSender("a@b.example"u8.ToArray()),
            "elsewhere" => header.WithVariable("host_address", "[192.0.2.1]:25").WithoutVariable("localerror"),
            _ => header,
        });
        result.Should().BeSameAs(PassResult.Continue);
        EximBounce.Of(Header(eml, h => what == "sender" ? h.WithSender("a"u8.ToArray()) : what == "elsewhere" ? h.WithVariable("host_address", "[192.0.2.1]:25") : h.WithFlag("localerror")), [], out var said).Should().BeNull();
        said.Should().Be(reason);
    }

    [Fact]
    public async Task A_bounce_relayed_by_us_is_believed_only_with_its_birth_in_the_log()
    {
        var folder = Path.Combine(Folder(), "continued");
        var eml = File.ReadAllText($"{folder}/bounce.eml", Encoding.Latin1);
        var log = File.ReadAllText($"{folder}/mainlog", Encoding.Latin1);
        HeaderFile Relayed(HeaderFile header) => header.WithoutVariable("localerror").WithVariable("host_address", "[127.0.0.1]:40908");
        _rig.Write(string.Concat(log.Split('\n').Where(l => !l.Contains("<= <>", StringComparison.Ordinal)).Select(l => l + "\n")));
        (await RunAsync(eml, wire: false, Relayed)).Result.Body.Should().BeNull("anybody may write such a Message-Id");
        (await RunAsync(eml, wire: false)).Result.Body.Should().NotBeNull("what was made here names the failed message in its Received: line");
        _rig.Write("2026-11-23 21:58:26 1xVc3O-00070r-2n <= <> R=1xVc3O-00070F-2S U=Debian-exim P=local S=1716\n");
        (await RunAsync(eml, wire: false, Relayed)).Result.Body.Should().NotBeNull();
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_is_a_service_that_is_down()
    {
        var (result, _) = await RunAsync(File.ReadAllText(Path.Combine(Folder(), "continued", "bounce.eml"), Encoding.Latin1), wire: false);
        result.UnavailableReason.Should().Contain(_rig.Log);
        _rig.Options.OnUnavailable.Should().Be(OnUnavailable.Skip, "a bounce without the fields is better than one that waits");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30_000_000)]
    public void The_size_of_what_is_returned_does_not_matter(int textLine)
    {
        // A line without end in the text for people, and a returned message of any size behind the report.
        var head = $"--b\n\n{new string('x', textLine)}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822;b\n\n--b\nContent-Type: message/rfc822\n\nReceived: x\n\n";
        using var body = new EndlessStream(Encoding.Latin1.GetBytes(head));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var report = StatusPart.Find(new OpenedBody(body.Length, () => body), "b"u8)!;
        Encoding.Latin1.GetString(report.Content).Should().EndWith("rfc822;b\n");
        body.Given.Should().BeLessThan(head.Length + 200_000, "the returned message is not read through");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2_000_000);
    }

    [Fact]
    public void A_spliced_body_reads_alike_in_pieces_of_any_size_and_from_any_place()
    {
        var text = string.Concat(Enumerable.Range(0, 50).Select(i => $"line {i}\n"));
        var body = new SplicedBody(new MemoryBody(text, false), [new Insertion(0, "first"u8.ToArray()), new Insertion(7, "[a]"u8.ToArray()), new Insertion(7, "[b]"u8.ToArray()), new Insertion(text.Length, "last"u8.ToArray())]);
        var whole = "first" + text[..7] + "[a][b]" + text[7..] + "last";
        body.Length.Should().Be(whole.Length);
        foreach (var size in new[] { 1, 2, 3, 7, 300 })
        {
            using var stream = body.OpenRead();
            stream.Position = size;
            var read = new StringBuilder();
            var buffer = new byte[size];
            for (int n; (n = stream.Read(buffer)) > 0;) read.Append(Encoding.Latin1.GetString(buffer, 0, n));
            read.ToString().Should().Be(whole[size..]);
        }
    }

    private async Task<(PassResult Result, string Body)> RunAsync(string eml, bool wire, Func<HeaderFile, HeaderFile>? change = null)
    {
        var body = eml[(eml.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        if (wire) body = body.Replace("\n", "\r\n", StringComparison.Ordinal);
        var header = Header(eml, h => (change ?? (x => x))(h.WithFlag("localerror")));
        var pass = new DsnInfoPass(_rig.Options, _rig.Logs.FindAsync);
        var context = new PassContext(header, new MemoryBody(body, wire), header.Pending, 1, new Dictionary<string, string>(), _rig.Clock.GetUtcNow());
        return ((await pass.RunAsync(context, CancellationToken.None)).AsDeclaredBy(pass.Name), body);
    }

    private static HeaderFile Header(string eml, Func<HeaderFile, HeaderFile> change)
    {
        var pair = new PairFactory { Sender = "" };
        HeaderFileReader.TryRead(pair.HeaderFile, pair.MessageId, out var header, out _).Should().BeTrue();
        return change(header!.WithoutVariable("host_address") with { Headers = HeaderSection.Read(Encoding.Latin1.GetBytes(eml), isWhole: true)!.Lines });
    }

    // Head and tail are everything but the content of the report part.
    private static (string Head, string Report, string Tail) Split(string body)
    {
        var start = body.IndexOf("\n\n", body.IndexOf("delivery-status", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal) + 2;
        var end = body.IndexOf("\n--", start, StringComparison.Ordinal) + 1;
        return (body[..start], body[start..end], body[end..]);
    }

    private static string Text(IMessageBody body)
    {
        using var reader = new StreamReader(body.OpenRead(), Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "bounces");

    /// <summary>Begins with some bytes and goes on for ever.</summary>
    private sealed class EndlessStream(byte[] head) : MemoryStream
    {
        public long Given { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var n = (int)Math.Min(buffer.Length, Math.Max(0, head.Length - Given));
            if (n > 0) head.AsSpan((int)Given, n).CopyTo(buffer);
            else buffer[..(n = Math.Min(buffer.Length, 60))].Fill((byte)'\n');
            Given += n;
            return n;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
