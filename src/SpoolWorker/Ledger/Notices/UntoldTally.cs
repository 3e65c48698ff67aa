// How much held mail administrators were not told of one by one, as their notices are limited: a row of the ledger, changed in the transaction of the message that was
// held, or of the notice that tells of it. So nothing is told twice, and nothing that was not told is forgotten by a restart. Called inside the ledger's transactions.
using System.Text.Json;
using System.Text.Json.Serialization;
using LightningDB;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Notices;

/// <summary>What was not told.</summary>
/// <param name="Count">Messages.</param>
/// <param name="Since">When the first of them was held, Unix milliseconds; 0: there is none.</param>
internal sealed record Untold(long Count, long Since)
{
    public static Untold None { get; } = new(0, 0);
}

/// <summary>What a message, or a letter, adds to the tally and takes from it.</summary>
/// <param name="NotTold">Messages nobody is told of.</param>
/// <param name="Told">Messages of the tally that are told of now.</param>
/// <param name="Since">When the first of them was held, Unix milliseconds; 0: there is none.</param>
internal sealed record NoticeNote(long NotTold, long Told, long Since)
{
    /// <summary>What undoes it.</summary>
    public NoticeNote Undone => new(Told, NotTold, Since);
}

/// <summary>The tally.</summary>
internal sealed class UntoldTally(LightningDatabase meta)
{
    private static ReadOnlySpan<byte> Key => "untold"u8;

    /// <summary>As it stands; none where there is no row, or one that cannot be read.</summary>
    public Untold Read(LightningTransaction transaction)
    {
        var (code, _, value) = transaction.Get(meta, Key);
        if (code == MDBResultCode.NotFound) return Untold.None;
        code.ThrowOnError();
        return JsonRow.TryRead(value.AsSpan(), UntoldJson.Default.Untold) is { Count: > 0 } row ? row : Untold.None;
    }

    /// <summary>Adds and takes.</summary>
    public void Apply(LightningTransaction transaction, NoticeNote note)
    {
        var before = Read(transaction);
        var left = Math.Max(0, before.Count - note.Told);
        var since = note.NotTold == 0 ? before.Since : left == 0 ? note.Since : Math.Min(before.Since, note.Since);
        var after = new Untold(left + note.NotTold, since);
        if (after == before) return;
        if (after.Count > 0) transaction.Put(meta, Key, JsonSerializer.SerializeToUtf8Bytes(after, UntoldJson.Default.Untold)).ThrowOnError();
        else if (transaction.Delete(meta, Key) is var code and not MDBResultCode.NotFound) code.ThrowOnError();
    }
}

/// <summary>The row's bytes.</summary>
[JsonSerializable(typeof(Untold))]
internal sealed partial class UntoldJson : JsonSerializerContext;
