// What is written about a check: the Received-SPF line (RFC 7208, 9.1), the comment in it, and the sentence for an SMTP
// reply. Values come from strangers: quoted and cut where the grammar asks for it, so that they cannot add a field, a line
// or a comment of their own. Strings are octets, one char a byte, as is what is given here: UTF-8 of printable characters stays
// (RFC 6532), controls and what is no UTF-8 become '?'.
using System.Buffers;
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Spf;

/// <summary>Texts of a check.</summary>
public static class ReceivedSpf
{
    /// <summary>The field, without colon.</summary>
    public const string FieldName = "Received-SPF";

    /// <summary>For the guess, which is not SPF.</summary>
    public const string GuessFieldName = "X-SPF-Guess";

    // RFC 5322, 2.1.1: lines should stay within 78 characters
    private const int LineLength = 78;

    // A local part may have 64 octets and a domain 255 (RFC 5321, 4.5.3.1); HELO is as long as a client likes.
    private const int MaxValue = 330;

    /// <summary>The header line, folded, with its final newline.</summary>
    /// <param name="outcome">The check.</param>
    /// <param name="fieldName"><see cref="FieldName"/> or <see cref="GuessFieldName"/>.</param>
    public static HeaderLine Line(SpfOutcome outcome, string fieldName = FieldName) => HeaderLine.Create(Encoding.Latin1.GetBytes($"{fieldName}: {Value(outcome, fieldName.Length + 2)}\n"));

    /// <summary>The line without name and newline, folded.</summary>
    /// <param name="outcome">The check.</param>
    /// <param name="used">Characters before it on the first line.</param>
    public static string Value(SpfOutcome outcome, int used = 0)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var text = new StringBuilder();
        var column = used;
        Put(text, ref column, outcome.Result.Token());
        // Folding is allowed between the words of a comment.
        foreach (var word in $"({Escaped(Comment(outcome), "()\\")})".Split(' ', StringSplitOptions.RemoveEmptyEntries)) Put(text, ref column, word);
        var pairs = Pairs(outcome).ToList();
        for (var i = 0; i < pairs.Count; i++) Put(text, ref column, $"{pairs[i].Key}={Quoted(pairs[i].Value)}{(i + 1 < pairs.Count ? ";" : "")}");
        return text.ToString();
    }

    /// <summary>What happened, in one phrase (spf_header_comment).</summary>
    public static string Comment(SpfOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var (client, domain) = (outcome.Query.Client.ToString(), Printable(Named(outcome)));
        var phrase = outcome.Result switch
        {
            SpfResult.Pass => $"domain of {domain} designates {client} as permitted sender",
            SpfResult.Fail => $"domain of {domain} does not designate {client} as permitted sender",
            SpfResult.SoftFail => $"transitioning domain of {domain} does not designate {client} as permitted sender",
            SpfResult.Neutral => $"{client} is neither permitted nor denied by domain of {domain}",
            SpfResult.None => $"domain of {domain} does not designate permitted sender hosts",
            SpfResult.TempError => $"temporary error in processing during lookup of {domain}",
            SpfResult.PermError => $"permanent error in processing domain of {domain}",
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome.Result, "not a result"),
        };
        if (outcome.Problem is not null) phrase += $": {Printable(outcome.Problem)}";
        return $"{Printable(outcome.Query.Receiver.Length == 0 ? "unknown" : outcome.Query.Receiver)}: {phrase}";
    }

    /// <summary>What could be said to the client (spf_smtp_comment; RFC 7208, 8.4); empty for results that nobody is turned away for.</summary>
    public static string SmtpComment(SpfOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var domain = Printable(outcome.Domain);
        var check = outcome.Identity == SpfIdentity.Helo ? "SPF HELO check" : "SPF MAIL FROM check";
        return outcome.Result switch
        {
            // The words of a third party are marked as such (RFC 7208, 11.5).
            SpfResult.Fail when outcome.Explanation is not null => $"{check} failed: the domain {domain} explains: {outcome.Explanation}",
            SpfResult.Fail => $"{check} failed: {outcome.Query.Client} is not allowed to send mail for {domain}",
            SpfResult.SoftFail => $"{check}: {outcome.Query.Client} is probably not allowed to send mail for {domain}",
            SpfResult.TempError => $"{check}: temporary error: {Printable(outcome.Problem ?? "")}",
            SpfResult.PermError => $"{check}: the SPF records of {domain} cannot be evaluated: {Printable(outcome.Problem ?? "")}",
            _ => "",
        };
    }

    // RFC 7208, 9.1: the keys of the grammar
    private static IEnumerable<(string Key, string Value)> Pairs(SpfOutcome outcome)
    {
        var query = outcome.Query;
        if (query.Receiver.Length > 0) yield return ("receiver", query.Receiver);
        yield return ("identity", outcome.Identity.Token());
        yield return ("client-ip", query.Client.ToString());
        if (query.Helo.Length > 0) yield return ("helo", query.Helo);
        if (outcome.Identity == SpfIdentity.MailFrom) yield return ("envelope-from", query.Sender);
        if (outcome.Mechanism is not null) yield return ("mechanism", outcome.Mechanism);
        if (outcome.Problem is not null) yield return ("problem", outcome.Problem);
    }

    private static string Named(SpfOutcome outcome) => outcome.Identity == SpfIdentity.MailFrom ? outcome.Query.Sender : outcome.Domain;

    // dot-atom as it is, all else as quoted-string (RFC 5322, 3.2.3 and 3.2.4)
    private static string Quoted(string value)
    {
        var text = Printable(value);
        var isAtom = text.Length > 0 && text[0] != '.' && text[^1] != '.' && !text.Contains("..", StringComparison.Ordinal) && !text.AsSpan().ContainsAnyExcept(AtomText);
        return isAtom ? text : $"\"{Escaped(text, "\"\\")}\"";
    }

    private static readonly SearchValues<char> AtomText =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    private static string Escaped(string text, string special)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (special.Contains(c, StringComparison.Ordinal)) escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }

    private static string Printable(string text)
    {
        var cut = text.Length > MaxValue ? text[..MaxValue] : text;
        if (!cut.AsSpan().ContainsAnyExceptInRange(' ', '~')) return cut;
        var shown = new StringBuilder(cut.Length);
        for (ReadOnlySpan<byte> octets = Encoding.Latin1.GetBytes(cut); !octets.IsEmpty;)
        {
            var isValid = Rune.DecodeFromUtf8(octets, out var rune, out var length) == OperationStatus.Done && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control
                or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            if (isValid) shown.Append(Encoding.Latin1.GetString(octets[..length]));
            else shown.Append('?', length);
            octets = octets[length..];
        }
        return shown.ToString();
    }

    private static void Put(StringBuilder text, ref int column, string word)
    {
        if (text.Length > 0)
        {
            var folds = column + 1 + word.Length > LineLength;
            text.Append(folds ? "\n\t" : " ");
            // A tab is taken for eight columns.
            column = folds ? 8 : column + 1;
        }
        text.Append(word);
        column += word.Length;
    }
}
