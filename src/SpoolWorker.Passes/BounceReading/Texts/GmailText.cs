// Gmail, of old ("Delivery to the following recipient failed permanently") and of today ("Your message wasn't delivered to …"). The answer
// stands behind a sentence, on its line or below it.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of Gmail.</summary>
internal static partial class GmailText
{
    private static readonly string[] AnswerMarks = ["other server returned was", "The response", "Technical details of"];

    public static BounceReport? Read(BounceLetter letter)
    {
        var lines = letter.Lines;
        var start = letter.FindAny(
            "Delivery to the following recipient failed", "Delivery to the following recipient has been delayed",
            "Your message wasn't delivered to", "Your message wasn\u00e2\u0080\u0099t delivered to",
            "There was a temporary problem delivering your message to", "An error occurred while trying to deliver");
        if (start < 0) return null;
        var response = letter.FindAny(AnswerMarks);
        var reason = response < 0 ? "" : Answer(letter, response);
        var host = lines.Select(l => Host().Match(l)).FirstOrDefault(m => m.Success);
        // The answer may come first only where it names another host's words for a recipient that stands above it.
        var technical = letter.Find("Technical details of");
        var stop = new[] { response, technical }.Where(i => i > start).DefaultIfEmpty(lines.Count).Min();
        var recipients = lines.Skip(start).Take(stop - start).Select(MailboxFinder.In).OfType<string>().Distinct().Take(StatusFields.MostRecipients)
            .Select(a => new BouncedRecipient
            {
                Address = a,
                Action = letter.Action,
                Reason = reason,
                RemoteMta = host?.Groups["host"].Value.TrimEnd('.') ?? "",
            }).ToList();
        return new BounceReport { Form = BounceForm.Gmail, Recipients = recipients, ReportingMta = "gmail.com" };
    }

    private static string Answer(BounceLetter letter, int at)
    {
        var line = letter.Lines[at];
        // "The error that the other server returned was: 550 …": the rest of the line belongs to it
        var mark = AnswerMarks.Max(m => line.IndexOf(m, StringComparison.OrdinalIgnoreCase));
        var colon = line.IndexOf(':', mark);
        var rest = colon < 0 ? "" : line[(colon + 1)..].Trimmed();
        var next = at + 1;
        if (rest.Length == 0)
        {
            while (next < letter.Lines.Count && letter.Lines[next].Length == 0) next++;
        }
        return string.Join(' ', letter.Following(next, l => l.Length > 0).Prepend(rest)).Trimmed();
    }

    // "by mx.r.example. [192.0.2.1]." of the server for the recipient domain
    [GeneratedRegex(@"\bby (?<host>[\w-][\w.-]{0,254}\w)\.?(?= \[[0-9A-Fa-f:.]{3,45}\])", RegexOptions.CultureInvariant)]
    private static partial Regex Host();
}
