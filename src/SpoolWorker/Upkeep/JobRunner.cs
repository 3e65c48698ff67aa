// Runs a job once, for the worker's clock or for a command: under a lock beside the ledger, so never twice at once, and a run that waited for another's end
// sees what that has done. What it found is written down, and said in the log where it is not as before.
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep;

/// <summary>Runs one job.</summary>
/// <param name="name">Its name.</param>
/// <param name="job">It.</param>
/// <param name="runs">Where runs are written down.</param>
/// <param name="ledger">The ledger's directory.</param>
/// <param name="clock">Dates.</param>
/// <param name="log">Where is said what changed; null: nowhere.</param>
internal sealed class JobRunner(string name, IUpkeepJob job, LastRuns runs, string ledger, TimeProvider clock, ILogger? log)
{
    private const uint LockMode = 0b110_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it when nobody else does any more.</summary>
    /// <param name="patience">How long to wait for another's run.</param>
    /// <param name="cancellationToken">The stop.</param>
    /// <returns>What it came to; null: another's run took longer.</returns>
    /// <exception cref="IOException">It could not be done, or not be written down.</exception>
    public async Task<JobReport?> RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var alone = await TakeAsync(patience, cancellationToken).ConfigureAwait(false);
        if (alone is null) return null;
        var (began, started, before) = (clock.GetUtcNow(), clock.GetTimestamp(), runs.Report(name));
        var report = new JobReport(0, await job.RunAsync(isDry: false, cancellationToken).ConfigureAwait(false)) { Ended = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        // What is to be made again soon is no run: the next start makes up for it.
        var run = report.Fault is null ? new JobRun(began.ToUnixTimeMilliseconds(), (long)clock.GetElapsedTime(started).TotalMilliseconds, report.Findings.Count) : null;
        runs.Note(name, report, run);
        if (log is not null) Tell(log, before, report);
        return report;
    }

    private void Tell(ILogger to, JobReport? before, JobReport report)
    {
        var told = before?.Findings.Select(f => (f.Subject, f.Kind, f.Text)).ToHashSet() ?? [];
        foreach (var finding in report.Cut().Findings.Where(f => !told.Contains((f.Subject, f.Kind, f.Text))))
        {
            if (finding.Level == JobLevel.Well) to.JobFound(name, finding.Subject, finding.Text);
            else to.JobFoundWrong(name, finding.Subject, finding.Text);
        }
    }

    private async Task<SafeFileHandle?> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Places.MakePrivate(ledger);
        var path = Path.Combine(Places.Full(ledger), $"job-{name}.lock");
        for (var since = clock.GetTimestamp(); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var handle = Owned.OpenFile(path, Posix.O_RDWR, LockMode);
            if (Posix.TryLockWhole(handle, path)) return handle;
            handle.Dispose();
            if (clock.GetElapsedTime(since) >= patience) return null;
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }
}
