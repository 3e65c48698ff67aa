// Exchange and Microsoft 365. Old ones: a list of "bob@r.example on DATE" with what was wrong below each. New ones: "Diagnostic
// information for administrators" names server, recipient and answer.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of Exchange.</summary>
internal static partial class ExchangeText
{
    public static BounceReport? Read(BounceLetter letter)
    {
        var lines = letter.Lines;
        // The line before the list counts: further up stand To, Subject and Sent of the message, where To is who sent it, too.
        var start = letter.FindAny("recipient(s) could not be reached", "did not reach the following recipient", "recipients could not be reached",
            "Delivery has failed to these recipients", "did not reach");
        var admin = letter.Find("Diagnostic information for administrators");
        if (start < 0 && admin < 0) return null;
        var server = lines.FirstOrDefault(l => l.StartsWith("Generating server:", StringComparison.OrdinalIgnoreCase))?[18..].Trimmed() ?? "";
        var recipients = new List<BouncedRecipient>();
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = Math.Max(admin, start) + 1; i < lines.Count && recipients.Count < StatusFields.MostRecipients; i++)
        {
            var (entry, told) = admin < 0 ? Listed(letter, i) : Diagnosed(letter, i);
            if (entry is not { } address) continue;
            if (known.Add(address)) recipients.Add(Recipient(letter, address, told, admin >= 0));
            i += told.Count;
        }
        return new BounceReport { Form = BounceForm.Exchange, Recipients = recipients, ReportingMta = server };
    }

    private static BouncedRecipient Recipient(BounceLetter letter, string address, List<string> told, bool isDiagnosed)
    {
        var answer = told.FindIndex(SmtpAnswers.Has);
        var above = answer > 0 ? told[answer - 1] : "";
        var host = above.Contains('.', StringComparison.Ordinal) && !above.Contains(' ', StringComparison.Ordinal) ? above : "";
        var reason = string.Join(' ', answer >= 0 && (host.Length > 0 || isDiagnosed) ? told.Skip(answer) : told).Replace("Remote Server returned ", "", StringComparison.OrdinalIgnoreCase);
        return new BouncedRecipient { Address = address, Action = letter.Action, Reason = reason.Trim('\'', '"', ' ', '#', '<', '>'), RemoteMta = host };
    }

    // "bob@r.example on 4/29/01 11:34:45 PM", "'Bob' on …" with the address in the answer; wrapped before the date or in it
    private static (string? Address, List<string> Told) Listed(BounceLetter letter, int at)
    {
        var line = letter.Lines[at].Trimmed();
        var isDated = Dated().IsMatch(line);
        var found = MailboxFinder.All(line).FirstOrDefault();
        var starts = found.Address is not null
            && (line[..found.Start].All(c => c is '<' or '\'' or '"' or '(' or '[') || MailboxFinder.OfX400(line) is not null);
        if (!isDated && (!starts || SmtpAnswers.Has(line))) return (null, []);
        var told = letter.Following(at + 1, l => l.Length > 0 && !Dated().IsMatch(l));
        if (told.Count == 0) told = letter.Following(at + 2, l => l.Length > 0);
        // The rest of the date, where it was wrapped
        if (isDated && told.Count > 0 && !told[0].Any(c => char.IsLetter(c) && c is not ('A' or 'P' or 'M'))) told.RemoveAt(0);
        if (found.Address is { } address) return (address, told);
        return (told.Select(MailboxFinder.In).FirstOrDefault(a => a is not null), told);
    }

    private static (string? Address, List<string> Told) Diagnosed(BounceLetter letter, int at)
    {
        var line = letter.Lines[at];
        if (SmtpAnswers.Has(line) || MailboxFinder.In(line) is not { } address) return (null, []);
        var told = letter.Following(at + 1, l => l.Length > 0);
        if (told.Count == 0) told = letter.Following(at + 2, l => l.Length > 0);
        return told.Exists(SmtpAnswers.Has) ? (address, told) : (null, []);
    }

    [GeneratedRegex(@" on (?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|[A-Z][a-z]{2}, \d{1,2} )", RegexOptions.CultureInvariant)]
    private static partial Regex Dated();
}
