// Rows and figures of tables for people.
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Views.Tables;

namespace SpoolWorker.Commands.Tables;

/// <summary>Prints tables.</summary>
internal static class TableText
{
    private const int KeyWidth = 32;

    /// <summary>A row, with its newline.</summary>
    public static byte[] Row(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        System.Text.Encoding.UTF8.GetBytes($"{Printable.Text(key).PadRight(KeyWidth)}  {Printable.Text(value)}".TrimEnd() + "\n");

    /// <summary>What a table is made of.</summary>
    public static string Statistics(TableStatisticsView s)
    {
        (string Name, long? Value)[] figures =
        [
            ("entries", s.Entries), ("depth", s.Depth), ("page size", s.PageSize), ("branch pages", s.BranchPages), ("leaf pages", s.LeafPages), ("overflow pages", s.OverflowPages),
            ("free pages", s.FreePages), ("map size", s.MapSize), ("file size", s.FileSize), ("transaction", s.Transaction), ("readers", s.Readers),
        ];
        var rows = new AlignedTable("", "");
        foreach (var (name, value) in figures) rows.Add(name, value?.ToString(CultureInfo.InvariantCulture) ?? "unknown: its lock file cannot be opened");
        if (s.SeveralValues) rows.Add("several values", "for a key (dupsort); only the first is looked up");
        return rows.ToString();
    }
}
