// Finds answers of SMTP in lines of text. Only 4xx and 5xx: what a host took is no failure (RFC 5321, 4.2.1). Also hosts as
// programs write them, name and address together. Takes time in proportion to the line.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Answers and hosts in texts.</summary>
internal static partial class SmtpAnswers
{
    /// <summary>Whether a line has a negative answer.</summary>
    public static bool Has(string line) => Answer().IsMatch(line);

    /// <summary>Where it starts; -1 when there is none.</summary>
    public static int In(string line) => Answer().Match(line) is { Success: true } match ? match.Groups["answer"].Index : -1;

    /// <summary>"mx.example [192.0.2.1]:25", "mx.example[192.0.2.1]"</summary>
    public static (string Name, string Ip) HostOf(string text)
    {
        var open = text.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? (text.TrimEnd(':', '.'), "") : (text[..open].Trimmed(), text[open..].TrimEnd(' ', '.').TrimEnd(':'));
    }

    /// <summary>A host with its address in a line, in front of the answer: behind it stands whom the host complains of. Empty without one.</summary>
    public static (string Name, string Ip) HostIn(string line) =>
        Host().Match(In(line) is >= 0 and var answer ? line[..answer] : line) is { Success: true } host ? (host.Groups["name"].Value, host.Groups["ip"].Value) : ("", "");

    [GeneratedRegex(@"(?:^|[\s'""#:(<,\[=;])(?<answer>[45][0-5][0-9](?:[ \-#:;,]|$))", RegexOptions.CultureInvariant)]
    private static partial Regex Answer();

    // A name has 255 octets at most (RFC 1035, 2.3.4); the limit keeps a line of one word cheap.
    [GeneratedRegex(@"(?<![\w.-])(?<name>[A-Za-z0-9_][\w-]{0,62}(?:\.[\w-]{1,63}){1,8})\.? ?(?<ip>\[(?:IPv6:)?[0-9A-Fa-f:.]{3,45}\](?::\d{1,5})?)", RegexOptions.CultureInvariant)]
    private static partial Regex Host();
}
