// Groups of messages for people, as qshape prints them: a column for each step of age, in minutes.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Commands.Listing;

/// <summary>Prints groups.</summary>
internal static class GroupTable
{
    private const int LeastName = 17;

    /// <summary>A table of counts by age, numbers to the right; of names that are too long the end is shown, behind a plus sign.</summary>
    public static string ByAges(ListGroups groups, int limit)
    {
        var rows = new List<ListGroup> { groups.Total };
        rows.AddRange(groups.Groups.Take(limit));
        var headings = new List<string> { "T" };
        headings.AddRange(ListGroups.Minutes.Select(Text));
        headings.Add($"{Text(ListGroups.Minutes[^1])}+");
        var cells = rows.Select(row => row.Ages.Select(Text).Prepend(Text(row.Count)).ToList()).ToList();
        var widths = headings.Select((heading, i) => Math.Max(heading.Length, cells.Max(row => row[i].Length))).ToList();
        var room = Math.Max(LeastName, Terminal.Width - widths.Sum(w => w + 1));
        var name = Math.Min(room, rows.Max(r => r.Key.Length));
        var text = new StringBuilder(Terminal.Paint(Line("", name, headings, widths), Terminal.Bold)).Append('\n');
        for (var i = 0; i < rows.Count; i++) text.Append(Line(rows[i].Key, name, cells[i], widths)).Append('\n');
        return text.ToString();
    }

    /// <summary>Ages have one column.</summary>
    public static string OfAges(ListGroups groups, int limit)
    {
        var table = new AlignedTable("AGE", "MESSAGES", "SIZE");
        foreach (var group in groups.Groups.Take(limit).Append(groups.Total)) table.Add(group.Key, Text(group.Count), Amount.Size(group.Bytes));
        return table.ToString();
    }

    /// <summary>For programs.</summary>
    public static ListGroupView ViewOf(ListGroup group, ListBy by) => new()
    {
        By = ListOptions.WordOf(by),
        Key = group.Key,
        Count = group.Count,
        Size = group.Bytes,
        OldestSeconds = group.Oldest,
        Ages = [.. group.Ages.Select((count, i) => new AgeCountView { UnderMinutes = i < ListGroups.Minutes.Length ? ListGroups.Minutes[i] : null, Count = count })],
    };

    private static string Line(string key, int width, List<string> cells, List<int> widths)
    {
        var line = new StringBuilder((key.Length > width ? "+" + key[^(width - 1)..] : key).PadLeft(width));
        for (var i = 0; i < cells.Count; i++) line.Append(' ').Append(cells[i].PadLeft(widths[i]));
        return line.ToString();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(int number) => Text((long)number);
}
