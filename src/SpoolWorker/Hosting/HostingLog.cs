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

    /// <summary>Somebody sent SIGHUP to <c>run --once</c>.</summary>
    [LoggerMessage(1802, LogLevel.Warning, "SIGHUP ignored: this run ends by itself")]
    public static partial void HangUpIgnored(this ILogger log);

    /// <summary>The configuration was read again, by <c>reload</c> or SIGHUP; messages that had begun end with the one before.</summary>
    [LoggerMessage(1804, LogLevel.Information, "{Configuration} read again: generation {Generation} is in force")]
    public static partial void Reloaded(this ILogger log, string configuration, int generation);

    /// <summary>It was not: what was in force before is still.</summary>
    [LoggerMessage(1805, LogLevel.Error, "{Configuration} not reloaded, and nothing changed: {Reasons}")]
    public static partial void ReloadRefused(this ILogger log, string configuration, string reasons);
}
