// Quartz jobs. They only call the engine; what they do is the engine's business. None runs twice at once, and one that
// was missed (a long scan, a machine asleep) runs once, not as often as it was missed.
using Quartz;
using SpoolWorker.Engine;

namespace SpoolWorker.Schedule;

/// <summary>Reads the intakes through.</summary>
[DisallowConcurrentExecution]
internal sealed class ScanJob(SpoolEngine engine) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await engine.ScanAsync(cancellationToken).ConfigureAwait(false);
}

/// <summary>Takes up deferred messages whose time has come.</summary>
[DisallowConcurrentExecution]
internal sealed class RetryJob(SpoolEngine engine) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await engine.RetryAsync(cancellationToken).ConfigureAwait(false);
}

/// <summary>Forgets old ledger records.</summary>
[DisallowConcurrentExecution]
internal sealed class ExpireJob(SpoolEngine engine) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        engine.Expire();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A pass's own schedule: what it deferred is tried again.</summary>
[DisallowConcurrentExecution]
internal sealed class ReprocessJob(SpoolEngine engine) : IJob
{
    public const string PassKey = "pass";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await engine.ReprocessAsync(context.MergedJobDataMap.GetString(PassKey)!, cancellationToken).ConfigureAwait(false);
}
