// Answers what Exim's logs tell of a message: what is known of it after reading the main logs to their end, and where they say
// nothing, its message log, which lives as long as the message waits. A greeting that another message on the same connection
// got is added where the log says that the connection was continued. Throws IOException when nothing can be read.
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Passes.EximLog;
using SpoolWorker.Spool;

namespace SpoolWorker.LogFollowing;

/// <summary>The logs of the delivering Exims.</summary>
internal sealed class EximLogs(DsnInfoOptions options, string messageLogs, LogFollower follower, HistoryStore store) : IDisposable
{
    // Exim keeps a connection open for one message after another, not for long.
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromHours(1);

    // The last of it: deferrals repeat.
    private const int MostMessageLog = 256 * 1024;

    /// <summary>Deliveries over TLS that the logs told of since the start.</summary>
    public TlsDeliveries Tls => follower.Tls;

    /// <summary>Reads the logs on.</summary>
    public void Follow() => follower.Follow();

    public DeliveryHistory? Find(MessageId id)
    {
        IOException? unreadable = null;
        DeliveryHistory? history = null;
        try
        {
            follower.Follow();
            history = store.Find(id.ToString());
        }
        catch (IOException e)
        {
            unreadable = e;
        }
        if (history is not { IsWorthKeeping: true } && FromMessageLog(id) is { Troubles.Count: > 0 } own) history = own;
        if (history is null && unreadable is not null) throw unreadable;
        if (history is not null && unreadable is null) AddContinued(history);
        return history;
    }

    public void Dispose()
    {
        follower.Dispose();
        store.Dispose();
    }

    /// <summary>The pass's way in.</summary>
    public ValueTask<DeliveryHistory?> FindAsync(MessageId id, CancellationToken cancellationToken) => new(Task.Run(() => Find(id), cancellationToken));

    private void AddContinued(DeliveryHistory history)
    {
        foreach (var trouble in history.Troubles)
        {
            if (!trouble.IsContinued || trouble.Ip.Length == 0 || history.HostOf(trouble) is { Greeting.Length: > 0 }) continue;
            var port = trouble.Port > 0 ? trouble.Port : SmtpPort;
            if (store.FindHost(trouble.Ip, port) is { } host && Math.Abs(trouble.Time - host.Time) <= ConnectionLife.TotalMilliseconds) history.Hosts.Add(host);
        }
    }

    private DeliveryHistory? FromMessageLog(MessageId id)
    {
        var folder = options.MessageLogs.Length > 0 ? options.MessageLogs : messageLogs;
        foreach (var path in new[] { $"{folder}/{id}", $"{folder}/{id.Subdirectory}/{id}" })
        {
            if (Posix.TryOpen(path, Posix.O_RDONLY, 0, out var file) != 0) continue;
            using (file)
            {
                var history = new DeliveryHistory();
                var offset = Math.Max(0, Posix.Status(file!, path).Size - MostMessageLog);
                var inLongLine = offset > 0;
                var lines = new LogLines();
                while (lines.ReadPiece(file!, path, ref offset, ref inLongLine, isEnded: true, line =>
                {
                    if (EximLogLine.TryParse(line, TimeZoneInfo.Local, out var parsed, out _)) history.ApplyMessageLog(parsed);
                }))
                {
                    // all of it
                }
                return history;
            }
        }
        return null;
    }

    private const int SmtpPort = 25;
}
