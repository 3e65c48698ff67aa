// Jobs for people: what there is to tell of each thing they look after.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.Commands.Jobs;

/// <summary>Writes jobs as text.</summary>
internal static class JobText
{
    /// <summary>All jobs, then what is not as good as can be.</summary>
    public static string Of(IReadOnlyList<ScheduleView> jobs, DateTimeOffset now)
    {
        var table = new AlignedTable("NAME", "NEXT", "LAST GOOD", "WHAT") { Width = Terminal.Width };
        foreach (var job in jobs)
        {
            var next = job.On != true ? "off" : job.Paused is not null ? "paused" : job.Next is { } moment ? Amount.Until(View.Moment(moment), now) : "never";
            table.Add(Printable.Text(job.Name), next, job.Last is { } last ? Amount.Time(View.Moment(last), now) : "-", Printable.Text($"{job.Summary}, {job.When}"));
        }
        var text = new StringBuilder(table.ToString());
        foreach (var job in jobs)
        {
            if (job.Paused is { } paused) text.Append(Printable.Text(paused)).Append('\n');
            text.Append(Of(job.Name, job.Findings ?? []));
        }
        return text.ToString();
    }

    /// <summary>What a run by hand found: a line each, or, of things that have an age, a table of what is so with which of them.</summary>
    public static string Of(JobRunView run, DateTimeOffset now)
    {
        if (run.Name == HintsServices.Name) return HintsText.Of(run);
        if (run.Findings.Any(f => f.Since is not null)) return Table(run.Findings, now);
        var text = new StringBuilder();
        foreach (var finding in run.Findings) text.Append(Printable.Text($"{finding.Kind}: {finding.Subject}: {finding.Text}")).Append('\n');
        return text.ToString();
    }

    /// <summary>What is worth telling of a job: a line for all with which the same is so.</summary>
    public static string Of(string job, IReadOnlyList<JobFindingView> findings) =>
        string.Concat(JobFindingGroup.Of(findings.Where(f => f.Kind != JobFinding.Good)).Select(g => Printable.Text($"{job}: {g.Sentence}") + "\n"));

    private static string Table(IReadOnlyList<JobFindingView> findings, DateTimeOffset now)
    {
        const int Columns = 80;
        string Age(string? since) => since is null ? "" : Amount.Age((long)(now - View.Moment(since)).TotalSeconds);

        var table = new AlignedTable("COUNT", "AGE", "WHAT") { Width = Math.Min(Terminal.Width, Columns) };
        foreach (var group in JobFindingGroup.Of(findings))
        {
            table.Add(group.Count.ToString(CultureInfo.InvariantCulture), "", Printable.Text($"{group.Kind}: {group.Text}"));
            foreach (var finding in group.Findings) table.Add("", Age(finding.Since), Printable.Text(finding.Subject));
        }
        return table.ToString();
    }
}
