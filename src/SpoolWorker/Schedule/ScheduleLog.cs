using Microsoft.Extensions.Logging;

namespace SpoolWorker.Schedule;

/// <summary>What is said of what runs by the clock.</summary>
internal static partial class ScheduleLog
{
    /// <summary>A scan, a retry or other regular work failed; said once for each reason. With the stack where it is a bug.</summary>
    [LoggerMessage(1600, LogLevel.Error, "{Work} failed: {Reason}; tried again every {Seconds} s")]
    public static partial void WorkFailed(this ILogger log, Exception? error, string work, string reason, double seconds);

    /// <summary>The clock was set, the machine slept, or the run before took too long.</summary>
    [LoggerMessage(1601, LogLevel.Warning, "schedule of {Pass}: the run of {Time:yyyy-MM-dd HH:mm:ss} was missed (the clock was set, the machine slept, or the run before it took too long); it is made up for now")]
    public static partial void RunMissed(this ILogger log, string pass, DateTimeOffset? time);
}
