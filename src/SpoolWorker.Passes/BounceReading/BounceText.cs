// Reads the text of a bounce that has no part for machines, or a bad one. One method a form, each tried in turn: it knows its
// form by a sentence that form always has. Texts are Latin-1. Nothing here throws; a form that finds no address gives way to the next.
using System.Net;
using System.Text.RegularExpressions;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.BounceReading;

/// <summary>Forms of bounce texts.</summary>
internal static partial class BounceText
{
    private const int MostLines = 20_000, MostLine = 4000, MostReason = 30;
    private static readonly string[] ReturnedMarks = ["--- Below this line", "------ This is a copy", "----- Original message", "--- The header of the original", "----- Message header follows", "--- Original message", "Original message headers:", "--- Enclosed are", "--- Undelivered message follows"];

    /// <summary>Lines up to the returned message.</summary>
    public static IReadOnlyList<string> Lines(string text)
    {
        var lines = new List<string>();
        foreach (var raw in text.Split('\n').Take(MostLines))
        {
            var line = raw.TrimEnd('\r', ' ', '\t');
            if (ReturnedMarks.Any(m => line.Contains(m, StringComparison.OrdinalIgnoreCase))) break;
            lines.Add(line.Length > MostLine ? line[..MostLine] : line);
        }
        return lines;
    }

    public static BounceReport Read(IReadOnlyList<string> lines, string from, IReadOnlyList<string> failed)
    {
        Func<IReadOnlyList<string>, BounceReport?>[] forms = [Exim, Qmail, Postfix, Sendmail, Exchange, Gmail];
        foreach (var form in forms)
        {
            if (form(lines) is { Recipients.Count: > 0 } report) return report;
        }
        return Other(lines, from, failed);
    }

