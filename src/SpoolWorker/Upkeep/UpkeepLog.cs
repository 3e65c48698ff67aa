using Microsoft.Extensions.Logging;

namespace SpoolWorker.Upkeep;

/// <summary>What is said of jobs beside Exim.</summary>
internal static partial class UpkeepLog
{
    /// <summary>A job found, or did, something new about a thing it looks after.</summary>
    [LoggerMessage(2200, LogLevel.Information, "job {Job}: {Subject}: {Text}")]
    public static partial void JobFound(this ILogger log, string job, string subject, string text);

    /// <summary>A job found something that it tries again, or that somebody has to act upon; said once, until it is otherwise.</summary>
    [LoggerMessage(2201, LogLevel.Warning, "job {Job}: {Subject}: {Text}")]
    public static partial void JobFoundWrong(this ILogger log, string job, string subject, string text);
}
