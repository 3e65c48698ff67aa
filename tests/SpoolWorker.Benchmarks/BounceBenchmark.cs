// Reading of bounces that a stranger made to take long, in memory on one thread: the time for half of each and for all of it. What is
// linear takes about twice as long for twice the input; the best of some runs counts, so that a busy machine does not.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Passes.BounceReading;

namespace SpoolWorker.Benchmarks;

/// <summary>The benchmark of reading bounces.</summary>
internal static class BounceBenchmark
{
    private const string Head = "From: MAILER-DAEMON@x.example\nTo: a@b.example\nSubject: Undeliverable\n";
    private const double Megabyte = 1e6;

    private static readonly (string Name, int Count, Func<int, string> Make)[] Shapes =
    [
        ("report of many recipients", 16_000, n => Dsn("x", Repeat(n, i => $"Final-Recipient: rfc822; u{i}@r.example\nAction: failed\nStatus: 5.1.1\n\n"))),
        ("lines and blocks of one address", 10_000, n => Dsn(
            "This message was created automatically by mail delivery software.\n\n" + Repeat(n, i => $"  bob@r.example\n    reason {i}\n"),
            Repeat(n / 10, _ => "Final-Recipient: rfc822; bob@r.example\nAction: failed\nStatus: 5.0.0\n\n"))),
        ("sendmail list and transcript", 7_000, n =>
            $"{Head}\n   ----- The following addresses had permanent fatal errors -----\n{Repeat(n, i => $"<u{i}@r.example>\n")}\n   ----- Transcript of session follows -----\n"
            + Repeat(n, i => $"550 5.1.1 <v{i}@r.example>... User unknown\n")),
        ("answers and recipients", 20_000, n => $"{Head}\n" + Repeat(n / 2, i => $"550 no {i}\n") + Repeat(n / 2, i => $"u{i}@r.example\n550 no\n")),
        ("X-Failed-Recipients", 10_000, n => $"{Head}X-Failed-Recipients: {Repeat(n, i => $"u{i}@r.example,\n\t")}z@r.example\n\n" + Repeat(n, i => $"550 no u{n - i}@r.example\n")),
        ("one header field", 40_000, n => $"{Head}References:{Repeat(n, i => $" <{i}@r.example>\n")}\nx\n"),
        ("comments", 200_000, n => Dsn("x", $"Final-Recipient: rfc822; {new string('(', n)} bob@r.example {new string('(', n)}\nAction: failed\n")),
        ("HTML", 60_000, n => $"{Head}Content-Type: text/html\n\n{Repeat(n, _ => "<style><!-- <a")}"),
        ("parts without boundaries", 30_000, n => $"{Head}MIME-Version: 1.0\nContent-Type: multipart/report; boundary=c\n\n{Repeat(n, _ => "--b\nContent-Type: text/plain\n\nx\n\n")}"),
    ];

    public static Command Create()
    {
        var runs = CommonOptions.Number("--runs", "Runs of each; the best counts", 5);
        var command = new Command("bounces", """
            Hostile bounces: time for half of each and for all of it

            Examples:
              bounces
              bounces --runs 20 --json
            """) { runs, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            var report = new Report("bounces", $"best of {parsed.GetValue(runs)} runs", new("what", "what"), new("megabytes", "MB", "0.00"), new("recipients", "recipients", "0"),
                new("half", "half, ms", "0.0"), new("all", "all, ms", "0.0"), new("growth", "all / half", "0.0"), new("perMegabyte", "ms a MB", "0"));
            foreach (var (name, count, make) in Shapes)
            {
                Report.Progress(name);
                var (half, _, _) = Best(make(count / 2), parsed.GetValue(runs));
                var (all, bytes, recipients) = Best(make(count), parsed.GetValue(runs));
                report.Add(name, bytes / Megabyte, recipients, half, all, all / half, all / (bytes / Megabyte));
            }
            report.Print(parsed.GetValue(CommonOptions.Json), Path.GetTempPath());
            return 0;
        });
        return command;
    }

    private static (double Milliseconds, int Bytes, int Recipients) Best(string mail, int runs)
    {
        var bytes = Encoding.Latin1.GetBytes(mail);
        var (best, recipients) = (double.MaxValue, 0);
        for (var run = 0; run <= runs; run++)
        {
            var time = Stopwatch.StartNew();
            var read = BounceReader.Read(new MemoryStream(bytes));
            foreach (var recipient in read.Recipients) _ = (recipient.Status, recipient.SmtpCode, recipient.Meaning);
            best = Math.Min(best, time.Elapsed.TotalMilliseconds);
            recipients = read.Recipients.Count;
        }
        return (best, bytes.Length, recipients);
    }

    private static string Dsn(string text, string fields) =>
        $"{Head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n{text}\n--b\n"
        + $"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{fields}\n--b--\n";

    private static string Repeat(int count, Func<int, string> piece)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++) text.Append(CultureInfo.InvariantCulture, $"{piece(i)}");
        return text.ToString();
    }
}