    // deliver.c: two blanks before an address, four before what was wrong with it
    private static BounceReport? Exim(IReadOnlyList<string> lines)
    {
        if (Find(lines, "created automatically by mail delivery software") < 0) return null;
        var delayed = Find(lines, "has not yet been delivered") >= 0 || Find(lines, "have not yet been delivered") >= 0;
        var recipients = new List<BouncedRecipient>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (!(lines[i].StartsWith("  ", StringComparison.Ordinal) && lines[i].Length > 2 && lines[i][2] != ' ') || AddressIn(lines[i]) is not { } address) continue;
            var told = Following(lines, i + 1, l => l.StartsWith("    ", StringComparison.Ordinal));
            var host = told.FirstOrDefault(l => l.StartsWith("host ", StringComparison.Ordinal)) ?? "";
            var parent = told.FirstOrDefault(l => l.StartsWith("(generated from ", StringComparison.Ordinal) || l.StartsWith("(ultimately generated from ", StringComparison.Ordinal));
            var reason = string.Join(' ', told.Where(l => l != host && l != parent)).Replace("Delay reason: ", "", StringComparison.Ordinal);
            var (name, ip) = HostOf(host.Length > 5 ? host[5..] : "");
            recipients.Add(new BouncedRecipient
            {
                Address = address, Original = parent is null ? "" : AddressIn(parent) ?? "", Action = delayed ? "delayed" : "failed", Reason = reason, RemoteMta = name, RemoteAddress = ip,
            });
        }
        var id = lines.Select(l => l.Contains("message identifier is:", StringComparison.Ordinal) ? EximIdIn(l) : "").FirstOrDefault(l => l.Length > 0) ?? "";
        return new BounceReport { Form = BounceForm.Exim, Recipients = recipients, FailedEximId = id };
    }

    // qmail-send(8): "<address>:" and what was wrong, in paragraphs (QSBMF); Yahoo and others took it over
    private static BounceReport? Qmail(IReadOnlyList<string> lines)
    {
        var hello = Find(lines, "qmail-send program");
        if (hello < 0) hello = Find(lines, "Unable to deliver message to the following address");
        if (hello < 0) return null;
        var recipients = new List<BouncedRecipient>();
        for (var i = hello + 1; i < lines.Count; i++)
        {
            if (!lines[i].StartsWith('<') || !lines[i].EndsWith(">:", StringComparison.Ordinal)) continue;
            var reason = string.Join(' ', Following(lines, i + 1, l => l.Length > 0));
            var remote = RemoteOfQmail().Match(reason);
            recipients.Add(new BouncedRecipient
            {
                Address = lines[i][1..^2], Action = "failed", Reason = reason, Written = Code(reason),
                RemoteAddress = remote.Success ? $"[{remote.Groups["ip"].Value}]" : "",
            });
        }
        var at = lines[hello].IndexOf("program at ", StringComparison.Ordinal);
        return new BounceReport { Form = BounceForm.Qmail, Recipients = recipients, ReportingMta = at < 0 ? "" : lines[hello][(at + 11)..].TrimEnd('.', ' ') };
    }

    // bounce(8): "<address>: host mx[192.0.2.1] said: 550 …  (in reply to RCPT TO command)"
    private static BounceReport? Postfix(IReadOnlyList<string> lines)
    {
        var hello = Find(lines, "This is the mail system at host");
        if (hello < 0) hello = Find(lines, "This is the Postfix program at host");
        if (hello < 0) return null;
        var delayed = Find(lines, "could not be delivered for more than") >= 0 || Find(lines, "warning only") >= 0;
        var recipients = new List<BouncedRecipient>();
        for (var i = hello + 1; i < lines.Count; i++)
        {
            var end = lines[i].IndexOf('>', StringComparison.Ordinal);
            if (!lines[i].StartsWith('<') || end < 2) continue;
            var original = OriginalOfPostfix().Match(lines[i]);
            var colon = lines[i].IndexOf(": ", end, StringComparison.Ordinal);
            if (colon < 0 && !lines[i].EndsWith(':')) continue;
            var reason = string.Join(' ', new[] { colon < 0 ? "" : lines[i][(colon + 2)..] }.Concat(Following(lines, i + 1, l => l.StartsWith(' ')))).Trim();
            var host = reason.StartsWith("host ", StringComparison.Ordinal) ? reason[5..].Split(' ')[0] : "";
            var (name, ip) = HostOf(host);
            recipients.Add(new BouncedRecipient
            {
                Address = lines[i][1..end], Original = original.Success ? original.Groups["address"].Value : "", Action = delayed ? "delayed" : "failed", Reason = reason, RemoteMta = name, RemoteAddress = ip,
            });
        }
        var reporter = lines[hello][(lines[hello].IndexOf("host ", StringComparison.Ordinal) + 5)..].TrimEnd('.', ' ');
        return new BounceReport { Form = BounceForm.Postfix, Recipients = recipients, ReportingMta = reporter };
    }

    // sendmail: a list of addresses, then the transcript of the session
    private static BounceReport? Sendmail(IReadOnlyList<string> lines)
    {
        var list = Find(lines, "The following addresses had");
        var transcript = Find(lines, "Transcript of session follows");
        if (list < 0 && transcript < 0) return null;
        var delayed = list >= 0 && lines[list].Contains("transient", StringComparison.Ordinal);
        var talk = transcript < 0 ? [] : lines.Skip(transcript + 1).ToList();
        var host = talk.FirstOrDefault(l => l.StartsWith("... while talking to ", StringComparison.Ordinal))?[21..].TrimEnd(':', '.', ' ') ?? "";
        var recipients = new List<BouncedRecipient>();
        for (var i = list + 1; list >= 0 && i < lines.Count && i != transcript; i++)
        {
            if (lines[i].Length == 0 || lines[i][0] is ' ' or '(' or '-' || AddressIn(lines[i]) is not { } address) continue;
            var told = Following(lines, i + 1, l => l.StartsWith(' '));
            var reason = told.FirstOrDefault(l => l.StartsWith("(reason: ", StringComparison.Ordinal))?[9..].TrimEnd(')') ?? SentenceAbout(talk, address);
            var expanded = told.FirstOrDefault(l => l.StartsWith("(expanded from: ", StringComparison.Ordinal));
            recipients.Add(new BouncedRecipient
            {
                Address = address, Original = expanded is null ? "" : AddressIn(expanded) ?? "", Action = delayed ? "delayed" : "failed", Reason = reason, Written = Code(SentenceAbout(talk, address)), RemoteMta = host,
            });
        }
        if (recipients.Count == 0)
            recipients.AddRange(talk.Where(l => SmtpAnswer().IsMatch(l)).Select(l => (Line: l, Address: AddressIn(l))).Where(t => t.Address is not null)
                .Select(t => new BouncedRecipient { Address = t.Address!, Reason = t.Line, Written = Code(t.Line), RemoteMta = host }));
        return new BounceReport { Form = BounceForm.Sendmail, Recipients = recipients };
    }

    // Exchange and Microsoft 365: "Diagnostic information for administrators" names server, recipient and answer
    private static BounceReport? Exchange(IReadOnlyList<string> lines)
    {
        var start = Find(lines, "Delivery has failed to these recipients");
        if (start < 0) start = Find(lines, "did not reach");
        var admin = Find(lines, "Diagnostic information for administrators");
        if (start < 0 && admin < 0) return null;
        var server = lines.FirstOrDefault(l => l.StartsWith("Generating server:", StringComparison.OrdinalIgnoreCase))?[18..].Trim() ?? "";
        var recipients = new List<BouncedRecipient>();
        for (var i = Math.Max(admin, start) + 1; i < lines.Count; i++)
        {
            if (AddressIn(lines[i]) is not { } address || SmtpAnswer().IsMatch(lines[i]) || recipients.Exists(r => r.Address == address)) continue;
            var told = Following(lines, i + 1, l => l.Length > 0);
            if (told.Count == 0) told = Following(lines, i + 2, l => l.Length > 0);
            var answer = told.FindIndex(l => SmtpAnswer().IsMatch(l));
            if (answer < 0 && admin >= 0 && i > admin) continue;
            var reason = string.Join(' ', answer < 0 ? told : told.Skip(answer)).Replace("Remote Server returned ", "", StringComparison.OrdinalIgnoreCase).Trim('\'', '"', ' ', '#', '<', '>');
            recipients.Add(new BouncedRecipient { Address = address, Reason = reason, RemoteMta = answer > 0 && told[answer - 1].Contains('.', StringComparison.Ordinal) && !told[answer - 1].Contains(' ', StringComparison.Ordinal) ? told[answer - 1] : "" });
        }
        return new BounceReport { Form = BounceForm.Exchange, Recipients = recipients, ReportingMta = server };
    }

    // Gmail, of old ("Delivery to the following recipient failed permanently") and of today ("Your message wasn't delivered to …")
    private static BounceReport? Gmail(IReadOnlyList<string> lines)
    {
        var text = string.Join('\n', lines);
        var delayed = text.Contains("Delivery incomplete", StringComparison.OrdinalIgnoreCase) || text.Contains("has been delayed", StringComparison.OrdinalIgnoreCase) || text.Contains("Gmail will retry", StringComparison.OrdinalIgnoreCase);
        var start = Find(lines, "Delivery to the following recipient");
        if (start < 0) start = Find(lines, "Your message wasn't delivered to");
        if (start < 0) start = Find(lines, "There was a temporary problem delivering your message to");
        if (start < 0) return null;
        var response = Find(lines, "other server returned was");
        if (response < 0) response = Find(lines, "The response");
        if (response < 0) response = Find(lines, "Technical details of");
        var reason = response < 0 ? "" : string.Join(' ', lines.Skip(response + (lines[response].Contains("Technical", StringComparison.Ordinal) ? 0 : 1)).SkipWhile(l => l.Length == 0).TakeWhile(l => l.Length > 0).Take(MostReason));
        var host = HostOfGmail().Match(text);
        var stop = response < 0 ? lines.Count : response;
        var recipients = lines.Skip(start).Take(stop - start).Select(AddressIn).OfType<string>().Distinct()
            .Select(a => new BouncedRecipient { Address = a, Action = delayed ? "delayed" : "failed", Reason = reason, RemoteMta = host.Success ? host.Groups["host"].Value.TrimEnd('.') : "" }).ToList();
        return new BounceReport { Form = BounceForm.Gmail, Recipients = recipients, ReportingMta = "gmail.com" };
    }

    // No form that is known: whoever stands near the answer of a host, or in X-Failed-Recipients.
    private static BounceReport Other(IReadOnlyList<string> lines, string from, IReadOnlyList<string> failed)
    {
        var isMailer = from.Contains("mailer-daemon", StringComparison.OrdinalIgnoreCase) || from.Contains("postmaster", StringComparison.OrdinalIgnoreCase) || from.Contains("mail delivery", StringComparison.OrdinalIgnoreCase);
        var answers = Enumerable.Range(0, lines.Count).Where(i => SmtpAnswer().IsMatch(lines[i])).ToList();
        string Answer(int near) => answers.Count == 0 ? "" : Whole(lines, answers.OrderBy(i => i < near ? 1 : 0).ThenBy(i => Math.Abs(i - near)).First());
        var recipients = failed.Select(a => new BouncedRecipient { Address = a, Reason = Answer(Math.Max(0, Find(lines, a))) }).ToList();
        if (recipients.Count == 0 && isMailer)
        {
            foreach (var i in Enumerable.Range(0, lines.Count))
            {
                if (AddressIn(lines[i]) is not { } address || recipients.Exists(r => r.Address == address) || answers.Count == 0 || answers.Min(a => Math.Abs(a - i)) > NearLines) continue;
                recipients.Add(new BouncedRecipient { Address = address, Reason = Answer(i) });
            }
        }
        return recipients.Count == 0 ? new BounceReport() : new BounceReport { Form = BounceForm.Other, Recipients = recipients };
    }

    private const int NearLines = 6;

    /// <summary>An id of Exim's in a text; empty when there is none.</summary>
    public static string EximIdIn(string text) => text.Split(' ', '\t').FirstOrDefault(w => MessageId.TryParse(w.AsSpan(), out _)) ?? "";

    /// <summary>Text of a page, roughly: blocks become lines.</summary>
    public static string WithoutTags(string html)
    {
        try
        {
            return WebUtility.HtmlDecode(Tag().Replace(Break().Replace(Unseen().Replace(html, "").ReplaceLineEndings(" "), "\n"), ""));
        }
        catch (RegexMatchTimeoutException)
        {
            return "";
        }
    }

    private static string Whole(IReadOnlyList<string> lines, int at)
    {
        var match = SmtpAnswer().Match(lines[at]);
        return string.Join(' ', new[] { lines[at][match.Index..].Trim() }.Concat(Following(lines, at + 1, l => l.Length > 0 && AddressIn(l) is null).Take(MostReason)));
    }

    private static string SentenceAbout(List<string> talk, string address) =>
        talk.LastOrDefault(l => SmtpAnswer().IsMatch(l) && l.Contains(address, StringComparison.OrdinalIgnoreCase))
        ?? talk.FirstOrDefault(l => l.Contains(address, StringComparison.OrdinalIgnoreCase) && l.Contains(": ", StringComparison.Ordinal)) ?? talk.FirstOrDefault(l => l.StartsWith("<<< ", StringComparison.Ordinal))?[4..] ?? "";

    private static Dsn.EnhancedStatus? Code(string reason) => BounceStatus.InAnswer(reason);

    private static int Find(IReadOnlyList<string> lines, string part)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Contains(part, StringComparison.OrdinalIgnoreCase)) return i;
        }
        return -1;
    }

    private static List<string> Following(IReadOnlyList<string> lines, int from, Func<string, bool> belongs) =>
        [.. lines.Skip(from).TakeWhile(belongs).Take(MostReason).Select(l => l.Trim())];

    private static string? AddressIn(string line) => Mailbox().Match(line) is { Success: true } found ? found.Groups["address"].Value : null;

    // "mx.example [192.0.2.1]:25", "mx.example[192.0.2.1]"
    private static (string Name, string Ip) HostOf(string text)
    {
        var open = text.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? (text.TrimEnd(':', '.'), "") : (text[..open].Trim(), text[open..].TrimEnd(' ', '.').TrimEnd(':'));
    }

    [GeneratedRegex("(?<![\\w=])(?<address>(?:\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s<>@()\\[\\]:;,\"'*|]+(?:'[^\\s<>@()\\[\\]:;,\"'*|]+)*)@(?:\\[[0-9A-Fa-f:.]+\\]|[\\w\u0080-\u00ff](?:[\\w\u0080-\u00ff.-]*[\\w\u0080-\u00ff])?))", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Mailbox();

    [GeneratedRegex(@"(?:^|[\s'""#:(<])[245][0-5][0-9](?:[ \-#]|$)", RegexOptions.CultureInvariant)]
    private static partial Regex SmtpAnswer();

    [GeneratedRegex(@"(?<ip>\d{1,3}(?:\.\d{1,3}){3})_?(?: |_)(?:does not like|failed after|connected but)", RegexOptions.CultureInvariant)]
    private static partial Regex RemoteOfQmail();

    [GeneratedRegex(@"\(expanded from <(?<address>[^>]+)>\)", RegexOptions.CultureInvariant)]
    private static partial Regex OriginalOfPostfix();

    [GeneratedRegex(@"by the server for the recipient domain \S+ by (?<host>[\w.-]+)|by (?<host>[\w-]+(?:\.[\w-]+)+)\. \[", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HostOfGmail();

    [GeneratedRegex(@"<(style|script|head)\b.*?</\1>", RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unseen();

    [GeneratedRegex(@"<(br|/p|/div|/tr|/li|/h\d|/table)\b[^>]*>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Break();

    [GeneratedRegex("<[a-zA-Z/!][^>]*>", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Tag();
}
