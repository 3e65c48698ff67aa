using System.Globalization;
using System.Text;
using SpoolWorker.Passes.BounceReading;

namespace SpoolWorker.Tests.BounceReading;

/// <summary>Header fields of a size no mail has are cut before MimeKit sees them, wherever a header stands.</summary>
public class LongFieldsTests
{
    private static readonly string Fold = string.Concat(Enumerable.Repeat(" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 4000));

    [Theory]
    [InlineData("From: a@b.example\nX-A: {0}Subject: s\n\nbody\n")]
    [InlineData("From: a@b.example\n\n--b\nContent-Type: text/plain\nX-A: {0}Content-Language: en\n\nbody\n")]
    [InlineData("From: a@b.example\n\n--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\nX-A: {0}Subject: s\n\nbody\n")]
    public void A_long_field_is_cut_and_what_stands_behind_it_stays(string format)
    {
        var parts = format.Split("{0}");

        var cut = Cut(parts[0] + "x\n" + Fold + parts[1]);

        cut.Length.Should().BeLessThan(20_000);
        cut.Should().StartWith(parts[0]).And.EndWith("\n" + parts[1]);
    }

    [Fact]
    public void A_long_line_keeps_its_end()
    {
        Cut($"X-A: {new string('a', 100_000)}\nSubject: s\n\n").Should().MatchRegex("^X-A: a+\nSubject: s\n\n$").And.HaveLength(16 * 1024 + 1 + 12);
    }

    [Theory]
    [InlineData("From: a@b.example\nSubject: s\n\n{0}")]
    [InlineData("From: a@b.example\n\n--b\n\n{0}")]
    public void Text_is_not_touched(string format)
    {
        var mail = format.Replace("{0}", Fold, StringComparison.Ordinal);

        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(mail));
        LongFields.Cut(stream).Should().BeSameAs(stream);
        stream.Position.Should().Be(0);
    }

    [Fact]
    public void All_of_X_Failed_Recipients_is_read()
    {
        var names = string.Join(",\n\t", Enumerable.Range(0, 10_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"u{i}@r.example")));
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes($"From: MAILER-DAEMON@x.example\nX-Failed-Recipients: {names}\nTo: a@b.example\n\n550 no\n"));

        var report = BounceReader.Read(stream);

        report.Recipients.Should().HaveCount(10_000);
        report.Recipients[^1].Address.Should().Be("u9999@r.example");
        report.ReturnedTo.Should().Be("a@b.example");
    }

    private static string Cut(string mail)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(mail));
        using var cut = new StreamReader(LongFields.Cut(stream), Encoding.Latin1);
        return cut.ReadToEnd();
    }
}
