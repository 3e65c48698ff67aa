// Runs a job within the command that was asked to, whether a worker runs or not: never beside a run of the worker's, and the worker sees in the ledger what came of it.
// A dry run writes nothing, not even that.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Operations.Jobs;

/// <summary>Runs jobs by hand.</summary>
internal static class JobByHand
{
    // A run of the worker's that looks at files alone is over by then.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs one.</summary>
    /// <param name="loaded">A configuration with nothing wrong in the section of the job.</param>
    /// <param name="job">The job.</param>
    /// <param name="isDry">Only looks.</param>
    /// <param name="fix">What it is to mend; null: as its settings say.</param>
    /// <param name="clock">Dates.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What came of it, or why nothing did.</returns>
    /// <exception cref="IOException">It could not be done, or not be written down.</exception>
    public static async Task<(JobReport? Report, JobRunView? View, Trouble? Trouble)> RunAsync(LoadedConfiguration loaded, JobRegistration job, bool isDry, string? fix, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (options, started) = (loaded.Sections[job.Options], clock.GetTimestamp());
        if (!job.IsOn(options)) return (null, null, new Trouble(TroubleKind.Configuration, $"{job.Name} has nothing to do: see the section {job.Section} of the configuration"));
        var around = new JobSurroundings(loaded.Settings, clock) { Fix = fix };
        var report = isDry ? new JobReport(clock.GetUtcNow().ToUnixTimeMilliseconds(), await job.Create(options, around).RunAsync(isDry, cancellationToken).ConfigureAwait(false))
            : await ForGoodAsync(loaded, job, around, cancellationToken).ConfigureAwait(false);
        if (report is null) return (null, null, new Trouble(TroubleKind.NotNow, $"another run of {job.Name} is at work; see job list, and say it again"));
        return (report, new JobRunView { Name = job.Name, DryRun = isDry, TookSeconds = View.Seconds(clock.GetElapsedTime(started)), Findings = [.. report.Findings.Select(JobViews.Of)] }, null);
    }

    private static async Task<JobReport?> ForGoodAsync(LoadedConfiguration loaded, JobRegistration job, JobSurroundings around, CancellationToken cancellationToken)
    {
        var options = loaded.Settings.Ledger;
        Places.MakePrivate(options.Path);
        using var ledger = MessageLedger.Open(options);
        var work = job.Create(loaded.Sections[job.Options], around with { Last = () => ledger.Runs.Report(job.Name) });
        return await new JobRunner(job.Name, work, ledger.Runs, options.Path, around.Clock, log: null).RunAsync(Patience, cancellationToken).ConfigureAwait(false);
    }
}
