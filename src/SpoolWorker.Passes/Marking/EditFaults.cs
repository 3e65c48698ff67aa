// What is wrong with edits in the settings, whatever policy asks for them: what would be no header field, would say what only others can say, or would do nothing.
using System.Diagnostics.CodeAnalysis;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Marking;

/// <summary>Faults, each as <c>Key = 'value': what to do</c>.</summary>
internal static class EditFaults
{
    // 320 is the most of a mailbox (RFC 3696, errata 1690); a subject mark is a word; the name of a header line is one, too, and a line has at most 998 (RFC 5322, 2.1.1).
    private const int MostSubject = 100, MostAddress = 320, MostName = 100, MostLine = 998;

    private const string NotInAddress = " <>(),;:\\\"";

    /// <summary>A header line of the settings.</summary>
    public static bool TryLine(string text, [NotNullWhen(true)] out HeaderLine? line)
    {
        line = null;
        if (!System.Text.Ascii.IsValid(text)) return false;
        try
        {
            line = HeaderLine.Create(text.TrimEnd('\n') + "\n");
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Of a line to add; an empty one is none.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="line">It.</param>
    /// <param name="replaces">Lines of its name are taken out of all mail, as nobody else may write them.</param>
    public static IEnumerable<string> OfHeader(string key, string line, bool replaces = false)
    {
        if (line.Length == 0) yield break;
        if (!TryLine(line, out var field)) yield return $"{key} = '{line}': must be a header line in ASCII, as in 'X-Spam-Flag: YES'";
        else if (line.Split('\n').Any(part => part.Length > MostLine)) yield return $"{key} = '{line}': must be at most {MostLine} characters: fold it, with a line break before a blank";
        else if (LineEdits.Written.FirstOrDefault(Is) is { } written) yield return $"{key} = '{line}': {written} is written by Exim and the worker alone. Choose another name, as in 'X-Spam-Flag: YES'";
        else if (replaces && LineEdits.Kept.FirstOrDefault(Is) is { } kept) yield return $"{key} = '{line}': {kept}, which a message needs, would be taken out of all mail. Choose another name, as in 'X-Spam-Flag: YES'";

        bool Is(string name) => field!.Is(System.Text.Encoding.ASCII.GetBytes(name));
    }

    /// <summary>Of a mark before the subject; an empty one is none.</summary>
    public static IEnumerable<string> OfSubject(string key, string mark)
    {
        if (mark.Length > MostSubject || !IsPlain(mark)) yield return $"{key} = '{mark}': must be at most {MostSubject} characters of printable ASCII";
        else if (mark.Length > 0 && string.IsNullOrWhiteSpace(mark)) yield return $"{key} = '{mark}': is blank; leave it out, or give a mark, as in '[SPAM]'";
    }

    /// <summary>Of names of lines to take out.</summary>
    public static IEnumerable<string> OfNames(string key, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            var bare = name.TrimEnd('*');
            if (name.Length > MostName || name.Length - bare.Length > 1 || bare.Length == 0 || !TryLine($"{bare}: x", out var line) || line.Name.Length != bare.Length || bare.Contains('*', StringComparison.Ordinal))
                yield return $"{key}:{i} = '{name}': must be the name of a header line, without a colon; a '*' at its end stands for any text, as in 'X-Spam-*'";
            else if (LineEdits.Kept.FirstOrDefault(new Wildcard(name).Matches) is { } kept)
                yield return $"{key}:{i} = '{name}': takes {kept} out, which a message needs. Name the others one by one";
            else if (name.Equals(LineEdits.SkipMark, StringComparison.OrdinalIgnoreCase))
                yield return $"{key}:{i} = '{name}': is the worker's own word about passes that were skipped; what strangers write under it goes anyway";
        }
    }

    /// <summary>Of an address that somebody's mail goes to; an empty one is none.</summary>
    public static IEnumerable<string> OfAddress(string key, string address)
    {
        if (address.Length == 0) yield break;
        // Of two addresses, or one in angle brackets, Exim would make one that nobody has.
        var isOne = address.Count(c => c == '@') == 1 && address[0] != '@' && address[^1] != '@' && !address.Any(NotInAddress.Contains);
        if (!isOne || address.Length > MostAddress || !IsPlain(address)) yield return $"{key} = '{address}': must be one address with a domain, without blanks, brackets or quotes";
    }

    private static bool IsPlain(string text) => text.All(c => c is >= ' ' and <= '~');
}
