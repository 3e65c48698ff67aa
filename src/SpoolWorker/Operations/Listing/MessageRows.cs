// Listed messages as programs see them.
using SpoolWorker.Characters;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>Makes rows.</summary>
internal static class MessageRows
{
    public static MessageRow Of(ListSource source, in ListedMessage message, DateTimeOffset now)
    {
        var isRead = message.Error is null;
        return new MessageRow
        {
            Place = source.Name,
            Directory = message.Folder ?? source.Path,
            Id = message.Id.ToString(),
            State = message.State,
            Received = View.TimeOfSeconds(message.Received),
            AgeSeconds = Age(message.Received, now),
            Size = message.Size >= 0 ? message.Size : null,
            Sender = isRead ? SafeText.Exact(message.Sender.Span) : null,
            Recipients = message.Each,
            Pending = isRead ? message.Pending : null,
            NextTry = message.NextTry is { } next ? View.TimeOf(next) : null,
            Reason = isRead && message.Reason.Length > 0 ? message.Reason : null,
            Error = message.Error is { } error ? new FaultView { Kind = error.Kind.Token(), Offset = error.Offset, Reason = error.Reason } : null,
        };
    }

    public static MessageRow Of(ListSource source, CorruptEntry entry, DateTimeOffset now)
    {
        var received = entry.Id.Seconds;
        return new MessageRow
        {
            Place = source.Name,
            Directory = source.Path,
            Id = entry.Id.ToString(),
            Name = entry.Name != entry.Id.ToString() ? entry.Name : null,
            State = CorruptEntry.State,
            Received = View.TimeOfSeconds(received),
            AgeSeconds = Age(received, now),
            Size = entry.Size,
            Error = entry.Field("kind") is { Length: > 0 } kind
                ? new FaultView { Kind = kind, Offset = long.TryParse(entry.Field("offset"), out var offset) ? offset : 0, Reason = entry.Field("reason") } : null,
            From = entry.Field("from") is { Length: > 0 } from ? from : null,
            Moved = View.TimeOf(entry.Moved),
        };
    }

    private static long Age(long received, DateTimeOffset now) => Math.Max(0, now.ToUnixTimeSeconds() - received);
}
