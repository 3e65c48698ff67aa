using Microsoft.Extensions.Logging;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>What is said of passes.</summary>
internal static partial class ChainLog
{
    /// <summary>A message goes on without a pass whose service is down (<c>OnUnavailable</c> is <c>skip</c>).</summary>
    [LoggerMessage(1200, LogLevel.Warning, "{Id} pass {Pass} skipped: {Reason}")]
    public static partial void PassSkipped(this ILogger log, MessageId id, string pass, string reason);

    /// <summary>A pass is not called for a while, after <c>BreakAfter</c> failures.</summary>
    [LoggerMessage(1201, LogLevel.Warning, "pass {Pass}: circuit open for {Seconds} s, its service is down")]
    public static partial void CircuitOpened(this ILogger log, string pass, double seconds);

    /// <summary>The end of 1201.</summary>
    [LoggerMessage(1202, LogLevel.Information, "pass {Pass}: circuit closed, its service answers again")]
    public static partial void CircuitClosed(this ILogger log, string pass);

    /// <summary>At the stop passes that had been left to themselves still run.</summary>
    [LoggerMessage(1203, LogLevel.Warning, "{Count} runs of passes that had run out of time have not ended; stopping all the same")]
    public static partial void StragglersLeft(this ILogger log, int count);
}
