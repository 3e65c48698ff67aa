using System.Globalization;
using System.Text;
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Tests.BounceReading;

/// <summary>Bounces a stranger made to take long. What is counted is memory handed out, which does not depend on the machine: joining,
/// sorting or copying anew for each recipient makes it grow with the square. The benchmark <c>bounces</c> shows the time.</summary>
public class HostileBounceTests
{
    private const string Head = "From: MAILER-DAEMON@x.example\nTo: a@b.example\nSubject: Undeliverable\n";

    // Twice the input may take little more than twice the memory; buffers grow by doubling.
    private const double MostGrowth = 2.7;

    public static TheoryData<string> Shapes => [.. Makers.Keys];

    private static readonly Dictionary<string, (int Count, Func<int, string> Make)> Makers = new()
    {
        ["lines and blocks of one address"] = (10_000, n => Report("This message was created automatically by mail delivery software.\n\n" + Repeat(n, i => $"  bob@r.example\n    reason {i}\n"),
            Repeat(n / 10, _ => "Final-Recipient: rfc822; bob@r.example\nAction: failed\nStatus: 5.0.0\n\n"))),
        ["sendmail list and transcript"] = (7_000, n => $"{Head}\n   ----- The following addresses had permanent fatal errors -----\n{Repeat(n, i => $"<u{i}@r.example>\n")}\n   ----- Transcript of session follows -----\n"
            + Repeat(n, i => $"550 5.1.1 <v{i}@r.example>... User unknown\n")),
        ["sendmail transcript"] = (7_000, n => $"{Head}\n   ----- Transcript of session follows -----\n" + Repeat(n, i => $">>> RCPT To:<u{i}@r.example>\n<<< 550 no\n")),
        ["answers and recipients"] = (18_000, n => $"{Head}\n" + Repeat(n / 2, i => $"550 no {i}\n") + Repeat(n / 2, i => $"u{i}@r.example\n550 no\n")),
        ["X-Failed-Recipients"] = (10_000, n => $"{Head}X-Failed-Recipients: {Repeat(n, i => $"u{i}@r.example,\n\t")}z@r.example\n\n" + Repeat(n, i => $"550 no u{n - i}@r.example\n")),
        ["one long answer for all"] = (10_000, n => $"{Head}X-Failed-Recipients: {Repeat(n, i => $"u{i}@r.example,\n\t")}z@r.example\n\n550 no\n" + Repeat(30, _ => new string('x', 3900) + "\n")),
        ["list of old Exchange"] = (10_000, n => $"{Head}\nThe following recipient(s) could not be reached:\n\n" + Repeat(n, i => $"      u{i}@r.example on 4/29/01 11:34:45 PM\n")),
        ["groups without a blank line"] = (10_000, n => Report("x", Repeat(n, i => $"Final-Recipient: rfc822; u{i}@r.example\nAction: failed\n"))),
        ["comments that never end"] = (100_000, n => Report("x", $"Final-Recipient: {new string('(', n)}rfc822; bob@r.example{new string('(', n)}\nAction: failed\n")),
        ["comments within comments"] = (100_000, n => Report("x", $"Final-Recipient: rfc822; {new string('(', n)}{new string(')', n)} bob@r.example\nAction: failed\n")),
        ["HTML that never closes"] = (60_000, n => $"{Head}Content-Type: text/html\n\n{Repeat(n, _ => "<style><!-- <a")}"),
        ["parts without boundaries"] = (30_000, n => $"{Head}MIME-Version: 1.0\nContent-Type: multipart/report; boundary=c\n\n{Repeat(n, _ => "--b\nContent-Type: text/plain\n\nx\n\n")}"),
        ["escapes that never end"] = (50_000, n => Report("x", $"Final-Recipient: utf-8; {Repeat(n, _ => "\\x{")}bob@r.example\nAction: failed\n")),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Memory_grows_with_the_input(string shape)
    {
        var (count, make) = Makers[shape];
        Allocated(make(count / 4));

        var half = Allocated(make(count / 2));
        var whole = Allocated(make(count));

        ((double)whole / half).Should().BeLessThan(MostGrowth, "{0} bytes were taken for half of it and {1} for all", half, whole);
    }

    [Fact]
    public void No_report_has_more_recipients_than_the_limit()
    {
        var report = Read(Report("x", Repeat(25_000, i => $"Final-Recipient: rfc822; u{i}@r.example\nAction: failed\n\n")));

        report.Recipients.Should().HaveCount(20_000);
    }

    [Fact]
    public void A_text_names_as_many_recipients_as_Exim_takes()
    {
        const int Most = 16_384;
        var report = Read($"{Head}Content-Type: text/plain\n\nThis message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
            + Repeat(Most, i => $"  u{i}@r.example\n    550 no\n\n"));

        report.Recipients.Should().HaveCount(Most);
    }

    [Fact]
    public void No_reason_is_longer_than_the_limit_and_many_recipients_share_one()
    {
        var (_, make) = Makers["one long answer for all"];

        var report = Read(make(1000));

        report.Recipients.Should().HaveCount(1001);
        report.Recipients[0].Reason.Length.Should().BeLessThanOrEqualTo(4000);
        foreach (var recipient in report.Recipients) recipient.Reason.Should().BeSameAs(report.Recipients[0].Reason);
    }

    [Fact]
    public void Text_is_read_to_the_limit_of_lines_and_one_address_has_few_reasons()
    {
        var (count, make) = Makers["lines and blocks of one address"];

        var report = Read(make(count));

        report.Recipients.Should().HaveCount(count / 10);
        report.Recipients[^1].Reason.Should().StartWith("reason 0; reason 1;").And.EndWith("reason 9");
    }

    private static long Allocated(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var recipient in BounceReader.Read(new MemoryStream(bytes)).Recipients) _ = (recipient.Status, recipient.SmtpCode, recipient.Meaning);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static BounceReport Read(string text) => BounceReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(text)));

    private static string Report(string text, string fields) =>
        $"{Head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n{text}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{fields}\n--b--\n";

    private static string Repeat(int count, Func<int, string> piece)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++) text.Append(CultureInfo.InvariantCulture, $"{piece(i)}");
        return text.ToString();
    }
}
