using System.Text;
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Tests.BounceReading;

/// <summary>Addresses in texts, and texts made to take long.</summary>
public class MailboxFinderTests
{
    [Theory]
    [InlineData("  bob@r.example", "bob@r.example")]
    [InlineData("<bob@r.example>: no", "bob@r.example")]
    [InlineData("to bob@r.example.", "bob@r.example")]
    [InlineData("mailto:bob@r.example;", "bob@r.example")]
    [InlineData("'bob@r.example'", "bob@r.example")]
    [InlineData("o'brien@r.example", "o'brien@r.example")]
    [InlineData("''b@r.example", "b@r.example")]
    [InlineData("\"a b\"@r.example", "\"a b\"@r.example")]
    [InlineData("\"a \\\" b\"@r.example", "\"a \\\" b\"@r.example")]
    [InlineData("x\"a b\"@r.example", null)]
    [InlineData("b@[192.0.2.1]", "b@[192.0.2.1]")]
    [InlineData("b@[x]", null)]
    [InlineData("at @ all b@r", "b@r")]
    [InlineData("SRS0=a=b=c=d@fwd.example", "SRS0=a=b=c=d@fwd.example")]
    [InlineData("j\u00c3\u00b6rg@\u00c3\u00bc.example", "j\u00c3\u00b6rg@\u00c3\u00bc.example")]
    [InlineData("b@-r.example", null)]
    [InlineData("@", null)]
    [InlineData("\"@", null)]
    [InlineData("\"@r.example", null)]
    [InlineData("", null)]
    public void Finds_the_first(string line, string? address) => MailboxFinder.In(line).Should().Be(address);

    [Theory]
    [InlineData("\\a")]
    [InlineData("a'")]
    [InlineData("\"@")]
    [InlineData("a@")]
    [InlineData("\\\"@")]
    [InlineData("by a.")]
    [InlineData("550 ")]
    public void No_text_takes_long(string piece)
    {
        var line = "  " + string.Concat(Enumerable.Repeat(piece, 3900 / piece.Length)) + " @\n";
        var text = "From: MAILER-DAEMON@x\nTo: a@b.example\n\nThis message was created automatically by mail delivery software.\nThis is the mail system at host x.\n\n"
            + string.Concat(Enumerable.Repeat(line, 270));
        var before = ThreadTime.Now;

        BounceReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(text)));

        // A megabyte: well below a second of this thread's own processor time, whatever else runs; many minutes when a line takes the square of its
        // length. What is looked at cannot be counted from outside.
        (ThreadTime.Now - before).Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Sixteen_thousand_recipients_without_reasons_take_no_square_of_it()
    {
        var text = new StringBuilder("From: a@b\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=B\n\n--B\nContent-Type: text/plain\n\nThis message was created automatically by mail delivery software.\n\n");
        for (var i = 0; i < 9000; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  u{i}@r.example\n    no {i}\n");
        text.Append("\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n");
        for (var i = 16000; i-- > 0;) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\nFinal-Recipient: rfc822; u{i}@r.example\nAction: failed\nStatus: 5.0.0\n");
        var before = ThreadTime.Now;

        var report = BounceReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(text.Append("\n--B--\n").ToString())));

        report.Recipients.Should().HaveCount(16000);
        report.Recipients[^1].Reason.Should().Be("no 0");
        // As above: a tenth of a second, or some 144 million comparisons.
        (ThreadTime.Now - before).Should().BeLessThan(TimeSpan.FromSeconds(10));
    }
}
