// Postfix's bounces (bounce(8)): "<address>: host mx[192.0.2.1] said: 550 …  (in reply to RCPT TO command)", folded with blanks in front.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of Postfix.</summary>
internal static partial class PostfixText
{
    public static BounceReport? Read(BounceLetter letter)
    {
        var lines = letter.Lines;
        var hello = FindHello(lines);
        if (hello < 0) return null;
        var recipients = new List<BouncedRecipient>();
        for (var i = hello + 1; i < lines.Count && recipients.Count < StatusFields.MostRecipients; i++)
        {
            var end = lines[i].IndexOf('>', StringComparison.Ordinal);
            if (!lines[i].StartsWith('<') || end < 2) continue;
            var original = Original().Match(lines[i]);
            var colon = lines[i].IndexOf(": ", end, StringComparison.Ordinal);
            if (colon < 0 && !lines[i].EndsWith(':')) continue;
            var reason = string.Join(' ', new[] { colon < 0 ? "" : lines[i][(colon + 2)..] }.Concat(letter.Following(i + 1, l => l.StartsWith(' ')))).Trimmed();
            var host = reason.StartsWith("host ", StringComparison.Ordinal) ? reason[5..].Split(' ')[0] : "";
            var (name, ip) = SmtpAnswers.HostOf(host);
            recipients.Add(new BouncedRecipient
            {
                Address = lines[i][1..end],
                Original = original.Success ? original.Groups["address"].Value : "",
                Action = letter.Action,
                Reason = reason,
                RemoteMta = name,
                RemoteAddress = ip,
            });
        }
        var at = lines[hello].IndexOf("host ", StringComparison.Ordinal);
        return new BounceReport { Form = BounceForm.Postfix, Recipients = recipients, ReportingMta = at < 0 ? "" : lines[hello][(at + 5)..].TrimEnd('.', ' ') };
    }

    // "This is the mail system at host", "This is the Postfix program at host", and what distributors and mail_name made of it
    private static int FindHello(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("This is the ", StringComparison.OrdinalIgnoreCase)
                && (lines[i].Says(" program at host ") || lines[i].Says(" system at "))) return i;
        }
        return -1;
    }

    [GeneratedRegex(@"\(expanded from <(?<address>[^>]+)>\)", RegexOptions.CultureInvariant)]
    private static partial Regex Original();
}
