using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine.Target;

/// <summary>What is said of the target's Exim.</summary>
internal static partial class TargetLog
{
    /// <summary>Exim cannot be told of requeued messages; its own queue runs find them. Said once for each reason.</summary>
    [LoggerMessage(1400, LogLevel.Warning, "waking Exim of {Input}: {Reason}")]
    public static partial void WakeFailed(this ILogger log, string input, string reason);

    /// <summary>The end of 1400.</summary>
    [LoggerMessage(1401, LogLevel.Information, "Exim of {Input} is listening again")]
    public static partial void Listens(this ILogger log, string input);

    /// <summary>The daemon listens and does nothing about what it is told.</summary>
    [LoggerMessage(1402, LogLevel.Warning, "Exim of {Input}: its daemon has the socket @{Name} and starts no queue run for what it is asked for (started without -q<time>, or all its queue runners are busy); requeued messages are left to its own queue runs")]
    public static partial void IsDeaf(this ILogger log, string input, string name);

    /// <summary>The end of 1402.</summary>
    [LoggerMessage(1403, LogLevel.Information, "Exim of {Input} starts queue runs for requeued messages again; {Count} were left to its own")]
    public static partial void Hears(this ILogger log, string input, long count);
}
