// A job beside Exim in the worker: its pace, its pauses, and its notes for status and metrics. What a run by hand (`job run`) has found meanwhile is seen at
// the next tick: it is in the ledger.
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Ledger;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Schedule;

/// <summary>A run that is to be made again.</summary>
internal sealed class JobUnfinishedException(string message) : IOException(message);

/// <summary>Runs one job by the clock.</summary>
internal sealed class UpkeepWork
{
    // Nobody is kept waiting: the next tick asks again.
    private static readonly TimeSpan Patience = TimeSpan.Zero;

    private readonly JobRegistration _registration;
    private readonly JobRunner _runner;
    private readonly LastRuns _runs;
    private readonly JobNotes _notes;
    private readonly ScheduledJob _job;

    /// <param name="registration">The job.</param>
    /// <param name="runner">Runs it.</param>
    /// <param name="pace">How often.</param>
    /// <param name="runs">When it ran last.</param>
    /// <param name="notes">For status and metrics.</param>
    /// <param name="isPaused">Whether an operator has paused it.</param>
    /// <param name="clock">Dates.</param>
    /// <param name="log">Where is said what was missed or failed.</param>
    public UpkeepWork(JobRegistration registration, JobRunner runner, JobPace pace, LastRuns runs, JobNotes notes, Func<bool> isPaused, TimeProvider clock, ILogger log)
    {
        (_registration, _runner, _runs, _notes) = (registration, runner, runs, notes);
        notes.MayFind(registration.Kinds);
        var period = pace.PeriodFrom(clock.GetUtcNow());
        _job = new ScheduledJob(registration.Name, pace, RunAsync, runs, notes, clock, log)
        {
            IsPaused = () =>
            {
                // Nobody waits for one that is paused.
                var paused = isPaused();
                notes.Every(paused ? null : period);
                return paused;
            },
        };
    }

    /// <summary>Runs it if its time has come.</summary>
    public Task TickAsync(CancellationToken cancellationToken)
    {
        Look();
        return _job.TickAsync(cancellationToken);
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var report = await _runner.RunAsync(Patience, cancellationToken).ConfigureAwait(false) ?? throw new JobUnfinishedException("a run of it by hand is still at work");
        Look();
        return report.Fault is { } fault ? throw new JobUnfinishedException(fault) : report.Findings.Count;
    }

    private void Look()
    {
        if (_runs.Report(_registration.Name) is { } report && report.Ended != _notes.State.Report?.Ended) _notes.Found(report);
    }
}
