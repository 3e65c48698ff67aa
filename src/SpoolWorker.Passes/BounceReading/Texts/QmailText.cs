// qmail-send's bounces (QSBMF): "<address>:" alone on a line and what was wrong, in paragraphs. Yahoo and others took the form over,
// with greetings of their own, so the form is known by its paragraphs.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of qmail's form.</summary>
internal static partial class QmailText
{
    public static BounceReport? Read(BounceLetter letter)
    {
        var lines = letter.Lines;
        var hello = letter.FindAny("qmail-send program", "Unable to deliver message to the following address");
        if (hello < 0 && !letter.IsFromMailer) return null;
        var recipients = new List<BouncedRecipient>();
        for (var i = hello + 1; i < lines.Count && recipients.Count < StatusFields.MostRecipients; i++)
        {
            if (!IsAddressLine(lines[i], out var address)) continue;
            var reason = string.Join(' ', letter.Following(i + 1, l => l.Length > 0 && !IsAddressLine(l, out _)));
            var remote = Remote().Match(reason);
            // Courier has the form, too, and names the host
            var (name, ip) = remote.Success ? ("", $"[{remote.Groups["ip"].Value}]") : SmtpAnswers.In(reason) < 0 ? ("", "") : SmtpAnswers.HostIn(reason);
            recipients.Add(new BouncedRecipient
            {
                Address = address,
                Action = letter.Action,
                Reason = reason,
                Written = BounceStatus.InAnswer(reason),
                RemoteMta = name,
                RemoteAddress = ip,
            });
        }
        var at = hello < 0 ? -1 : lines[hello].IndexOf("program at ", StringComparison.Ordinal);
        return new BounceReport { Form = BounceForm.Qmail, Recipients = recipients, ReportingMta = at < 0 ? "" : lines[hello][(at + 11)..].TrimEnd('.', ' ') };
    }

    private static bool IsAddressLine(string line, out string address)
    {
        address = line.StartsWith('<') && line.EndsWith(">:", StringComparison.Ordinal) ? line[1..^2].Trimmed() : "";
        return address.Length > 0 && !address.Contains('>', StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?<ip>\d{1,3}(?:\.\d{1,3}){3})_?(?: |_)(?:does not like|failed after|connected but)", RegexOptions.CultureInvariant)]
    private static partial Regex Remote();
}
