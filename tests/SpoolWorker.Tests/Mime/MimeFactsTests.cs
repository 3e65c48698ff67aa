using System.Text;
using SpoolWorker.Passes.Mime;
using static SpoolWorker.Tests.Mime.MimeRig;

namespace SpoolWorker.Tests.Mime;

/// <summary>Names, types and sizes of attachments, as people's programs will see them, and what makes a message unreadable.</summary>
public class MimeFactsTests
{
    private const string Text = "Content-Type: text/plain\n\nHello\n";

    [Theory]
    [InlineData(false, int.MaxValue)]
    [InlineData(true, int.MaxValue)]
    [InlineData(false, 1)]
    [InlineData(true, 7)]
    public void An_attachment_has_name_types_and_size(bool isWire, int piece)
    {
        byte[] program = [.. "MZ"u8, .. new byte[9_998]];
        var facts = Read(Mixed, Body(Text, Attached("holiday.jpg", program, "image/JPEG; name=\"holiday.exe\"")), isWire, piece);
        facts.Names.Should().Equal("holiday.jpg", "holiday.exe");
        facts.Types.Should().Equal("image/jpeg", "application/x-dosexec");
        facts.Sizes.Should().Equal(10_000);
        facts.Members.Should().BeEmpty();
        facts.Error.Should().BeNull();
    }

    [Theory]
    [InlineData("Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac%20rates.exe", "€ rates.exe")]
    [InlineData("Content-Disposition: attachment; filename*0=\"long\"; filename*1=\"name.exe\"", "longname.exe")]
    [InlineData("Content-Disposition: attachment; filename=\"=?utf-8?q?b=C3=B6se.exe?=\"", "böse.exe")]
    [InlineData("Content-Disposition: attachment; filename=\"=?windows-1251?B?9ODp6y5leGU=?=\"", "файл.exe")]
    [InlineData("Content-Type: application/x; name=only.exe", "only.exe")]
    [InlineData("Content-Disposition: attachment; filename=\"trailing.exe. . \"", "trailing.exe")]
    [InlineData("Content-Disposition: attachment; filename*=UTF-8''evil%E2%80%AEgpj.exe", "evilgpj.exe")]
    [InlineData("Content-Disposition: attachment; filename*=UTF-8''nul%00%0D%0Al.exe", "null.exe")]
    [InlineData("Content-Disposition: attachment; filename=../../etc/passwd", "../../etc/passwd")]
    public void Names_are_decoded_and_hide_nothing(string field, string name)
    {
        var facts = Read(Mixed, Body(Text, $"{field}\n\nx\n"));
        facts.Names.Should().Equal(name);
        facts.Error.Should().BeNull();
    }

    [Fact]
    public void Text_that_is_to_be_read_is_no_attachment()
    {
        var facts = Read(Mixed, Body(Text, "Content-Type: text/html; charset=utf-8\nContent-Disposition: inline\n\n<p>Hi</p>\n"));
        facts.Types.Should().BeEmpty();
        facts.Sizes.Should().BeEmpty();
        Read("Subject: plain\n", "Hello\n").Types.Should().BeEmpty();
        Read(Mixed, Body(Text, "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog\n")).Types.Should().Equal("text/plain");
    }

    [Fact]
    public void What_calls_itself_text_and_is_a_program_is_told()
    {
        var facts = Read(Mixed, Body($"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String("MZ this is one"u8)}\n"));
        facts.Types.Should().Equal("text/plain", "application/x-dosexec");
    }

    [Fact]
    public void A_message_that_is_one_attachment_has_it()
    {
        var facts = Read($"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n", Convert.ToBase64String("%PDF-1.7"u8) + "\n");
        facts.Names.Should().Equal("a.pdf");
        facts.Types.Should().Equal("application/pdf");
        facts.Sizes.Should().Equal(8);
    }

    [Fact]
    public void Parts_of_a_forwarded_message_are_the_messages_own()
    {
        var inner = $"From: b@from.example\n{Mixed}\n{Body(Text, Attached("inner.exe", "MZ"u8.ToArray()))}".Replace(Boundary, "=_inner", StringComparison.Ordinal);
        var facts = Read(Mixed, Body(Text, "Content-Type: message/rfc822; name=fwd.eml\n\n" + inner));
        facts.Names.Should().Equal("fwd.eml", "inner.exe");
        facts.Types.Should().Equal("message/rfc822", "application/octet-stream", "application/x-dosexec");
        facts.Error.Should().BeNull();
    }

    [Theory]
    [InlineData("Content-Type: application/x\nContent-Type: text/plain\n\nx\n", "a part has Content-Type twice")]
    [InlineData("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nx\n", "a part has Content-Transfer-Encoding twice")]
    [InlineData("Content-Transfer-Encoding: base65\n\nx\n", "a part is encoded as 'base65', which nobody knows")]
    [InlineData("Content-Type: multipart/mixed\n\nx\n", "a multipart has no boundary")]
    [InlineData("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYQoKYQo=\n", "a message in it is encoded*")]
    public void What_readers_disagree_about_is_an_error(string part, string error) => Read(Mixed, Body(Text, part)).Error.Should().Match(error);

    [Fact]
    public void Ten_thousand_levels_are_no_stack_and_an_error()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 10_000; i++) body.Append($"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n");
        Read("Content-Type: multipart/mixed; boundary=b0\n", body.ToString()).Error.Should().Be($"its parts lie in each other more than {MimeLimits.Depth} deep");
    }

    [Fact]
    public void Parts_without_number_are_an_error()
    {
        var parts = string.Concat(Enumerable.Repeat($"--{Boundary}\nContent-Type: application/x\n\n\n", MimeLimits.Parts + 1));
        Read(Mixed, parts).Error.Should().Be($"it has more than {MimeLimits.Parts} parts");
    }

    [Fact]
    public void A_header_without_end_is_an_error_and_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var body = new OpenedBody(5L << 30, () => new Endless());
        MimeFactsReader.Read(Message(Mixed), body, CancellationToken.None).Error.Should().Be($"a header has more than {MimeLimits.Header >> 20} MiB");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(200 << 20);
    }

    [Fact]
    public void A_name_of_sixty_kilobytes_is_an_error_and_its_end_is_kept()
    {
        var facts = Read(Mixed, Body(Attached(new string('n', 60_000) + ".exe", "x"u8.ToArray())));
        facts.Names.Should().ContainSingle().Which.Should().HaveLength(MimeLimits.Name).And.EndWith("n.exe");
        facts.Error.Should().Be($"the name of an attachment has more than {MimeLimits.Name} characters");
    }

    [Fact]
    public void A_long_look_ends_when_it_is_to()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var look = () => MimeFactsReader.Read(Message(Mixed), new MemoryBody(Body(Text)), cancelled.Token);
        look.Should().Throw<OperationCanceledException>();
    }

    // A boundary, and then a field of the part's header that never ends.
    private sealed class Endless() : SpoolWorker.Spool.ReadOnlyStream(5L << 30)
    {
        private static readonly byte[] Start = Encoding.Latin1.GetBytes($"--{Boundary}\nX-Long: ");

        protected override int ReadAt(long position, Span<byte> buffer)
        {
            buffer.Fill((byte)'x');
            if (position < Start.Length) Start.AsSpan((int)position, Math.Min(Start.Length - (int)position, buffer.Length)).CopyTo(buffer);
            return buffer.Length;
        }
    }
}
