// The addresses behind the keys of the format database, in an LMDB table of one row a key: "expiry address", the expiry in
// seconds since 1970. A key is derived from secret and address, so that a message worked on again gets the same one and
// nobody else can guess one. A row is written again only when it would expire too soon, not for every message. What has
// expired is removed about once an hour, along with a write. A table that cannot be read or written is Unavailable with
// the reason in Trouble; nothing throws. Rows without an expiry, put there by an operator, never expire.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;

#pragma warning disable RS0030 // asks whether the operator's table is there yet

namespace SpoolWorker.Passes.Srs;

/// <summary>Keys and addresses.</summary>
public sealed class SrsDatabase(string path) : IDisposable
{
    /// <summary>80 bits: beyond guessing over SMTP.</summary>
    public const int KeyCharacters = 16;

    /// <summary>Longer keys are for addresses that would share a shorter one.</summary>
    public const int MostKeyCharacters = 32;

    // Removing goes by at most so many rows, for other writers wait meanwhile.
    private const int MostRemoved = 10_000;
    private const int KeyStep = 8;

    // An address made now must be good for MaxAge; the day more spares all but one write a day.
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1), CleaningInterval = TimeSpan.FromHours(1);

    private readonly LmdbTable _table = new(path);
    private long _cleaned;

    /// <summary>Why the table could not be used the last time it could not.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Keeps an address for MaxAge and gives the key for it.</summary>
    public SrsStatus Put(SrsRules rules, string address, DateTimeOffset now, out string key)
    {
        var needed = now + TimeSpan.FromDays(rules.MaxAgeOf(SrsFormat.Database));
        var value = Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(needed + Slack).ToUnixTimeSeconds()} {address}"));
        key = "";
        for (var length = KeyCharacters; length <= MostKeyCharacters; length += KeyStep)
        {
            key = SrsHash.Key(rules.Secrets[0], address, length);
            // A table that is not there yet holds nothing; Write makes it.
            var row = File.Exists(path) ? Read(key) : (LookupState.NotFound, null, null);
            if (row.State == LookupState.Unavailable) return Fail(row.Reason);
            if (row.State == LookupState.Found && TryParse(row.Value!, out var expiry, out var other))
            {
                if (other != address && expiry >= now.ToUnixTimeSeconds()) continue;
                if (other == address && expiry >= needed.ToUnixTimeSeconds()) return SrsStatus.Ok;
            }
            return Write(key, value, now);
        }
        return Fail("every key of this address is another one's");
    }

    /// <summary>The address behind a key.</summary>
    public SrsStatus Find(string key, DateTimeOffset now, out string address)
    {
        address = "";
        var row = Read(key);
        if (row.State == LookupState.Unavailable) return Fail(row.Reason);
        if (row.State == LookupState.NotFound) return SrsStatus.UnknownKey;
        if (!TryParse(row.Value!, out var expiry, out address) || !SrsAddress.TryParse(address, out _)) return SrsStatus.Malformed;
        return expiry < now.ToUnixTimeSeconds() ? SrsStatus.TooOld : SrsStatus.Ok;
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private (LookupState State, byte[]? Value, string? Reason) Read(string key) =>
        (_table.Find(Encoding.ASCII.GetBytes(key), out var value, out var reason), value, reason);

    private SrsStatus Write(string key, byte[] value, DateTimeOffset now)
    {
        if (!_table.TryCreate(new LmdbFileOptions(), out var error)) return Fail(error);
        var expired = Expired(now);
        var bytes = Encoding.ASCII.GetBytes(key);
        var written = _table.TryWrite(
            transaction =>
            {
                foreach (var old in expired)
                {
                    // Somebody may have used it again since it was read.
                    if (transaction.TryGet(old, out var row) && TryParse(row, out var expiry, out _) && expiry < now.ToUnixTimeSeconds()) transaction.Delete(old);
                }
                transaction.Put(bytes, value);
            },
            out error);
        return written ? SrsStatus.Ok : Fail(error);
    }

    private List<byte[]> Expired(DateTimeOffset now)
    {
        var keys = new List<byte[]>();
        var last = Interlocked.Read(ref _cleaned);
        if (now.ToUnixTimeSeconds() - last < CleaningInterval.TotalSeconds || Interlocked.CompareExchange(ref _cleaned, now.ToUnixTimeSeconds(), last) != last) return keys;
        // What cannot be read now is removed another time.
        _table.TryScan(
            [],
            (key, value) =>
            {
                if (TryParse(value, out var expiry, out _) && expiry < now.ToUnixTimeSeconds()) keys.Add(key.ToArray());
                return keys.Count < MostRemoved;
            },
            out _);
        return keys;
    }

    private static bool TryParse(ReadOnlySpan<byte> value, out long expiry, out string address)
    {
        var blank = value.IndexOf((byte)' ');
        if (blank > 0 && !value[..blank].ContainsAnyExceptInRange((byte)'0', (byte)'9') && long.TryParse(value[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out expiry))
        {
            address = Encoding.Latin1.GetString(value[(blank + 1)..]);
            return true;
        }
        expiry = long.MaxValue;
        address = Encoding.Latin1.GetString(value);
        return address.Length > 0;
    }

    private SrsStatus Fail(string? reason)
    {
        Trouble = reason;
        return SrsStatus.Unavailable;
    }
}
