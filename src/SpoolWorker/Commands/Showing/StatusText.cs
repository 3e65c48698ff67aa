// The status for people: a line that says how it is, as monitoring systems show it, then what there is, within 80 columns.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Jobs;
using SpoolWorker.Commands.Output;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Commands.Showing;

/// <summary>Writes the status as text.</summary>
internal static class StatusText
{
    public static string Of(StatusView status, StatusVerdict verdict, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(verdict.Word).Append(": ").Append(verdict.Reasons.Count > 0 ? Printable.Text(string.Join("; ", verdict.Reasons)) : "the worker runs").Append("; ").Append(Counts(status)).Append("\n\n");
        text.Append(Worker(status, now));
        text.Append('\n').Append(Places(status));
        if (status.Services.Count > 0) text.Append('\n').Append(Services(status, now));
        if (status.Holds.Count > 0) text.Append('\n').Append(Holds(status, now));
        foreach (var skip in status.Orders.Where(o => o.Kind == OrderWords.Of(OrderKind.Skip))) text.Append('\n').Append(Printable.Text(skip.Sentence)).Append('\n');
        if (status.Jobs.Count > 0) text.Append('\n').Append(Jobs(status, now));
        foreach (var job in status.Jobs) text.Append(JobText.Of(job.Name, job.Findings));
        return text.ToString();
    }

    private static string Counts(StatusView status) =>
        string.Join(", ", status.Places.Select(p => $"{p.Place} {p.Messages}{(p.Capped ? "+" : "")}{(p.Place == "intake" && p.OldestAgeSeconds is { } age ? $" (oldest {Amount.Age((long)age)})" : "")}"));

    private static AlignedTable Worker(StatusView status, DateTimeOffset now)
    {
        var table = new AlignedTable("", "");
        if (status.Worker is { } worker)
        {
            table.Add("worker", $"process {worker.Process}, version {Printable.Text(Short(worker.Version))}, started {Ago(worker.Started, now)}");
            table.Add("configuration", $"{Printable.Text(worker.Configuration)}, read {Ago(worker.ConfigurationRead, now)}{(worker.Generation is > 1 and var generation ? $" (generation {generation})" : "")}");
            if (worker.LastReload is { Done: false } refused) table.Add("reload", $"refused {Ago(refused.Time, now)}: {Printable.Text(string.Join("; ", refused.Reasons))}");
            table.Add("last scan", worker.LastScan is { } scan ? Ago(scan, now) : "none yet");
            table.Add("in hand", $"{Amount.Of(worker.Queued, "message")}; {worker.Committed} decided since the start");
        }
        else
        {
            table.Add("worker", status.Running ? "runs, and was not asked" : "none runs");
        }
        var waiting = status.Waiting;
        table.Add("waiting", $"{waiting.Deferred} deferred"
            + (waiting.Planned > 0 ? $", {waiting.Planned} for the hours of a pass" : "") + (waiting.Frozen is { } frozen ? $", {frozen} frozen" : "") + (waiting.Partial is { } partial ? $", {partial} half written" : ""));
        if (waiting.NextTry is { } next) table.Add("next try", Amount.Until(View.Moment(next), now));
        var target = status.Target;
        table.Add("target", Printable.Text(target.Directory) + (target.Daemon is { } daemon ? daemon ? ", its daemon listens" : ", no daemon listens" : ""));
        if (target.Ignored is > 0 and var ignored) table.Add("wake-ups", $"{ignored} without effect");
        if (status.Ledger is { } ledger) table.Add("ledger", $"{(ledger.Used is { } used ? $"{Amount.Size(used)} used, " : "")}file {Amount.Size(ledger.File)}, limit {Amount.Size(ledger.Limit)}");
        // Places on one disk are seen one after the other.
        foreach (var disks in status.Disks.GroupBy(d => d.Device ?? $"{d.Size}")) table.Add("disk", $"{Amount.Size(disks.Min(d => d.Free))} of {Amount.Size(disks.First().Size)} free ({string.Join(", ", disks.Select(d => d.Place))})");
        return table;
    }

    private static AlignedTable Places(StatusView status)
    {
        var table = new AlignedTable("PLACE", "MESSAGES", "OLDEST");
        foreach (var place in status.Places)
            table.Add(place.Place, place.Messages.ToString(CultureInfo.InvariantCulture) + (place.Capped ? "+" : ""), place.OldestAgeSeconds is { } age ? Amount.Age((long)age) : "-");
        return table;
    }

    private static AlignedTable Services(StatusView status, DateTimeOffset now)
    {
        var table = new AlignedTable("PASS", "CIRCUIT", "SINCE");
        foreach (var service in status.Services) table.Add(Printable.Text(service.Pass), new Cell(service.Breaker, service.Breaker == "closed" ? "" : Terminal.Bold), Ago(service.Since, now));
        return table;
    }

    private static AlignedTable Holds(StatusView status, DateTimeOffset now)
    {
        var table = new AlignedTable("HOLD", "ENDS", "BY", "HELD WHEN IT COMES");
        foreach (var hold in status.Holds)
        {
            var ends = hold.Ended ? "ended" : hold.Ends is { } end ? Amount.Until(View.Moment(end), now) : "-";
            table.Add(hold.Number.ToString(CultureInfo.InvariantCulture), ends, Printable.Text(hold.Actor), Printable.Text(hold.Fault is { } fault ? $"NOTHING: {fault}: {hold.Condition}" : $"{hold.Condition} ({hold.Reason})"));
        }
        return table;
    }

    private static AlignedTable Jobs(StatusView status, DateTimeOffset now)
    {
        var table = new AlignedTable("JOB", "EVERY", "LAST DONE", "NEXT", "FAILED", "WHY");
        foreach (var job in status.Jobs)
        {
            table.Add(Printable.Text(job.Name), job.EverySeconds is { } every ? Amount.Age((long)Math.Ceiling(every)) : "-", job.Succeeded is { } ended ? Ago(ended, now) : "-", job.Next is { } next ? Amount.Until(View.Moment(next), now) : "-",
                job.Failures.ToString(CultureInfo.InvariantCulture), Printable.Text(job.Fault ?? ""));
        }
        return table;
    }

    // Of the commit behind a plus a few letters tell it from others.
    private static string Short(string version) => version.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 && version.Length > plus + 9 ? version[..(plus + 9)] : version;

    // An older worker may leave it out.
    private static string Ago(string time, DateTimeOffset now) => time.Length == 0 ? "at a time that is not told" : $"{Amount.Age((long)(now - View.Moment(time)).TotalSeconds)} ago";
}
