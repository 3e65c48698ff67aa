// Where in a text answers and words of failure stand, found once, so that each recipient's reason costs a search in a sorted list.
// What was read of one line is kept: ten thousand recipients may have one reason.
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Reasons in a text.</summary>
internal sealed class ReasonIndex
{
    // Farther from an answer an address is somebody's signature.
    private const int NearLines = 6;

    // "Message-ID" and the like
    private const int MostName = 12;

    private static readonly string[] Failures =
    [
        "deliver", "failed", "failure", "returned", "rejected", "refused", "unable to", "did not receive", "could not", "cannot be", "was not", "bounce",
        "error", "not listed in",
    ];

    private readonly IReadOnlyList<string> _lines;
    private readonly List<int> _answers = [];
    private readonly List<int> _words = [];
    private readonly List<int> _failures = [];
    private readonly Dictionary<int, string> _read = [];

    public ReasonIndex(IReadOnlyList<string> lines)
    {
        _lines = lines;
        for (var i = 0; i < lines.Count; i++)
        {
            if (SmtpAnswers.Has(lines[i])) _answers.Add(i);
            else if (BounceStatus.HasWords(lines[i])) _words.Add(i);
            if (Array.Exists(Failures, w => lines[i].Says(w))) _failures.Add(i);
        }
    }

    /// <summary>The text tells of a failure at all.</summary>
    public bool HasAny => _answers.Count > 0 || _words.Count > 0 || _failures.Count > 0;

    /// <summary>An answer, or words of failure, on the line.</summary>
    public bool IsAt(int line) => _answers.BinarySearch(line) >= 0 || _words.BinarySearch(line) >= 0;

    /// <summary>Words on the line say that something failed, not why.</summary>
    public bool IsFailure(int line) => _failures.BinarySearch(line) >= 0;

    /// <summary>The same within a few lines.</summary>
    public bool IsNear(int line) => Distance(_answers, line) <= NearLines || Distance(_words, line) <= NearLines;

    /// <summary>What is said of the recipient whose name stands at a line, and of the next at another: an answer between the two, else
    /// the one before, else any; the same for words of failure; else what follows on the line, below it or above it.</summary>
    public (string Reason, string Host, string Ip) About(int line, int next, string address)
    {
        var at = Choose(_answers, line, next);
        if (at < 0) at = Choose(_words, line, next);
        if (at < 0) return (Around(line, address), "", "");
        if (!_read.TryGetValue(at, out var reason)) _read[at] = reason = BouncedRecipient.OneLine(Whole(at));
        // "mx.r.example [192.0.2.1] did not like our RCPT TO:" stands on the line or above it
        var (host, ip) = SmtpAnswers.HostIn(_lines[at]);
        if (host.Length == 0 && at > 0) (host, ip) = SmtpAnswers.HostIn(_lines[at - 1]);
        return (reason, host, ip);
    }

    private static int Choose(List<int> places, int line, int next)
    {
        if (places.Count == 0) return -1;
        var at = places.BinarySearch(line);
        at = at < 0 ? ~at : at;
        return at < places.Count && (places[at] < next || at == 0) ? places[at] : places[at - 1];
    }

    private static int Distance(List<int> places, int line)
    {
        var at = places.BinarySearch(line);
        if (at >= 0) return 0;
        at = ~at;
        return Math.Min(at < places.Count ? places[at] - line : int.MaxValue, at > 0 ? line - places[at - 1] : int.MaxValue);
    }

    private string Whole(int at)
    {
        var start = Math.Max(0, SmtpAnswers.In(_lines[at]));
        return Joined(_lines[at][start..].Trimmed(), at + 1);
    }

    private string Around(int line, string address)
    {
        if (_lines.Count == 0) return "";
        var start = _lines[line].IndexOf(address, StringComparison.OrdinalIgnoreCase);
        var rest = start < 0 ? "" : _lines[line][(start + address.Length)..].Trim(' ', '\t', '>', ':', '.', ',', '-', ')', '"');
        if (rest.Any(char.IsLetter) && MailboxFinder.In(rest) is null) return rest;
        var at = line + 1;
        while (at < _lines.Count && !_lines[at].Any(char.IsLetter)) at++;
        if (!IsHeaderLine(at) && Joined("", at) is { Length: > 1 } below) return below;
        // "Your message was not delivered within a day. Remote host is not responding. The following recipients did not …:"
        var above = new List<string>();
        for (at = line - 1; at >= 0 && line - at <= NearLines; at--)
        {
            if (_lines[at].Any(char.IsLetter) && !_lines[at].EndsWith(':') && MailboxFinder.In(_lines[at]) is null) above.Insert(0, _lines[at].Trimmed());
        }
        if (above.Count > 0) return string.Join(' ', above);
        return _lines[line].Trimmed().Contains(' ', StringComparison.Ordinal) ? _lines[line] : "";
    }

    // "Subject: …" of the message that failed
    private bool IsHeaderLine(int at)
    {
        var line = at < _lines.Count ? _lines[at].Trimmed() : "";
        return line.IndexOf(": ", StringComparison.Ordinal) is > 0 and < MostName and var colon && !line[..colon].Contains(' ', StringComparison.Ordinal);
    }

    private string Joined(string first, int at)
    {
        var lines = new List<string> { first };
        for (var i = at; i < _lines.Count && lines.Count <= BounceLetter.MostReason && _lines[i].Length > 0 && MailboxFinder.In(_lines[i]) is null; i++)
            lines.Add(_lines[i].Trimmed());
        return string.Join(' ', lines);
    }
}
