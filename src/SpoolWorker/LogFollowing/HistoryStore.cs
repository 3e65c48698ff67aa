// What the logs told, kept in an LMDB store of its own beside the ledger: delivery histories by message id, the greetings of
// remote hosts, how far each log has been read, and an index of the times at which to forget. A batch of lines and the position
// behind them are committed in one transaction, so a crash neither loses nor repeats a line. Nothing that is decided depends
// on it: it may be deleted, and a full one only costs the enrichment of bounces. Throws LedgerException, which the engine takes for
// a service that is down.
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Passes.EximLog;

namespace SpoolWorker.LogFollowing;

/// <summary>A history with the time it may be forgotten at.</summary>
internal sealed record StoredHistory(long Expires, DeliveryHistory History);

/// <summary>The store.</summary>
internal sealed class HistoryStore : IDisposable
{
    private const string FileName = "log.mdb";
    private const int LongestKey = 500, MostDatabases = 4, MostReaders = 126;
    private static readonly byte[] NoValue = [];
    private readonly LmdbStore _store;
    private readonly LightningDatabase _messages, _hosts, _positions, _expiry;

    private HistoryStore(LmdbStore store)
    {
        _store = store;
        (_messages, _hosts, _positions, _expiry) = store.Write(transaction => (LmdbStore.Database(transaction, "messages"), LmdbStore.Database(transaction, "hosts"),
            LmdbStore.Database(transaction, "positions"), LmdbStore.Database(transaction, "expiry")));
    }

    /// <param name="directory">The ledger's.</param>
    /// <param name="mapSize">Most bytes it may grow to.</param>
    /// <exception cref="LedgerException">It cannot be opened or is damaged.</exception>
    public static HistoryStore Open(string directory, long mapSize)
    {
        var store = LmdbStore.Open(new StorePlan("store of Exim's logs", Path.Combine(directory, FileName), mapSize, "DsnInfo:MapSize", MostDatabases, MostReaders,
            "It may be deleted: it only holds what was read from Exim's logs"));
        try
        {
            return new HistoryStore(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public DeliveryHistory? Find(string id) => _store.Read(t => Get(t, _messages, Key(id), HistoryJson.Default.StoredHistory)?.History);

    public RemoteHost? FindHost(string ip, int port) => _store.Read(t => Get(t, _hosts, HostKey(ip, port), HistoryJson.Default.RemoteHost));

    public LogPosition? Position(string path) => _store.Read(t => Get(t, _positions, Key(path), HistoryJson.Default.LogPosition));

    /// <summary>Writes what a batch of lines told and the position behind it, all or nothing.</summary>
    public void Commit(string path, LogPosition position, HistoryBatch batch, long expires) => _store.Write(transaction =>
    {
        foreach (var (id, history) in batch.Histories)
        {
            var key = Key(id);
            if (Get(transaction, _messages, key, HistoryJson.Default.StoredHistory) is { } before) Drop(transaction.Delete(_expiry, ExpiryKey(before.Expires, key)));
            if (batch.IsForgotten(id))
            {
                Drop(transaction.Delete(_messages, key));
                continue;
            }
            transaction.Put(_messages, key, JsonSerializer.SerializeToUtf8Bytes(new StoredHistory(expires, history), HistoryJson.Default.StoredHistory)).ThrowOnError();
            transaction.Put(_expiry, ExpiryKey(expires, key), NoValue).ThrowOnError();
        }
        foreach (var host in batch.Hosts) transaction.Put(_hosts, HostKey(host.Ip, host.Port), JsonSerializer.SerializeToUtf8Bytes(host, HistoryJson.Default.RemoteHost)).ThrowOnError();
        transaction.Put(_positions, Key(path), JsonSerializer.SerializeToUtf8Bytes(position, HistoryJson.Default.LogPosition)).ThrowOnError();
    });

    /// <summary>Forgets what is older than its time, at most so many messages and hosts a call. Returns how many.</summary>
    public int Expire(long now, long keep, int most)
    {
        var keys = _store.Read(t => Due(t, now, most));
        var hosts = _store.Read(t => OldHosts(t, now - keep, most));
        if (keys.Count + hosts.Count == 0) return 0;
        // Looked at again: between the transactions the log may have told more of a message or a host, which lives on then.
        return _store.Write(transaction => keys.Count(key => TryExpire(transaction, key)) + hosts.Count(key => TryForgetHost(transaction, key, now - keep)));
    }

    /// <summary>Messages something is known of.</summary>
    public long Count => _store.Read(t => t.GetEntriesCount(_messages));

    public void Dispose()
    {
        _expiry.Dispose();
        _positions.Dispose();
        _hosts.Dispose();
        _messages.Dispose();
        _store.Dispose();
    }

    // True when a history went. A row of the index whose history is gone, or has another time, is only a row.
    private bool TryExpire(LightningTransaction transaction, byte[] row)
    {
        var key = row.AsSpan(sizeof(long)).ToArray();
        var history = Get(transaction, _messages, key, HistoryJson.Default.StoredHistory);
        Drop(transaction.Delete(_expiry, row));
        if (history is not null && !ExpiryKey(history.Expires, key).AsSpan().SequenceEqual(row)) return false;
        return IsDeleted(transaction.Delete(_messages, key));
    }

    private bool TryForgetHost(LightningTransaction transaction, byte[] key, long limit)
    {
        if (Get(transaction, _hosts, key, HistoryJson.Default.RemoteHost) is { } host && host.Time >= limit) return false;
        return IsDeleted(transaction.Delete(_hosts, key));
    }

    private List<byte[]> Due(LightningTransaction transaction, long now, int most)
    {
        var due = new List<byte[]>();
        using var cursor = transaction.CreateCursor(_expiry);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success && due.Count < most; (code, key, _) = cursor.Next())
        {
            if (BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()) > now) break;
            due.Add(key.CopyToNewArray());
        }
        return due;
    }

    private List<byte[]> OldHosts(LightningTransaction transaction, long limit, int most)
    {
        var old = new List<byte[]>();
        using var cursor = transaction.CreateCursor(_hosts);
        for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && old.Count < most; (code, key, value) = cursor.Next())
        {
            if (Parse(value.AsSpan(), HistoryJson.Default.RemoteHost) is not { } host || host.Time < limit) old.Add(key.CopyToNewArray());
        }
        return old;
    }

    private static T? Get<T>(LightningTransaction transaction, LightningDatabase database, byte[] key, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        var (code, _, value) = transaction.Get(database, key);
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return Parse(value.AsSpan(), type);
    }

    // A record that cannot be read is as good as none: it is made of a log that can be read again.
    private static T? Parse<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Key(string text)
    {
        var key = Encoding.UTF8.GetBytes(text);
        return key.Length <= LongestKey ? key : System.Security.Cryptography.SHA256.HashData(key);
    }

    private static byte[] HostKey(string ip, int port) => Key($"{ip} {port}");

    private static byte[] ExpiryKey(long expires, byte[] key)
    {
        var bytes = new byte[sizeof(long) + key.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, expires);
        key.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    private static void Drop(MDBResultCode code) => IsDeleted(code);

    private static bool IsDeleted(MDBResultCode code)
    {
        if (code == MDBResultCode.NotFound) return false;
        code.ThrowOnError();
        return true;
    }
}

/// <summary>The records' bytes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StoredHistory))]
[JsonSerializable(typeof(RemoteHost))]
[JsonSerializable(typeof(LogPosition))]
internal sealed partial class HistoryJson : JsonSerializerContext
{
}
