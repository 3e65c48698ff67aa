// The standing holds of a ledger: a few rows in its table of itself, with their rows of the audit in the same transactions. Each change has a number, and the
// worker notes the last one it knows: so a command can say that a hold is in force. A version before this one leaves the rows alone, and holds nothing.
// Throws LedgerException.
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
    public StandingState Read() => store.Read(transaction => new StandingState(transaction.Rows(meta, Prefix, Read), transaction.Number(meta, ChangesKey), transaction.Number(meta, SeenKey)));

    /// <summary>Makes one.</summary>
    /// <param name="hold">Without a number.</param>
    /// <param name="until">What the audit says of its end, as in ", until …"; may be empty.</param>
    /// <returns>It with its number, and the number of the change.</returns>
    public (StandingHold Hold, long Change) Add(StandingHold hold, string until = "") => store.Write(transaction =>
    {
        hold = hold with { Number = transaction.Number(meta, NumberKey) + 1 };
        transaction.PutNumber(meta, NumberKey, hold.Number);
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
    public void See(long change) => store.Write(transaction => transaction.PutNumber(meta, SeenKey, change));

    /// <summary>A row; of one that a later version has written in another form its number alone, which no condition fits.</summary>
    public static StandingHold Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var number = BinaryPrimitives.ReadInt64BigEndian(key[Prefix.Length..]);
        return StandingJson.TryRead(value) is { } hold ? hold with { Number = number } : new StandingHold { Number = number, Condition = "" };
    }

    private long Changed(LightningTransaction transaction)
    {
        var change = transaction.Number(meta, ChangesKey) + 1;
        transaction.PutNumber(meta, ChangesKey, change);
        return change;
    }

    private static byte[] KeyOf(long number) => [.. Prefix, .. StoreRows.Bytes(number)];
}
