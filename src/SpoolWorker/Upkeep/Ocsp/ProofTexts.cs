namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>The text of <c>tls_ocsp_file</c>.</summary>
internal static class ProofTexts
{
    private const string Opening = "${if exists";

    /// <summary>The text with <c>${if exists{FILE}{FILE}}</c> as FILE: so an Exim with GnuTLS is kept from offering no TLS while there is no proof, and it is the file that one is made for.</summary>
    public static string Bare(string text)
    {
        for (var at = 0; (at = text.IndexOf(Opening, at, StringComparison.Ordinal)) >= 0; at++)
        {
            var (tested, end) = Braced(text, at + Opening.Length);
            var (used, last) = Braced(text, end);
            if (tested is null || tested != used) continue;
            var (other, behind) = Braced(text, last);
            if (other is { Length: > 0 }) continue;
            last = other is null ? Blank(text, last) : Blank(text, behind);
            if (last < text.Length && text[last] == '}') text = text[..at] + tested + text[(last + 1)..];
        }
        return text;
    }

    // What stands between the next pair of braces, and where that ends.
    private static (string? Inside, int End) Braced(string text, int from)
    {
        var start = Blank(text, from);
        if (start >= text.Length || text[start] != '{') return (null, from);
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0) return (text[(start + 1)..i].Trim(), i + 1);
        }
        return (null, from);
    }

    private static int Blank(string text, int from)
    {
        while (from < text.Length && char.IsWhiteSpace(text[from])) from++;
        return from;
    }
}
