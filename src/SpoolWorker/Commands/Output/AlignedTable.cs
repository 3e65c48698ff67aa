// A table for people: columns as wide as their widest cell, the last one as wide as what is left and wrapped there. Made
// for tens of rows; `list`, which may have a hundred thousand, streams rows of fixed width instead. Cannot fail.
using System.Text;

namespace SpoolWorker.Commands.Output;

/// <summary>A cell with a colour.</summary>
internal readonly record struct Cell(string Text, string Colour = "")
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>Rows in aligned columns.</summary>
internal sealed class AlignedTable(params string[] headings)
{
    private const string Gap = "  ";
    private const int LeastLast = 24;
    private readonly List<Cell[]> _rows = [];

    /// <summary>Columns to write in.</summary>
    public int Width { get; init; } = Terminal.Width;

    /// <summary>How many it has.</summary>
    public int Rows => _rows.Count;

    public void Add(params Cell[] cells) => _rows.Add(cells);

    /// <summary>The table, headings first when there are any.</summary>
    public override string ToString()
    {
        var widths = new int[headings.Length];
        for (var i = 0; i < headings.Length; i++) widths[i] = Math.Max(headings[i].Length, _rows.Select(r => r[i].Text.Length).DefaultIfEmpty(0).Max());
        var left = Width - widths[..^1].Sum() - Gap.Length * (widths.Length - 1);
        widths[^1] = Math.Max(LeastLast, left);
        var text = new StringBuilder();
        if (headings.Any(h => h.Length > 0)) Append(text, [.. headings.Select(h => new Cell(h, Terminal.Bold))], widths);
        foreach (var row in _rows) Append(text, row, widths);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Cell[] row, int[] widths)
    {
        for (var i = 0; i < row.Length - 1; i++)
        {
            text.Append(Terminal.Paint(row[i].Text, row[i].Colour)).Append(' ', widths[i] - row[i].Text.Length).Append(Gap);
        }
        var indent = widths[..^1].Sum() + Gap.Length * (widths.Length - 1);
        var first = true;
        foreach (var line in Wrap(row[^1].Text, widths[^1]))
        {
            if (!first) text.Append(' ', indent);
            text.Append(Terminal.Paint(line, row[^1].Colour));
            first = false;
            // Cells that are empty at the end leave no blanks behind.
            while (text.Length > 0 && text[^1] == ' ') text.Length--;
            text.Append('\n');
        }
    }

    /// <summary>Breaks at blanks where there are any, else in the middle of a word.</summary>
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width)
        {
            var at = text.LastIndexOf(' ', width);
            if (at <= 0) at = width;
            yield return text[..at];
            text = text[at..].TrimStart(' ');
        }
        yield return text;
    }
}
