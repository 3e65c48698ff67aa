using Microsoft.Extensions.Logging;

namespace SpoolWorker.Hosting;

/// <summary>What the program says of itself.</summary>
internal static partial class HostingLog
{
    /// <summary>The stop is over: what was done, and what is left.</summary>
    [LoggerMessage(1800, LogLevel.Information, "stopped: {Committed} messages handled, {Deferred} deferred, {Planned} waiting for the hours of a pass, {Frozen} frozen, {Partial} half written left in the intakes, {Ignored} wakes ignored by Exim")]
    public static partial void Stopped(this ILogger log, long committed, int deferred, int planned, int frozen, int partial, long ignored);

    /// <summary>At the stop: how many messages had to be put right (1510).</summary>
    [LoggerMessage(1801, LogLevel.Information, "{Repaired} messages came with a wrong line count or with non-recipients out of order")]
    public static partial void RepairedInAll(this ILogger log, long repaired);

    /// <summary>Scan, workers or commit have not moved for half of systemd's <c>WatchdogSec=</c>: it is no longer told that the worker lives, and restarts it.</summary>
    [LoggerMessage(1803, LogLevel.Critical, "stuck: {Reasons}. systemd is not told that this worker lives; it restarts it")]
    public static partial void Stuck(this ILogger log, string reasons);

    /// <summary>Somebody sent SIGHUP.</summary>
    [LoggerMessage(1802, LogLevel.Warning, "SIGHUP ignored: the configuration is read at the start only; restart the worker to have it read again")]
    public static partial void HangUpIgnored(this ILogger log);
}
