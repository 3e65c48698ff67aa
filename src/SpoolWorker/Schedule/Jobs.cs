// Quartz jobs. They only call the engine; what they do is the engine's business. None runs twice at once, and one that
// was missed (a long scan, a machine asleep) runs once, not as often as it was missed.
using Microsoft.Extensions.Logging;
using Quartz;
using SpoolWorker.Engine;
using SpoolWorker.LogFollowing;

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

/// <summary>Reads Exim's logs on, so that none is rotated away unread.</summary>
[DisallowConcurrentExecution]
internal sealed class FollowLogJob(EximLogs logs, ILogger<FollowLogJob> log) : IJob
{
    private static string _told = "";

    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            logs.Follow();
            _told = "";
        }
        catch (IOException e)
        {
            // Said once, not at each look: bounces go on without the extra fields.
            if (_told != e.Message) log.LogWarning("Exim's log cannot be followed: {Reason}", e.Message);
            _told = e.Message;
        }
        return ValueTask.CompletedTask;
    }
}
