using Microsoft.Extensions.Logging;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>What is said of commits, of what a process that died has left, and of records.</summary>
internal static partial class CommitLog
{
    /// <summary>LMDB does not know whether its commit is on disk, or a directory cannot be synced. The worker stops with exit code 74.</summary>
    [LoggerMessage(1300, LogLevel.Critical, "commit outcome unknown: {Reason}. Stopping; the next start finishes or undoes what is staged")]
    public static partial void OutcomeUnknown(this ILogger log, Exception error, string reason);

    /// <summary>A bug. The message is handed over; the next start finds what is left of it.</summary>
    [LoggerMessage(1301, LogLevel.Critical, "{Id} is committed and cannot be released: {Reason}. Stopping")]
    public static partial void CannotBeReleased(this ILogger log, Exception error, MessageId id, string reason);

    /// <summary>The message is handed over; its pair is recognised and removed by a later scan.</summary>
    [LoggerMessage(1302, LogLevel.Warning, "{Id} cannot be removed from the intake yet: {Reason}")]
    public static partial void SourceStays(this ILogger log, MessageId id, string reason);

    /// <summary>What an undone commit had staged cannot be removed now.</summary>
    [LoggerMessage(1303, LogLevel.Warning, "{Id} staged file stays until the next start: {Reason}")]
    public static partial void StagedStays(this ILogger log, MessageId id, string reason);

    /// <summary>That commits are finished could not be noted; the next start looks at them once more.</summary>
    [LoggerMessage(1304, LogLevel.Warning, "ledger: {Reason}")]
    public static partial void NotNoted(this ILogger log, string reason);

    /// <summary>At start: something was staged by a process that died before it had decided. The message starts over.</summary>
    [LoggerMessage(1310, LogLevel.Information, "removed {Path}: staged by a process that died before deciding")]
    public static partial void StagedRemoved(this ILogger log, string path);

    /// <summary>At start: a message that a process which died had decided about is handed over.</summary>
    [LoggerMessage(1311, LogLevel.Information, "{Id} {What} at start")]
    public static partial void CommitFinished(this ILogger log, string id, string what);

    /// <summary>It cannot be known whether a message was handed over: an operator has to decide.</summary>
    [LoggerMessage(1312, LogLevel.Error, "{Id}: its commit cannot be finished: {Reason}. It is left alone; to let it be sent (again): spoolworker forget --force {Id}")]
    public static partial void CommitUndecidable(this ILogger log, string id, string reason);

    /// <summary>The last process died while passes judged this message; <c>Engine:MaxAttempts</c> such failures hold it.</summary>
    [LoggerMessage(1313, LogLevel.Warning, "{Id} was being worked on when the last process died (failure {Failures})")]
    public static partial void DiedInHand(this ILogger log, string id, int failures);

    /// <summary>At start a place cannot be read.</summary>
    [LoggerMessage(1314, LogLevel.Warning, "{Path} cannot be looked through at start: {Reason}")]
    public static partial void NotLookedThrough(this ILogger log, string path, string reason);

    /// <summary>The rest of a release that died is gone from <c>held/</c>.</summary>
    [LoggerMessage(1320, LogLevel.Information, "{Id} was released ({What}); what a release that died had left in {Path} is removed")]
    public static partial void ReleaseTidied(this ILogger log, MessageId id, string what, string path);

    /// <summary>Old records live on: their intake cannot be looked at or synced.</summary>
    [LoggerMessage(1321, LogLevel.Warning, "records of {Path} are kept: {Reason}")]
    public static partial void RecordsKept(this ILogger log, string path, string reason);

    /// <summary>No day of finished messages is forgotten: an intake they came from cannot be looked at or synced.</summary>
    [LoggerMessage(1322, LogLevel.Warning, "finished messages of all intakes are remembered for longer, as {Path} cannot be looked through: {Reason}")]
    public static partial void DaysKept(this ILogger log, string path, string reason);
}
