// Cron schedules of passes, by Quartz: the one thing here that goes by the date. None runs twice at once. A run that was
// missed (the clock set forth, a machine asleep, the run before it still at work) is made up for once, and said.
using Microsoft.Extensions.Logging;
using Quartz;
using SpoolWorker.Engine;

namespace SpoolWorker.Schedule;

/// <summary>A pass's own schedule: what it deferred is tried again.</summary>
[DisallowConcurrentExecution]
internal sealed class ReprocessJob(SpoolEngine engine, JobBook book, TimeProvider clock) : IJob
{
    public const string PassKey = "pass";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var pass = context.MergedJobDataMap.GetString(PassKey)!;
        var job = book.Of($"reprocess {pass}");
        job.Begin(clock.GetUtcNow());
        await engine.ReprocessAsync(pass, cancellationToken).ConfigureAwait(false);
        job.End(clock.GetUtcNow());
    }
}

/// <summary>Says when a run was missed.</summary>
internal sealed class MissedRuns(ILogger<MissedRuns> log) : ITriggerListener
{
    public string Name => "missed runs";

    public ValueTask TriggerMisfired(ITrigger trigger, IScheduler scheduler, CancellationToken cancellationToken = default)
    {
        log.RunMissed(trigger.Key.Name, trigger.NextFireTimeUtc?.ToLocalTime());
        return ValueTask.CompletedTask;
    }
}
