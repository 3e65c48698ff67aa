using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine.Intakes;

/// <summary>What is said of intakes.</summary>
internal static partial class IntakeLog
{
    /// <summary>The file system of an intake has no locks: a second worker cannot be kept out.</summary>
    [LoggerMessage(1100, LogLevel.Warning,
        "{Path} cannot be locked: {Reason}. It is taken from, but a second worker with another ledger cannot be kept out, and would send mail twice: see to it that there is none")]
    public static partial void Unlocked(this ILogger log, string path, string reason);

    /// <summary>An intake has appeared, or is this worker's again.</summary>
    [LoggerMessage(1101, LogLevel.Information, "{Path} is there now")]
    public static partial void IsThere(this ILogger log, string path);

    /// <summary>The directory of an intake does not exist yet.</summary>
    [LoggerMessage(1102, LogLevel.Warning, "{Path} is not there: {Reason}; looked for with every scan")]
    public static partial void IsMissing(this ILogger log, string path, string reason);

    /// <summary>Another worker has locked an intake.</summary>
    [LoggerMessage(1103, LogLevel.Error, "{Path} is left alone: another worker takes from it: {Reason}")]
    public static partial void IsTaken(this ILogger log, string path, string reason);

    /// <summary>An intake cannot be opened or read; said once for each reason.</summary>
    [LoggerMessage(1104, LogLevel.Error, "{Path} cannot be read: {Reason}; looked at again with every scan")]
    public static partial void CannotBeRead(this ILogger log, string path, string reason);

    /// <summary>The end of 1104 or 1106.</summary>
    [LoggerMessage(1105, LogLevel.Information, "{Path} can be read again")]
    public static partial void CanBeRead(this ILogger log, string path);

    /// <summary>A subdirectory of a split intake cannot be read.</summary>
    [LoggerMessage(1106, LogLevel.Warning, "{Reason}: what lies there stays; the rest of {Path} is taken. Looked at again with every scan")]
    public static partial void PartCannotBeRead(this ILogger log, string reason, string path);

    /// <summary>Half a hand-over of queuefile can be neither used nor moved, and is in the way of the next one.</summary>
    [LoggerMessage(1107, LogLevel.Error,
        "{Path} has no {Header} and cannot be moved to {Corrupt}: {Reason}; Exim cannot hand that message over again while it lies there. Remove it by hand")]
    public static partial void HalfBodyStays(this ILogger log, string path, string header, string corrupt, string reason);

    /// <summary>At start: a body that a killed worker has left of a message that is done.</summary>
    [LoggerMessage(1108, LogLevel.Warning, "{Path} is left of a message that is settled, and cannot be removed: {Reason}. The next start tries again")]
    public static partial void SettledBodyStays(this ILogger log, string path, string reason);

    /// <summary>Some directories are only scanned.</summary>
    [LoggerMessage(1110, LogLevel.Warning, "not all directories can be watched, only scanned: {Reason}")]
    public static partial void NotAllWatched(this ILogger log, string reason);

    /// <summary>There is no inotify to be had: all directories are only scanned.</summary>
    [LoggerMessage(1111, LogLevel.Warning, "nothing can be watched, only scanned: {Reason}; raise fs.inotify.max_user_instances")]
    public static partial void NothingWatched(this ILogger log, string reason);

    /// <summary>The queue of inotify overflowed; nothing is lost.</summary>
    [LoggerMessage(1112, LogLevel.Information, "events were lost; the next scan finds what they were about")]
    public static partial void EventsLost(this ILogger log);

    /// <summary>An intake's directory cannot be synced: what was removed from it may come back in a power cut.</summary>
    [LoggerMessage(1113, LogLevel.Warning, "{Path} cannot be synced: {Reason}. That what was removed from it is finished is noted by the next start")]
    public static partial void RemovalsNotSynced(this ILogger log, string path, string reason);
}
