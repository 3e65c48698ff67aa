// A trial for people: a table that a newcomer reads first.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Trial;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Trial;

/// <summary>Prints a <see cref="TrialReport"/>.</summary>
internal static class TrialTable
{
    private const int MostSample = 34, MostColumns = 80;

    public static void Print(TrialReport report)
    {
        var scratch = report.Scratch;
        Console.Out.WriteLine(report.Passes.Count == 0 ? "No passes: each message is requeued as it is" : $"Passes: {string.Join(", ", report.Passes)}");
        Console.Out.WriteLine();
        // A terminal of 80 columns shows all of it.
        var table = new AlignedTable("SAMPLE", "OUTCOME", "FOUND") { Width = Math.Min(Terminal.Width, MostColumns) };
        // What goes through first, then what does not.
        foreach (var row in report.Messages.OrderByDescending(r => r.Passed).ThenBy(r => r.Message.Sample, StringComparer.Ordinal))
        {
            var where = string.Join(", ", row.Where.Select(w => Place(scratch, w, row.Message.Id)).Distinct());
            // The whole sentence is in the .reason file and in --json; here a line a message.
            var reason = Printable.Text(row.Reason.Split(row.Passed ? ["; "] : [": ", "; "], 2, StringSplitOptions.None)[0]);
            table.Add(Shortened(Printable.Text(row.Message.Sample)), new Cell(row.Outcome.Split(" as ")[0], ColourOf(row.Outcome)), Found(row, where, reason));
        }
        Console.Out.Write(table.ToString());
        Console.Out.WriteLine();
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Amount.Of(report.Messages.Count, "message")} in {report.Took.TotalMilliseconds:0} ms: {string.Join(", ", report.Counts.Select(c => $"{c.Value} {c.Key}"))}"));
        Console.Out.WriteLine($"Left behind: {Amount.Of(report.InSpool, "pair")} in the spool, {report.InHeld} held, {report.InCorrupt} corrupt, {report.InIntakes} still in the intakes");
        Console.Out.WriteLine(scratch.IsKept ? $"Kept in {scratch.Path}; look with: spoolworker list --spool {scratch.Path}/spool" : "The scratch directory is gone; --keep leaves it");
    }

    // The folder; the id too where it is another one now.
    private static string Place(Scratch scratch, string path, MessageId id)
    {
        var folder = Path.GetRelativePath(scratch.Path, Path.GetDirectoryName(path)!);
        var name = Path.GetFileName(path);
        if (folder.StartsWith("intake", StringComparison.Ordinal)) return "intake";
        return name.EndsWith("-H", StringComparison.Ordinal) && name != id.HeaderName ? $"{folder}/{name[..^2]}" : folder;
    }

    private static string Shortened(string sample) => sample.Length <= MostSample ? sample : string.Concat(sample.AsSpan(0, MostSample - 1), "…");

    // What the passes found; and where it is, when that is not the spool.
    private static string Found(TriedMessage row, string where, string reason)
    {
        var place = where.StartsWith("spool/input", StringComparison.Ordinal) && !where.Contains(',', StringComparison.Ordinal) ? "" : $"in {where}";
        return string.Join("; ", new[] { row.Short, reason, place }.Where(p => p.Length > 0));
    }

    private static string ColourOf(string outcome) =>
        outcome.StartsWith("requeued", StringComparison.Ordinal) ? Terminal.Green : outcome is TriedMessage.Corrupt or TriedMessage.Failed or TriedMessage.NotSeen ? Terminal.Red : Terminal.Yellow;
}
