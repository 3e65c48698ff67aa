// sendmail's bounces: a list of addresses, then the transcript of the session; old ones (V5) have the transcript only. What is said of
// an address is looked up in an index of the transcript, made once: both may have thousands of lines.
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of sendmail.</summary>
internal static class SendmailText
{
    private const string Heading = "The following addresses had";

    public static BounceReport? Read(BounceLetter letter)
    {
        var lines = letter.Lines;
        var list = letter.Find(Heading);
        var transcript = letter.Find("Transcript of session follows");
        if (list < 0 && transcript < 0) return null;
        var talk = new Transcript(lines, transcript);
        var listed = Listed(letter, list, transcript);
        var addresses = listed.Select(l => l.Address).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var recipients = new List<BouncedRecipient>();
        foreach (var (i, address, action) in listed)
        {
            var told = letter.Following(i + 1, l => l.StartsWith(' ') || l.StartsWith('\t'));
            var expanded = told.Find(l => l.StartsWith("(expanded from: ", StringComparison.Ordinal));
            var original = expanded is null ? null : MailboxFinder.In(expanded);
            var about = talk.About(address, original) ?? (SmtpAnswers.Has(lines[i]) ? lines[i] : talk.AnyOf(address, addresses));
            var reason = told.Find(l => l.StartsWith("(reason: ", StringComparison.Ordinal))?[9..].TrimEnd(')') ?? about;
            recipients.Add(new BouncedRecipient
            {
                Address = address,
                Original = original ?? "",
                Action = action,
                Reason = reason,
                Written = BounceStatus.InAnswer(about),
                RemoteMta = talk.Host,
            });
        }
        if (recipients.Count == 0)
            recipients.AddRange(talk.Failures(letter.ReturnedTo).Take(StatusFields.MostRecipients)
                .Select(f => new BouncedRecipient { Address = f.Address, Action = letter.Action, Reason = f.Answer, Written = BounceStatus.InAnswer(f.Answer), RemoteMta = talk.Host }));
        return new BounceReport { Form = BounceForm.Sendmail, Recipients = recipients };
    }

    // Each kind has a list of its own (savemail.c, errbody): a notice of a delay may tell of failures, too.
    private static List<(int Line, string Address, string Action)> Listed(BounceLetter letter, int list, int transcript)
    {
        var found = new List<(int, string, string)>();
        var action = letter.Action;
        for (var i = list; i >= 0 && i < letter.Lines.Count && i != transcript && found.Count < StatusFields.MostRecipients; i++)
        {
            var line = letter.Lines[i];
            if (line.Says(Heading)) action = line.Says("permanent fatal") ? "failed" : line.Says("transient") ? "delayed" : line.Says("successful") ? "delivered" : letter.Action;
            else if (line.Length > 0 && line[0] is not (' ' or '\t' or '(' or '-') && MailboxFinder.In(line) is { } address) found.Add((i, address, action));
        }
        return found;
    }

    // ">>>" is what sendmail said, "<<<" the answer; a line without either is sendmail's own verdict.
    private sealed class Transcript
    {
        private const string Talking = "while talking to ", Said = ">>> ";
        private readonly List<string> _lines;
        private readonly string _any = "", _anyIsOf = "";
        private readonly Dictionary<string, string> _verdicts = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, string> _remarks = new(StringComparer.OrdinalIgnoreCase);

        public Transcript(IReadOnlyList<string> lines, int header)
        {
            _lines = header < 0 ? [] : [.. lines.Skip(header + 1)];
            var spoken = _lines.Find(l => l.Says(Talking));
            Host = spoken is null ? "" : spoken[(spoken.IndexOf(Talking, StringComparison.OrdinalIgnoreCase) + Talking.Length)..].TrimEnd(':', '.', ' ');
            var isHost = false;
            var asked = "";
            foreach (var line in _lines)
            {
                if (line.StartsWith(Said, StringComparison.Ordinal)) asked = RecipientAsked(line);
                var isVerdict = SmtpAnswers.Has(line);
                if (isVerdict && (_any.Length == 0 || (!isHost && line.StartsWith("<<< ", StringComparison.Ordinal))))
                {
                    isHost = line.StartsWith("<<< ", StringComparison.Ordinal);
                    _any = isHost ? line[4..] : line;
                    _anyIsOf = isHost && asked.Length > 0 ? asked : MailboxFinder.In(line) ?? "";
                }
                if (!isVerdict && !line.Contains(": ", StringComparison.Ordinal)) continue;
                foreach (var (address, _) in MailboxFinder.All(line))
                {
                    if (isVerdict) _verdicts[address] = line;
                    else _remarks.TryAdd(address, line);
                }
            }
        }

        public string Host { get; }

        /// <summary>The first answer of a host, else the first of sendmail's own; empty without one, or where it was for another of those listed.</summary>
        public string AnyOf(string address, HashSet<string> listed) => _anyIsOf.Equals(address, StringComparison.OrdinalIgnoreCase) || !listed.Contains(_anyIsOf) ? _any : "";

        /// <summary>What is said of an address, or of the one it was expanded from.</summary>
        public string? About(string address, string? original) =>
            _verdicts.TryGetValue(address, out var said) || _remarks.TryGetValue(address, out said) ? said : original is null ? null : About(original, null);

        /// <summary>Who failed by the transcript alone. The sender stands in it, too: behind MAIL FROM and in answers to that.</summary>
        public IEnumerable<(string Address, string Answer)> Failures(string sender)
        {
            var failures = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            var order = new List<string>();
            var asked = "";
            foreach (var line in _lines)
            {
                if (line.StartsWith(Said, StringComparison.Ordinal))
                {
                    asked = RecipientAsked(line);
                    continue;
                }
                if (SmtpAnswers.In(line) is not (>= 0 and var start)) continue;
                var isHost = line.StartsWith("<<<", StringComparison.Ordinal);
                var named = asked.Length > 0 ? asked : MailboxFinder.In(line) ?? "";
                if (named.Length == 0 || named.Equals(sender, StringComparison.OrdinalIgnoreCase)) continue;
                // What the host said is more exact than what sendmail made of it.
                if (failures.TryAdd(named, line[(isHost ? start : 0)..])) order.Add(named);
                if (!isHost) asked = "";
            }
            return order.Select(a => (a, failures[a]));
        }

        private static string RecipientAsked(string line) => line.AsSpan(Said.Length).TrimStart().StartsWith("RCPT", StringComparison.OrdinalIgnoreCase) ? MailboxFinder.In(line) ?? "" : "";
    }
}
