using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine.Orders;

/// <summary>What is said of orders.</summary>
internal static partial class OrderLog
{
    /// <summary>A pause or a skip that somebody has ordered; also at the start, when it stands since before.</summary>
    [LoggerMessage(2100, LogLevel.Information, "order: {Sentence}")]
    public static partial void OrderStands(this ILogger log, string sentence);

    /// <summary>The end of 2100: it was taken back, replaced, or its time is over.</summary>
    [LoggerMessage(2101, LogLevel.Information, "order ended: {Sentence}")]
    public static partial void OrderEnded(this ILogger log, string sentence);
}
