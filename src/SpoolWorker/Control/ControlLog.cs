using Microsoft.Extensions.Logging;

namespace SpoolWorker.Control;

/// <summary>What the control door says.</summary>
internal static partial class ControlLog
{
    /// <summary>Where the worker can be asked.</summary>
    [LoggerMessage(1900, LogLevel.Information, "control: {Where}")]
    public static partial void Listening(this ILogger log, string where);

    /// <summary>The usual socket cannot be made: <c>status</c> tells what the files tell, and nobody is given metrics there. Mail goes on.</summary>
    [LoggerMessage(1901, LogLevel.Information, "no control socket: {Reason}")]
    public static partial void NoSocket(this ILogger log, string reason);

    /// <summary>A bug in a call; no message is touched by it.</summary>
    [LoggerMessage(1902, LogLevel.Error, "control: {Call} failed: {Reason}")]
    public static partial void CallFailed(this ILogger log, Exception error, string call, string reason);
}
