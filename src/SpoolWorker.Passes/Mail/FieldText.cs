// Writes a report field so that it stays one field whatever is in its value: a stranger's server, a daemon or an operator's rule
// supplied the text. Line breaks become folding, control characters become '?', characters outside ASCII are escaped unless
// the report may hold UTF-8; long values are folded as Exim does (deliver.c, dsn_put_wrapped: 79 columns, 1,023 characters).
// Nothing here fails.
using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>Folding and cleaning of field values.</summary>
public static class FieldText
{
    private const int Columns = 79;

    /// <summary>Most characters of a free text in a field.</summary>
    public const int MostText = 1023;

    // A word without a space is broken before RFC 5322's limit of 998 octets a line, four octets a character at the most.
    private const int MostWord = 240;

    /// <summary>A whole field with its final newline.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, on one line or on several.</param>
    /// <param name="global">Characters outside ASCII may stay.</param>
    public static string Field(string name, string value, bool global = false)
    {
        var text = new StringBuilder(name).Append(':');
        var column = text.Length;
        foreach (var word in Words(Clean(value, global)))
        {
            // Only before a word: a line of white space alone would end the report for some readers.
            if (word.Length > 0 && column + 1 + word.Length > Columns && column > name.Length + 1)
            {
                text.Append('\n');
                column = 0;
            }
            text.Append(' ').Append(word);
            column += 1 + word.Length;
        }
        return text.Append('\n').ToString();
    }

    /// <summary>The text on one line, cut to <see cref="MostText"/>, without control characters.</summary>
    public static string Clean(string text, bool global)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.ReplaceLineEndings("\n").Trim().EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t') clean.Append(' ');
            else if (Rune.IsControl(rune)) clean.Append('?');
            else if (rune.IsAscii || global) clean.Append(rune);
            else clean.Append(TypedAddress.Escaped(rune.ToString()));
        }
        return clean.ToString();
    }

    /// <summary>A free text cut to what a field may hold.</summary>
    public static string Cut(string text) => text.Length <= MostText ? text : $"{text.AsSpan(0, MostText - 12).TrimEnd()} [truncated]";

    private static IEnumerable<string> Words(string text)
    {
        foreach (var word in text.Split(' '))
        {
            var at = 0;
            while (word.Length - at > MostWord)
            {
                var length = char.IsHighSurrogate(word[at + MostWord - 1]) ? MostWord - 1 : MostWord;
                yield return word.Substring(at, length);
                at += length;
            }
            yield return word[at..];
        }
    }
}
