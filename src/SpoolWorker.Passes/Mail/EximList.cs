using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>Lists as Exim writes them (src/string.c, string_nextinlist).</summary>
public static class EximList
{
    /// <summary>The items: <c>&lt;;</c> in front names another separator than a colon, a doubled separator is one of the item's own characters, blanks around an item go.</summary>
    public static IReadOnlyList<string> Items(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rest = text.AsSpan().TrimStart();
        var separator = ':';
        if (rest is ['<', var named, ..] && char.IsPunctuation(named) | char.IsSymbol(named))
        {
            separator = named;
            rest = rest[2..].TrimStart();
        }
        var items = new List<string>();
        while (!rest.IsEmpty) items.Add(Next(ref rest, separator));
        return items;
    }

    private static string Next(ref ReadOnlySpan<char> rest, char separator)
    {
        var item = new StringBuilder();
        var at = 0;
        rest = rest.TrimStart();
        for (; at < rest.Length; at++)
        {
            if (rest[at] == separator && (++at == rest.Length || rest[at] != separator)) break;
            item.Append(rest[at]);
        }
        rest = rest[Math.Min(at, rest.Length)..];
        return item.ToString().TrimEnd();
    }
}
