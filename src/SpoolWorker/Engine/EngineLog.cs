using Microsoft.Extensions.Logging;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>What the engine says beside the outcomes of messages.</summary>
internal static partial class EngineLog
{
    /// <summary>The target as it was found at start: where, which Exim, flat or split.</summary>
    [LoggerMessage(1500, LogLevel.Information, "target {Path}: Exim {Version}, {Layout}")]
    public static partial void TargetFound(this ILogger log, string path, string version, SpoolLayout layout);

    /// <summary>A directory is not used, as it is another place of the worker, or lies in one or around one.</summary>
    [LoggerMessage(1501, LogLevel.Error, "{Reason}")]
    public static partial void PlaceRefused(this ILogger log, string reason);

    /// <summary>What fails every message alike: a full disk, a missing directory. All messages stay and are tried again; no attempt is counted.</summary>
    [LoggerMessage(1502, LogLevel.Error, "messages cannot be handed over; all of them stay in their intakes, next try in {Seconds} s")]
    public static partial void HandOverPaused(this ILogger log, double seconds);

    /// <summary>Records of the ledger whose time was over.</summary>
    [LoggerMessage(1504, LogLevel.Information, "ledger: {Count} old records forgotten")]
    public static partial void RecordsForgotten(this ILogger log, int count);

    /// <summary>Days of finished messages whose time was over.</summary>
    [LoggerMessage(1505, LogLevel.Information, "ledger: {Count} finished messages forgotten")]
    public static partial void FinishedForgotten(this ILogger log, long count);

    /// <summary>The history cannot be written; mail goes on.</summary>
    [LoggerMessage(1506, LogLevel.Warning, "history: {Reason}. What becomes of finished messages is not noted for show and trace until that is mended")]
    public static partial void HistoryFailed(this ILogger log, string reason);

    /// <summary>The first start after an update that changed the ledger's format.</summary>
    [LoggerMessage(1507, LogLevel.Information, "ledger: one of an earlier version is brought to this one's format")]
    public static partial void LedgerUpgraded(this ILogger log);

    /// <summary>Rows of the audit that a later version wrote, or damaged ones. Told once a run of the worker.</summary>
    [LoggerMessage(1508, LogLevel.Warning, "{Rows} of the audit cannot be read, as of a later version: kept as long as Audit:Keep says, and for good where no time can be read. That version's spoolworker audit shows them")]
    public static partial void AuditUnread(this ILogger log, string rows);

    /// <summary>A message came with a wrong line count, or with non-recipients out of order, as others that work in the queue leave it; it is put right.</summary>
    [LoggerMessage(1510, LogLevel.Warning, "{Id} repaired: {Repairs}")]
    public static partial void Repaired(this ILogger log, MessageId id, string repairs);

    /// <summary>The queuefile transport is called once a recipient; said once.</summary>
    [LoggerMessage(1511, LogLevel.Warning, "queuefile hands {Id} over once for each recipient. Cure: route all recipients through one hand-off address; see: spoolworker exim-config queuefile")]
    public static partial void QueuefileRepeats(this ILogger log, MessageId id);
}
