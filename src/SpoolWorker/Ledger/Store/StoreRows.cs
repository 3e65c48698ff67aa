// What the tables of a store have in common: numbers, eight bytes with the greatest first so that keys are in their order, and rows whose keys begin alike.
using System.Buffers.Binary;
using LightningDB;

namespace SpoolWorker.Ledger.Store;

/// <summary>Makes something of a row; null: it cannot be read.</summary>
internal delegate T? RowReader<T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    where T : class;

/// <summary>Reads and writes rows.</summary>
internal static class StoreRows
{
    /// <summary>A number as keys and values have it.</summary>
    public static byte[] Bytes(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>The number of a row; 0 where there is none.</summary>
    public static long Number(this LightningTransaction transaction, LightningDatabase table, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(table, key);
        return code == MDBResultCode.Success && value.AsSpan().Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(value.AsSpan()) : 0;
    }

    /// <summary>Writes the number of a row.</summary>
    public static void PutNumber(this LightningTransaction transaction, LightningDatabase table, ReadOnlySpan<byte> key, long number) =>
        transaction.Put(table, key, Bytes(number)).ThrowOnError();

    /// <summary>The rows whose keys begin so, in the order of their keys.</summary>
    public static List<T> Rows<T>(this LightningTransaction transaction, LightningDatabase table, ReadOnlySpan<byte> prefix, RowReader<T> read)
        where T : class
    {
        var rows = new List<T>();
        using var cursor = transaction.CreateCursor(table);
        if (cursor.SetRange(prefix) != MDBResultCode.Success) return rows;
        for (var (code, key, value) = cursor.GetCurrent(); code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, value) = cursor.Next())
        {
            if (read(key.AsSpan(), value.AsSpan()) is { } row) rows.Add(row);
        }
        return rows;
    }
}
