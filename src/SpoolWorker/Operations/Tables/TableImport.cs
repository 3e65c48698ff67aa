// Brings rows into a table in one transaction: whoever reads sees the old state or the new one, and a kill or a fault in
// the input leaves the old one. Sorted input that can be read again goes straight in; all other is sorted first. A table
// that is not there yet appears whole, at the end.
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Operations.Tables;

/// <summary>What an import is told.</summary>
/// <param name="Format">Form of the rows.</param>
/// <param name="Heading">CSV: the first record is a heading.</param>
/// <param name="Lower">Keys are lower-cased.</param>
/// <param name="Replace">What is in the table goes.</param>
/// <param name="File">For a table that is made.</param>
internal sealed record ImportOptions(RowFormat Format, bool Heading, bool Lower, bool Replace, LmdbFileOptions File);

/// <summary>One import.</summary>
/// <param name="table">What is written.</param>
/// <param name="input">The rows.</param>
/// <param name="options">How.</param>
/// <param name="progress">Is told now and then what is being done, how much of it is, and of how much (0: not known).</param>
internal sealed class TableImport(LmdbTable table, Stream input, ImportOptions options, Action<string, long, long> progress)
{
    /// <summary>Another import may well be under way.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Bytes a row takes in a table beside its own.</summary>
    private const int RowOverhead = 16;

    private readonly byte[] _lowered = new byte[LmdbKey.MaxLength];
    private RowFormat _format;

    /// <summary>Rows of the input.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that another of the same key went over.</summary>
    public long Duplicates { get; private set; }

    /// <summary>For programs.</summary>
    public TableImportView View => new() { Rows = Rows - Duplicates, Duplicates = Duplicates };

    /// <summary>Imports; false with the reason when the table could not be written. Faults of the input are thrown.</summary>
    public bool TryRun(out string? error)
    {
        _format = options.Format;
        if (input.CanSeek)
        {
            try
            {
                return TryWrite(Straight, 2 * input.Length, out error);
            }
            catch (NotSortedException)
            {
                input.Position = 0;
            }
        }
        using var sorter = new RowSorter();
        var firstCounts = Collect(sorter);
        return TryWrite((t, append) => Store(t, append, sorter, firstCounts), sorter.Bytes + sorter.Bytes / 2 + sorter.Rows * RowOverhead, out error);
    }

    private bool TryWrite(Action<LmdbTransaction, bool> fill, long room, out string? error)
    {
        if (!File.Exists(table.Path))
        {
            if (table.TryCreate(options.File, t => fill(t, true), out var exists, out error, room)) return true;
            if (!exists) return false;
        }
        return table.TryWrite(t =>
        {
            if (options.Replace) t.Clear();
            fill(t, options.Replace);
        }, out error, Patience, room);
    }

    private void Straight(LmdbTransaction transaction, bool append)
    {
        input.Position = 0;
        var rows = RowReader.Create(_format, input, options.Heading);
        var last = new byte[LmdbKey.MaxLength];
        var lastLength = 0;
        for (Rows = 0; rows.Next(); Rows++)
        {
            var key = Key(rows);
            if (key.SequenceCompareTo(last.AsSpan(0, lastLength)) <= 0) throw new NotSortedException();
            key.CopyTo(last);
            lastLength = key.Length;
            if (append) transaction.Append(key, rows.Value);
            else transaction.Put(key, rows.Value);
            if (IsTimeToTell(Rows)) progress("importing", rows.Consumed, input.Length);
        }
    }

    private bool Collect(RowSorter sorter)
    {
        var rows = RowReader.Create(_format, input, options.Heading);
        while (rows.Next())
        {
            sorter.Add(Key(rows), rows.Value);
            if (IsTimeToTell(sorter.Rows)) progress("reading", rows.Consumed, input.CanSeek ? input.Length : 0);
        }
        return rows.FirstCounts;
    }

    private void Store(LmdbTransaction transaction, bool append, RowSorter sorter, bool firstCounts)
    {
        byte[] key = new byte[LmdbKey.MaxLength], value = new byte[4096];
        int keyLength = 0, valueLength = 0;
        (Rows, Duplicates) = (0, 0);
        // A row waits for the one behind it: of equal keys one counts.
        sorter.Visit((nextKey, nextValue) =>
        {
            var isSame = keyLength > 0 && nextKey.SequenceEqual(key.AsSpan(0, keyLength));
            if (isSame) Duplicates++;
            else Flush();
            if (!isSame || !firstCounts)
            {
                nextKey.CopyTo(key);
                keyLength = nextKey.Length;
                if (value.Length < nextValue.Length) value = new byte[Math.Max(value.Length * 2, nextValue.Length)];
                nextValue.CopyTo(value);
                valueLength = nextValue.Length;
            }
            if (IsTimeToTell(++Rows)) progress("storing", Rows, sorter.Rows);
        });
        Flush();

        void Flush()
        {
            if (keyLength == 0) return;
            if (append) transaction.Append(key.AsSpan(0, keyLength), value.AsSpan(0, valueLength));
            else transaction.Put(key.AsSpan(0, keyLength), value.AsSpan(0, valueLength));
        }
    }

    private ReadOnlySpan<byte> Key(RowReader rows)
    {
        var key = rows.Key;
        if (LmdbKey.Fault(key) is { } fault) throw new RowException(rows.Line, key, fault);
        if (!options.Lower || !key.ContainsAnyInRange((byte)'A', (byte)'Z')) return key;
        for (var i = 0; i < key.Length; i++) _lowered[i] = char.IsAsciiLetterUpper((char)key[i]) ? (byte)(key[i] | 0x20) : key[i];
        return _lowered.AsSpan(0, key.Length);
    }

    // The clock is asked once in a while: a million rows take less than a second.
    private static bool IsTimeToTell(long rows) => (rows & 0xfff) == 0;

    private sealed class NotSortedException : Exception;
}
