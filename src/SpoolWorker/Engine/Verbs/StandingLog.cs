using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine.Verbs;

/// <summary>What is said of standing holds.</summary>
internal static partial class StandingLog
{
    /// <summary>A standing hold is in force from now on: each one at the start, and each that an operator makes.</summary>
    [LoggerMessage(2000, LogLevel.Information, "standing hold {Number} is in force: {Condition}; by {Actor}: {Reason}; {Until}")]
    public static partial void StandingTakenUp(this ILogger log, long number, string condition, string actor, string reason, string until);

    /// <summary>The time of a standing hold is over (<c>--for</c>).</summary>
    [LoggerMessage(2001, LogLevel.Information, "standing hold {Number} ended by itself: {Condition}")]
    public static partial void StandingEnded(this ILogger log, long number, string condition);

    /// <summary>An operator removed a standing hold.</summary>
    [LoggerMessage(2002, LogLevel.Information, "standing hold {Number} was removed: {Condition}")]
    public static partial void StandingRemoved(this ILogger log, long number, string condition);

    /// <summary>A standing hold of another version of the program: nothing is held by it. Make it anew in the words this version knows, and remove it.</summary>
    [LoggerMessage(2003, LogLevel.Error, "standing hold {Number} CANNOT BE READ, so nothing is held by it: '{Condition}': {Fault}. Make it anew, and remove this one (spoolworker hold --new --remove NUMBER)")]
    public static partial void StandingUnreadable(this ILogger log, long number, string condition, string fault);
}
