// A file name as the one who opens it sees it: no characters that show nothing or turn the direction of writing (a name "txt.exe" can look like
// "exe.txt"), no dots and blanks at its end, which Windows takes off.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Mime;

/// <summary>Names of attachments and of what is in archives.</summary>
internal static class FileName
{
    /// <summary>The name without what hides its kind; of one that is too long the end.</summary>
    /// <param name="name">As written.</param>
    /// <param name="isCut">Whether it was too long.</param>
    public static string Of(string name, out bool isCut)
    {
        isCut = name.Length > MimeLimits.Name;
        if (isCut) name = name[^MimeLimits.Name..];
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format)) text.Append(rune.ToString());
        }
        return text.ToString().TrimEnd('.', ' ').TrimStart(' ');
    }
}
