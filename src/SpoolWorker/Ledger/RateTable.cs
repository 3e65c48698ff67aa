// How many notifications an address got lately, in the ledger, so that a restart does not forget it: for each address the time
// at which its allowance is whole again. A record is worthless after that time and is swept then, so the table never holds
// more addresses than were written to within the period. Addresses are kept as hashes. Called inside the ledger's transactions.
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LightningDB;

namespace SpoolWorker.Ledger;

/// <summary>An address's allowance after one more notification.</summary>
/// <param name="Key">Of the address.</param>
/// <param name="Until">When the allowance is whole again, Unix milliseconds.</param>
/// <param name="Step">How much later that is by this notification.</param>
internal sealed record AddressRate(string Key, long Until, long Step);

/// <summary>The allowances.</summary>
internal sealed class RateTable(LightningDatabase database) : IDisposable
{
    /// <summary>The key of an address, whatever its case.</summary>
    public static string KeyOf(ReadOnlySpan<byte> address) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(address).ToLowerInvariant())).AsSpan(0, 16));

    /// <summary>Its table.</summary>
    public IEnumerable<LightningDatabase> Tables => [database];

    /// <summary>When the allowance is whole again; 0 when it is.</summary>
    public long Find(LightningTransaction transaction, string key)
    {
        var (code, _, value) = transaction.Get(database, Encoding.ASCII.GetBytes(key));
        return code == MDBResultCode.Success && value.AsSpan().Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(value.AsSpan()) : 0;
    }

    public void Put(LightningTransaction transaction, AddressRate rate)
    {
        var value = new byte[sizeof(long)];
        // Two messages of one group: the later allowance counts.
        BinaryPrimitives.WriteInt64BigEndian(value, Math.Max(rate.Until, Find(transaction, rate.Key)));
        transaction.Put(database, Encoding.ASCII.GetBytes(rate.Key), value).ThrowOnError();
    }

    /// <summary>Gives back what a notification took that did not go.</summary>
    public void TakeBack(LightningTransaction transaction, AddressRate rate)
    {
        var value = new byte[sizeof(long)];
        // Others may have taken their part meanwhile: theirs stays.
        BinaryPrimitives.WriteInt64BigEndian(value, Math.Max(0, Find(transaction, rate.Key) - rate.Step));
        transaction.Put(database, Encoding.ASCII.GetBytes(rate.Key), value).ThrowOnError();
    }

    /// <summary>Removes what is worthless by now, at most so many.</summary>
    public int Sweep(LightningTransaction transaction, DateTimeOffset now, int most)
    {
        var limit = now.ToUnixTimeMilliseconds();
        var due = new List<byte[]>();
        using (var cursor = transaction.CreateCursor(database))
        {
            for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && due.Count < most; (code, key, value) = cursor.Next())
            {
                if (value.AsSpan().Length != sizeof(long) || BinaryPrimitives.ReadInt64BigEndian(value.AsSpan()) <= limit) due.Add(key.CopyToNewArray());
            }
        }
        foreach (var key in due) transaction.Delete(database, key).ThrowOnError();
        return due.Count;
    }

    public void Dispose() => database.Dispose();
}
