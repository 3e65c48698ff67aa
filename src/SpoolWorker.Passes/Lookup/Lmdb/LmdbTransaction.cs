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
    /// <summary>Bytes after which a private file's transaction is committed: LMDB keeps what is not in memory.</summary>
    private const long MostUncommitted = 32 * 1024 * 1024;

    private readonly LmdbNative _library;
    private readonly nint _env;
    private nint _transaction;
    private uint _database;
    private long _uncommitted;
    private LmdbPageCheck? _check;
    private nint _cursor;

    /// <summary>Bytes put so far, with what a row takes beside them.</summary>
    internal long Written { get; private set; }

    private LmdbTransaction(LmdbNative library, nint env, nint transaction, LmdbPageCheck? check)
    {
        (_library, _env, _transaction, _check) = (library, env, transaction, check);
        OpenDatabase();
    }

    /// <summary>Work on a table that others read: one transaction, whatever its size. It is the caller's to end.</summary>
    internal static LmdbTransaction On(LmdbNative library, nint transaction, LmdbPageCheck check) => new(library, 0, transaction, check);

    /// <summary>Work on a file nobody else knows: committed on the way, so that it needs little memory.</summary>
    internal static LmdbTransaction OnPrivate(LmdbNative library, nint env)
    {
        nint transaction;
        var code = library.TxnBegin(env, 0, 0, &transaction);
        if (code != LmdbCode.Success) throw new LmdbException(code, library.Text(code));
        return new LmdbTransaction(library, env, transaction, null);
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

    /// <summary>Commits the work on a private file.</summary>
    internal void Commit()
    {
        CloseCursor();
        var transaction = _transaction;
        // Committed or not, it is gone.
        _transaction = 0;
        Try(_library.TxnCommit(transaction));
    }

    /// <summary>Gives up what of a private file is not committed.</summary>
    internal void Abandon()
    {
        CloseCursor();
        if (_transaction != 0) _library.TxnAbort(_transaction);
        _transaction = 0;
    }

    private void OpenDatabase()
    {
        uint database;
        Try(_library.DbiOpen(_transaction, null, 0, &database));
        _database = database;
    }

    private void CommitOnTheWay()
    {
        Commit();
        nint next;
        Try(_library.TxnBegin(_env, 0, 0, &next));
        _transaction = next;
        _uncommitted = 0;
        OpenDatabase();
    }

    private int PutWith(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint flags)
    {
        LmdbKey.Check(key);
        _check?.Inspect(key);
        Written += key.Length + value.Length + LmdbPadding.RowBytes;
        if (_env != 0 && (_uncommitted += key.Length + value.Length) > MostUncommitted) CommitOnTheWay();
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
