// What is done by the clock, for people.
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Commands.Listing;

/// <summary>Prints jobs.</summary>
internal static class JobTable
{
    private const int MostColumns = 80;

    public static void Print(IReadOnlyList<ScheduleView> jobs, DateTimeOffset now)
    {
        var table = new AlignedTable("NAME", "NEXT", "LAST", "WHAT") { Width = Math.Min(Terminal.Width, MostColumns) };
        foreach (var job in jobs) table.Add(Printable.Text(job.Name), job.Next is { } next ? Amount.Until(View.Moment(next), now) : "never", job.Last is { } last ? Amount.Time(View.Moment(last), now) : "-", Printable.Text(What(job)));
        Console.Out.Write(table.ToString());
        Console.Out.WriteLine(Amount.Of(jobs.Count, "job"));
    }

    private static string What(ScheduleView job) => job.Kind switch
    {
        "window" => $"pass open {job.When}{(job.Open == true ? ", now" : "")}",
        "batch" => $"batch of the pass, '{job.When}'",
        "digest" => $"digest of held mail, '{job.When}', to {string.Join(", ", job.To ?? [])}",
        "upkeep" => $"{job.Summary}, {job.When}",
        _ => $"{job.Of}{(job.Pass is { } pass ? $" by {pass}" : "")} again, '{job.When}'{(job.Where is { } where ? $", where {where}" : "")}{(job.From is { } from ? $", from {from}" : "")}"
            + (job.Messages is { } count ? $"; last {Amount.Of(count, "message")}" : ""),
    };
}
