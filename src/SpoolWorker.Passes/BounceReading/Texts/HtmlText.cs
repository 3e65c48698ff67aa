// The text of a page, roughly: tags go, ends of blocks become line breaks. One pass, and a look ahead that found nothing is not made
// again: a page that opens a thousand comments takes no longer than one that closes them.
using System.Net;
using System.Text;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Text of HTML.</summary>
internal static class HtmlText
{
    private static readonly string[] Unseen = ["style", "script", "head"];
    private static readonly string[] Breaks = ["br", "/p", "/div", "/tr", "/li", "/table", "/h1", "/h2", "/h3", "/h4", "/h5", "/h6", "/pre"];

    public static string Of(string html)
    {
        var text = new StringBuilder(html.Length);
        var without = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < html.Length; i++)
        {
            if (html[i] != '<' || i + 1 == html.Length || !(char.IsAsciiLetter(html[i + 1]) || html[i + 1] is '/' or '!'))
            {
                text.Append(html[i] is '\r' or '\n' ? ' ' : html[i]);
                continue;
            }
            var end = EndOf(html, i, Name(html, i + 1), without);
            if (end < 0)
            {
                text.Append(html[i]);
                continue;
            }
            if (Breaks.Contains(Name(html, i + 1))) text.Append('\n');
            i = end - 1;
        }
        return WebUtility.HtmlDecode(text.ToString());
    }

    private static int EndOf(string html, int at, string name, HashSet<string> without)
    {
        if (name == "!--" && Behind(html, at, "-->", without) is >= 0 and var comment) return comment;
        if (Unseen.Contains(name) && Behind(html, at, $"</{name}", without) is >= 0 and var inner)
            return Behind(html, inner, ">", without) is >= 0 and var close ? close : inner;
        return Behind(html, at, ">", without);
    }

    private static int Behind(string html, int at, string what, HashSet<string> without)
    {
        if (without.Contains(what)) return -1;
        var found = html.IndexOf(what, at, StringComparison.OrdinalIgnoreCase);
        if (found < 0) without.Add(what);
        return found < 0 ? -1 : found + what.Length;
    }

    // Of a tag, in lower case, with the slash of an end
    private static string Name(string html, int at)
    {
        const int Most = 8;
        if (string.CompareOrdinal(html, at, "!--", 0, 3) == 0) return "!--";
        var end = html[at] == '/' ? at + 1 : at;
        while (end < html.Length && end - at < Most && char.IsAsciiLetterOrDigit(html[end])) end++;
        return html[at..end].ToLowerInvariant();
    }
}
