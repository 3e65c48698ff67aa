// What one write transaction does to a table. Keys and values are bytes as they are; LMDB's limits are held here, before
// the library is asked. Before a page of the old state is touched it is inspected: the library trusts its pages and would
// end the process on a broken one. Any failure throws, which abandons the whole transaction; a transaction may be run
// again from its start when the map has to grow.
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>A failed call of the library.</summary>
internal sealed class LmdbException(int code, string message) : IOException(message)
{
    public int Code { get; } = code;
}

/// <summary>A write transaction, alive within one call.</summary>
public sealed unsafe class LmdbTransaction
{
    private readonly LmdbNative _library;
    private readonly nint _transaction;
    private readonly uint _database;
    private LmdbPageCheck? _check;
    private nint _cursor;

    internal LmdbTransaction(LmdbNative library, nint transaction, LmdbPageCheck? check)
    {
        (_library, _transaction, _check) = (library, transaction, check);
        uint database;
        Try(library.DbiOpen(transaction, null, 0, &database));
        _database = database;
    }

    /// <summary>The value of a key, what this transaction wrote included.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (key.IsEmpty || key.Length > LmdbFormat.MaxKey) return false;
        _check?.Inspect(key);
        fixed (byte* k = key)
        {
            LmdbValue asked = new() { Size = (nuint)key.Length, Data = k }, found;
            var code = _library.Get(_transaction, _database, &asked, &found);
            if (code == LmdbCode.NotFound) return false;
            Try(code);
            value = new ReadOnlySpan<byte>(found.Data, (int)found.Size).ToArray();
            return true;
        }
    }

    /// <summary>Sets the value of a key.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Try(PutWith(key, value, 0));

    /// <summary>Sets the value of a key that is not there yet; false when it is.</summary>
    public bool Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var code = PutWith(key, value, LmdbNative.NoOverwrite);
        if (code == LmdbCode.KeyExists) return false;
        Try(code);
        return true;
    }

    /// <summary>Adds a key above all that are there: the fast way to fill a table from sorted rows.</summary>
    public void Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Try(PutWith(key, value, LmdbNative.Append));

    /// <summary>Removes a key; false when it is not there.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty || key.Length > LmdbFormat.MaxKey) return false;
        _check?.Inspect(key);
        fixed (byte* k = key)
        {
            LmdbValue asked = new() { Size = (nuint)key.Length, Data = k };
            var code = _library.Delete(_transaction, _database, &asked, null);
            if (code != LmdbCode.NotFound) Try(code);
            return code == LmdbCode.Success;
        }
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        _check?.InspectAll();
        CloseCursor();
        Try(_library.Drop(_transaction, _database, 0));
        // From here on there are only pages of this transaction.
        _check = null;
    }

    internal void CloseCursor()
    {
        if (_cursor != 0) _library.CursorClose(_cursor);
        _cursor = 0;
    }

    private int PutWith(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint flags)
    {
        LmdbKey.Check(key);
        _check?.Inspect(key);
        if (_cursor == 0)
        {
            nint cursor;
            Try(_library.CursorOpen(_transaction, _database, &cursor));
            _cursor = cursor;
        }
        // LMDB takes no null pointer, not even for an empty value.
        byte nothing = 0;
        fixed (byte* k = key, v = value)
        {
            LmdbValue asked = new() { Size = (nuint)key.Length, Data = k }, given = new() { Size = (nuint)value.Length, Data = v == null ? &nothing : v };
            return _library.CursorPut(_cursor, &asked, &given, flags);
        }
    }

    private void Try(int code)
    {
        if (code != LmdbCode.Success) throw new LmdbException(code, _library.Text(code));
    }
}

/// <summary>What LMDB takes for a key.</summary>
public static class LmdbKey
{
    /// <summary>MDB_MAXKEYSIZE.</summary>
    public const int MaxLength = LmdbFormat.MaxKey;

    /// <summary>Why bytes cannot be a key; null when they can.</summary>
    public static string? Fault(ReadOnlySpan<byte> key) => key.Length switch
    {
        0 => "an empty key cannot be stored",
        > MaxLength => $"a key of {key.Length} bytes cannot be stored: {MaxLength} is the most",
        _ => null,
    };

    internal static void Check(ReadOnlySpan<byte> key)
    {
        if (Fault(key) is { } fault) throw new ArgumentException(fault);
    }
}
