// Comments, quoted strings and the blanks between them (RFC 5322, 3.2.2 and 3.2.4), in bytes or in characters that stand for bytes.
// What never ends is an answer here, not a fault: the caller says what it takes it for. Comments nest; a counter needs no
// stack, however deep they are. Linear in the length; nothing throws.
using System.Numerics;
using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>Where the parts of a structured field end.</summary>
internal static class FieldSyntax
{
    /// <summary>The first place at or behind <paramref name="at"/> that is neither white space nor within a comment. An open comment ends with the value.</summary>
    public static int SkipComments<T>(ReadOnlySpan<T> text, int at)
        where T : unmanaged, INumberBase<T>
    {
        for (; at < text.Length; at++)
        {
            if (Is(text[at], '('))
            {
                var end = EndOfComment(text, at);
                if (end == 0) return text.Length;
                at = end - 1;
            }
            else if (!Is(text[at], ' ') && !Is(text[at], '\t') && !Is(text[at], '\r') && !Is(text[at], '\n')) break;
        }
        return at;
    }

    /// <summary>Behind the comment that starts here; 0 when it does not end.</summary>
    public static int EndOfComment<T>(ReadOnlySpan<T> text, int start)
        where T : unmanaged, INumberBase<T>
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            if (Is(text[i], '\\')) i++;
            else if (Is(text[i], '(')) depth++;
            else if (Is(text[i], ')') && --depth == 0) return i + 1;
        }
        return 0;
    }

    /// <summary>Behind the quoted string that starts here; 0 when it does not end.</summary>
    public static int EndOfQuoted<T>(ReadOnlySpan<T> text, int start)
        where T : unmanaged, INumberBase<T>
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (Is(text[i], '\\')) i++;
            else if (Is(text[i], '"')) return i + 1;
        }
        return 0;
    }

    /// <summary>What a quoted string means: what stands between its quotes, without the backslashes of its quoted pairs.</summary>
    public static string Unescape(string quoted)
    {
        if (!quoted.Contains('\\', StringComparison.Ordinal)) return quoted;
        var plain = new StringBuilder(quoted.Length);
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == '\\' && i + 1 < quoted.Length) i++;
            plain.Append(quoted[i]);
        }
        return plain.ToString();
    }

    private static bool Is<T>(T one, char other)
        where T : unmanaged, INumberBase<T> => one == T.CreateTruncating(other);
}
