// The standing holds of a ledger: a few rows in its table of itself, with their rows of the audit in the same transactions. Each change has a number, and the
// worker notes the last one it knows: so a command can say that a hold is in force, and a worker that has seen them all reads nothing. A version before this one
// leaves the rows alone, and holds nothing. Throws LedgerException.
using System.Buffers.Binary;
using LightningDB;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Verbs;

/// <summary>The holds as they stand in the ledger.</summary>
/// <param name="Holds">In the order of their numbers.</param>
/// <param name="Changes">How often they were changed.</param>
/// <param name="Seen">The last change the worker knows of.</param>
internal sealed record StandingState(IReadOnlyList<StandingHold> Holds, long Changes, long Seen);

/// <summary>Holds of what comes.</summary>
internal sealed class StandingBook(LmdbStore store, LightningDatabase meta, VerbTable audit)
{
    /// <summary>Where the keys of their rows begin.</summary>
    public static ReadOnlySpan<byte> Prefix => "standing "u8;

    private static ReadOnlySpan<byte> NumberKey => "standing-number"u8;

    private static ReadOnlySpan<byte> ChangesKey => "standing-changes"u8;

    private static ReadOnlySpan<byte> SeenKey => "standing-seen"u8;

    /// <summary>All of it, as of one moment.</summary>
    public StandingState Read() => store.Read(transaction => new StandingState(All(transaction), Count(transaction, ChangesKey), Count(transaction, SeenKey)));

    /// <summary>Makes one.</summary>
    /// <param name="hold">Without a number.</param>
    /// <param name="until">What the audit says of its end, as in ", until …"; may be empty.</param>
    /// <returns>It with its number, and the number of the change.</returns>
    public (StandingHold Hold, long Change) Add(StandingHold hold, string until = "") => store.Write(transaction =>
    {
        hold = hold with { Number = Count(transaction, NumberKey) + 1 };
        Put(transaction, NumberKey, hold.Number);
        transaction.Put(meta, KeyOf(hold.Number), StandingJson.Write(hold)).ThrowOnError();
        audit.Execute(transaction, hold.RowOf(VerbKind.HoldNew, $"made{until}"));
        return (hold, Changed(transaction));
    });

    /// <summary>Removes one.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="row">The audit's row about it.</param>
    /// <returns>The number of the change; null when there is none of that number.</returns>
    public long? Remove(long number, Func<StandingHold, VerbRow> row) => store.Write<long?>(transaction =>
    {
        var key = KeyOf(number);
        var (code, _, value) = transaction.Get(meta, key);
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        var hold = Read(key, value.AsSpan());
        transaction.Delete(meta, key).ThrowOnError();
        audit.Execute(transaction, row(hold));
        return Changed(transaction);
    });

    /// <summary>Notes that the worker knows of a change.</summary>
    public void See(long change) => store.Write(transaction => Put(transaction, SeenKey, change));

    /// <summary>A row; of one that a later version has written in another form its number alone, which no condition fits.</summary>
    public static StandingHold Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var number = BinaryPrimitives.ReadInt64BigEndian(key[Prefix.Length..]);
        return StandingJson.TryRead(value) is { } hold ? hold with { Number = number } : new StandingHold { Number = number, Condition = "" };
    }

    private List<StandingHold> All(LightningTransaction transaction)
    {
        var holds = new List<StandingHold>();
        using var cursor = transaction.CreateCursor(meta);
        if (cursor.SetRange(Prefix.ToArray()) != MDBResultCode.Success) return holds;
        for (var (code, key, value) = cursor.GetCurrent(); code == MDBResultCode.Success && key.AsSpan().StartsWith(Prefix); (code, key, value) = cursor.Next()) holds.Add(Read(key.AsSpan(), value.AsSpan()));
        return holds;
    }

    private long Changed(LightningTransaction transaction)
    {
        var change = Count(transaction, ChangesKey) + 1;
        Put(transaction, ChangesKey, change);
        return change;
    }

    private long Count(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(meta, key);
        return code == MDBResultCode.Success && value.AsSpan().Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(value.AsSpan()) : 0;
    }

    private void Put(LightningTransaction transaction, ReadOnlySpan<byte> key, long number) => transaction.Put(meta, key, Bytes(number)).ThrowOnError();

    private static byte[] KeyOf(long number) => [.. Prefix, .. Bytes(number)];

    private static byte[] Bytes(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
