// Hints databases for people.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.Commands.Jobs;

/// <summary>Writes hints databases as text.</summary>
internal static class HintsText
{
    /// <summary>What a run of the job found: a line for each database, and what is to be told of it.</summary>
    public static string Of(JobRunView run)
    {
        var table = new AlignedTable("FOUND", "RECORDS", "REMOVED", "SIZE", "DATABASE") { Width = Terminal.Width };
        foreach (var one in run.Findings)
        {
            // What was counted now; what a run that could not count has kept says nothing.
            var figures = one.Figures?.ContainsKey(HintsGrowth.BytesBefore) == true ? one.Figures : new Dictionary<string, long>();
            string Figure(string name, string otherwise, Func<long, string> text) => figures.TryGetValue(name, out var figure) || figures.TryGetValue(otherwise, out figure) ? text(figure) : "-";

            var isPlain = one.Kind == JobFinding.Good && figures.Count > 0 && !run.DryRun;
            table.Add(one.Kind, Figure(HintsGrowth.Records, HintsGrowth.RecordsBefore, Number), Figure(HintsGrowth.Removed, HintsGrowth.Removed, Number),
                Figure(HintsGrowth.Bytes, HintsGrowth.BytesBefore, Amount.Size), Printable.Text(isPlain ? one.Subject : $"{one.Subject}: {one.Text}"));
        }
        return table.ToString();
    }

    /// <summary>The databases, a line each.</summary>
    public static string Of(IReadOnlyList<HintsView> databases)
    {
        var table = new AlignedTable("DATABASE", "RECORDS", "SIZE", "AGE", "SPOOL") { Width = Terminal.Width };
        foreach (var one in databases)
        {
            var records = one.Records is { } count ? Number(count) : "?";
            table.Add(one.Name, records, Amount.Size(one.Bytes), Amount.Age(one.AgeSeconds), Printable.Text(one.LeftTo is null ? one.Spool : $"{one.Spool} (tidied by {one.LeftTo})"));
        }
        return table.ToString();
    }

    /// <summary>One database, a line for each thing it knows about.</summary>
    public static string Of(HintsView database, DateTimeOffset now)
    {
        var rows = database.Rows ?? [];
        var text = new StringBuilder(Printable.Text($"{database.Spool}/db/{database.Name}: {Amount.Of(database.Records ?? 0, "record")}, {Amount.Size(database.Bytes)}")).Append('\n');
        if (rows.Count == 0) return text.ToString();
        var table = rows[0].Records is not null ? Retry(rows, now) : rows[0].Messages is not null ? Waiting(rows) : Others(rows, now);
        return text.Append(table).ToString();
    }

    private static AlignedTable Retry(IReadOnlyList<HintRowView> rows, DateTimeOffset now)
    {
        var table = new AlignedTable("RECORDS", "FAILS SINCE", "LAST TRY", "NEXT TRY", "WHAT, AND WHY") { Width = Terminal.Width };
        foreach (var row in rows) table.Add(Number(row.Records ?? 0), Time(row.FirstFailed, now), Time(row.LastTry, now), row.Expired == true ? "expired" : Time(row.NextTry, now), Printable.Text($"{row.Key}: {row.Error}"));
        return table;
    }

    private static AlignedTable Waiting(IReadOnlyList<HintRowView> rows)
    {
        var table = new AlignedTable("MESSAGES", "HOST") { Width = Terminal.Width };
        foreach (var row in rows) table.Add(Number(row.Messages ?? 0), Printable.Text(row.Key));
        return table;
    }

    private static AlignedTable Others(IReadOnlyList<HintRowView> rows, DateTimeOffset now)
    {
        var (hasTime, hasRate) = (rows.Any(r => r.Time is not null), rows.Any(r => r.Rate is not null));
        var table = new AlignedTable([.. hasRate ? ["RATE"] : Array.Empty<string>(), .. hasTime ? ["NOTED"] : Array.Empty<string>(), "KEY"]) { Width = Terminal.Width };
        foreach (var row in rows)
        {
            var cells = new List<Cell>();
            if (hasRate) cells.Add(row.Rate is { } rate ? rate.ToString("0.###", CultureInfo.InvariantCulture) : "-");
            if (hasTime) cells.Add(Time(row.Time, now));
            cells.Add(Printable.Text(row.Text is null ? row.Key : $"{row.Key} {row.Text}"));
            table.Add([.. cells]);
        }
        return table;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(string? time, DateTimeOffset now) => time is null ? "-" : Amount.Time(View.Moment(time), now);
}
