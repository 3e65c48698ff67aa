using Microsoft.Extensions.Logging;

namespace SpoolWorker.Schedule;

/// <summary>What is said of what runs by the clock.</summary>
internal static partial class ScheduleLog
{
    /// <summary>A scan, a retry or other regular work failed; said once for each reason. With the stack where it is a bug.</summary>
    [LoggerMessage(1600, LogLevel.Error, "{Work} failed: {Reason}; tried again every {Seconds} s")]
    public static partial void WorkFailed(this ILogger log, Exception? error, string work, string reason, double seconds);

    /// <summary>The worker was down, the clock was set, the machine slept, it was paused, or the run before took too long. Done once, however often it was missed.</summary>
    [LoggerMessage(1601, LogLevel.Warning, "schedule {Job}: the run of {Time:yyyy-MM-dd HH:mm:ssK} was missed (the worker was down, the clock was set, the machine slept, it was paused, or the run before it took too long); it is made up for now, once")]
    public static partial void RunMissed(this ILogger log, string job, DateTimeOffset time);

    /// <summary>A schedule could not do what it says. With the stack where it is a bug.</summary>
    [LoggerMessage(1602, LogLevel.Error, "schedule {Job} failed: {Reason}; tried again in {Seconds} s, or when its time comes again")]
    public static partial void RunFailed(this ILogger log, Exception? error, string job, string reason, double seconds);

    /// <summary>A schedule has mail judged again.</summary>
    [LoggerMessage(1603, LogLevel.Information, "schedule {Job}: {Count} messages are judged again")]
    public static partial void Reprocessing(this ILogger log, string job, int count);

    /// <summary>A directory could not be read; the schedule goes on with the others.</summary>
    [LoggerMessage(1604, LogLevel.Warning, "schedule {Job}: {Reason}")]
    public static partial void NotLookedAt(this ILogger log, string job, string reason);

    /// <summary>What lay in a folder for longer than is kept, or was too much, goes: each has its row in the audit.</summary>
    [LoggerMessage(1605, LogLevel.Warning, "{Setting}: {Count} messages are thrown away; spoolworker audit tells which")]
    public static partial void ThrownAway(this ILogger log, string setting, int count);

    /// <summary>What is to be thrown away stays, as nothing would tell of it.</summary>
    [LoggerMessage(1606, LogLevel.Error, "{Setting}: nothing more is thrown away: the audit is full (Audit:MaxBytes)")]
    public static partial void AuditFull(this ILogger log, string setting);

    /// <summary>A summary of held mail was given to the target's Exim.</summary>
    [LoggerMessage(1607, LogLevel.Information, "digest of {Count} held messages sent as {Id} to {To}")]
    public static partial void DigestSent(this ILogger log, SpoolWorker.Spool.MessageId id, int count, string to);

    /// <summary>A schedule of <c>Reprocess</c> leaves a run out, as the worker is paused.</summary>
    [LoggerMessage(1608, LogLevel.Information, "schedule {Job}: nothing is judged again: {Pause}")]
    public static partial void ReprocessPaused(this ILogger log, string job, string pause);

    /// <summary>A schedule has done what it says, and the ledger cannot be written.</summary>
    [LoggerMessage(1609, LogLevel.Error, "schedule {Job} has run, which cannot be noted: {Reason}; a worker that starts before its next run does it again")]
    public static partial void RunNotNoted(this ILogger log, string job, string reason);

    /// <summary>What administrators were not told of one by one (<c>Notices:RateLimit</c>) was told in one notice.</summary>
    [LoggerMessage(1610, LogLevel.Information, "notice of {Count} held messages, not told of before, sent as {Id} to {To}")]
    public static partial void UntoldTold(this ILogger log, SpoolWorker.Spool.MessageId id, long count, string to);
}
