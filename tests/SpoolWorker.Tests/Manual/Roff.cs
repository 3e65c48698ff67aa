using System.Text;
using System.Text.RegularExpressions;

namespace SpoolWorker.Tests.Manual;

/// <summary>A manual page in the man macros (man(7)), from the same Markdown the docs have: backticks become bold, links their text.</summary>
internal sealed partial class Roff
{
    private const string Note = """
        .\" Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Manual

        """;

    private readonly StringBuilder _text = new(Note);

    /// <param name="name">The page's name.</param>
    /// <param name="section">Its section of the manual.</param>
    /// <param name="summary">What apropos shows.</param>
    public Roff(string name, int section, string summary)
    {
        // No date: two builds of one state are equal.
        _text.Append($".TH {name.ToUpperInvariant()} {section} \"\" SpoolWorker \"SpoolWorker\"\n.nh\n.ad l\n");
        Section("NAME");
        _text.Append($"{Escaped(name)} \\- {Inline(summary)}\n");
    }

    public override string ToString() => _text.ToString();

    public void Section(string heading) => _text.Append($".SH {heading}\n");

    public void Subsection(string heading) => _text.Append($".SS \"{Escaped(heading)}\"\n");

    public void Paragraph(string markdown) => _text.Append($".PP\n{Line(Inline(markdown))}\n");

    /// <summary>A term and what it means.</summary>
    /// <param name="term">Roff: see <see cref="Bold"/>.</param>
    /// <param name="markdown">The meaning; may be empty.</param>
    public void Item(string term, string markdown) => _text.Append($".TP\n{Line(term)}\n{(markdown.Length > 0 ? Line(Inline(markdown)) : "\\&")}\n");

    /// <summary>Lines as they are, moved to the left so that eighty columns hold them.</summary>
    public void Verbatim(string text)
    {
        _text.Append(".PP\n.in -4n\n.EX\n");
        foreach (var line in text.TrimEnd().Split('\n')) _text.Append(line.Length > 0 ? $"{Line(Escaped(line.TrimEnd()))}\n" : ".sp\n");
        _text.Append(".EE\n.in\n");
    }

    public static string Bold(string text) => $"\\fB{Escaped(text)}\\fR";

    public static string Italic(string text) => $"\\fI{Escaped(text)}\\fR";

    public static string Inline(string markdown)
    {
        var plain = Link().Replace(markdown, "$1");
        return string.Concat(plain.Split('`').Select((part, i) => i % 2 == 0 ? Escaped(part) : Bold(part)));
    }

    // A hyphen that may be typed is a minus; a dot at the start of a line is no request.
    private static string Escaped(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal).Replace("`", "\\(ga", StringComparison.Ordinal)
        .Replace("^", "\\(ha", StringComparison.Ordinal).Replace("~", "\\(ti", StringComparison.Ordinal).Replace("…", "...", StringComparison.Ordinal);

    private static string Line(string text) => text.StartsWith('.') || text.StartsWith('\'') ? $"\\&{text}" : text;

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
