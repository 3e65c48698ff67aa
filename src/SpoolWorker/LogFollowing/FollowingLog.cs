using Microsoft.Extensions.Logging;

namespace SpoolWorker.LogFollowing;

/// <summary>What is said of Exim's logs.</summary>
internal static partial class FollowingLog
{
    /// <summary>A log of Exim was exchanged, and its rest is nowhere to be found: bounces are told less.</summary>
    [LoggerMessage(1700, LogLevel.Warning, "{Path} was exchanged, and the log it continues is not beside it; what was written in between is not known")]
    public static partial void RestLost(this ILogger log, string path);

    /// <summary>A log of Exim grew by more than <c>DsnInfo:Backlog</c> since it was last read.</summary>
    [LoggerMessage(1701, LogLevel.Warning, "{Path}: {Bytes} bytes behind; only the last {Backlog} are read")]
    public static partial void Behind(this ILogger log, string path, long bytes, long backlog);
}
