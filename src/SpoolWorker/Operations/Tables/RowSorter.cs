// Rows in the order of their keys, whatever their number: an amount that fits in memory is sorted at a time, and written
// to a temporary file when there is more; then all are merged. Rows of equal keys stay in the order they came. LMDB fills
// a table from sorted rows several times faster than from others, and needs to keep far less of it in memory.
using System.Buffers.Binary;

namespace SpoolWorker.Operations.Tables;

/// <summary>Collects rows and shows them sorted, as often as wanted.</summary>
internal sealed class RowSorter : IDisposable
{
    /// <summary>Bytes of rows in memory before they are written away.</summary>
    private const int RunBytes = 32 * 1024 * 1024;

    private const int Head = 8, FileBuffer = 128 * 1024;
    private readonly List<FileStream> _runs = [];
    private readonly List<Entry> _entries = [];
    private byte[] _arena = new byte[1024 * 1024];
    private int _used;
    private bool _sorted;

    /// <summary>Shows a row; equal keys follow each other.</summary>
    public delegate void Visitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    public long Rows { get; private set; }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes { get; private set; }

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var length = key.Length + value.Length;
        if (_used > 0 && _used + (long)length > RunBytes) WriteRun();
        if (_used + length > _arena.Length) Array.Resize(ref _arena, Math.Max(Math.Min(_arena.Length * 2, RunBytes), _used + length));
        key.CopyTo(_arena.AsSpan(_used));
        value.CopyTo(_arena.AsSpan(_used + key.Length));
        _entries.Add(new Entry(Prefix(key), _used, key.Length, value.Length));
        _used += length;
        Rows++;
        Bytes += length;
        _sorted = false;
    }

    /// <summary>Shows all rows in order.</summary>
    public void Visit(Visitor visit)
    {
        Sort();
        if (_runs.Count == 0)
        {
            foreach (var entry in _entries) visit(Key(entry), Value(entry));
            return;
        }
        if (_used > 0) WriteRun();
        var queue = new PriorityQueue<RunReader, RunReader>(Comparer<RunReader>.Create(static (a, b) => a.Key.SequenceCompareTo(b.Key) is var order and not 0 ? order : a.Index - b.Index));
        for (var i = 0; i < _runs.Count; i++)
        {
            _runs[i].Position = 0;
            var reader = new RunReader(_runs[i], i);
            if (reader.Next()) queue.Enqueue(reader, reader);
        }
        while (queue.TryDequeue(out var reader, out _))
        {
            visit(reader.Key, reader.Value);
            if (reader.Next()) queue.Enqueue(reader, reader);
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs) run.Dispose();
    }

    private void Sort()
    {
        if (_sorted) return;
        _entries.Sort((a, b) =>
        {
            if (a.Prefix != b.Prefix) return a.Prefix < b.Prefix ? -1 : 1;
            var order = Key(a).SequenceCompareTo(Key(b));
            return order != 0 ? order : a.At.CompareTo(b.At);
        });
        _sorted = true;
    }

    private void WriteRun()
    {
        Sort();
        var path = Path.Combine(Path.GetTempPath(), $"spoolworker-{Guid.NewGuid():N}");
        var run = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = FileBuffer,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        // Nobody needs the name; without it nothing is left behind by a kill.
        File.Delete(path);
        _runs.Add(run);
        Span<byte> head = stackalloc byte[Head];
        foreach (var entry in _entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head, entry.KeyLength);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], entry.ValueLength);
            run.Write(head);
            run.Write(_arena, entry.At, entry.KeyLength + entry.ValueLength);
        }
        run.Flush();
        _entries.Clear();
        _used = 0;
    }

    private ReadOnlySpan<byte> Key(Entry entry) => _arena.AsSpan(entry.At, entry.KeyLength);

    private ReadOnlySpan<byte> Value(Entry entry) => _arena.AsSpan(entry.At + entry.KeyLength, entry.ValueLength);

    // The first bytes as a number decide most comparisons.
    private static ulong Prefix(ReadOnlySpan<byte> key)
    {
        if (key.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(key);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        key.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private readonly record struct Entry(ulong Prefix, int At, int KeyLength, int ValueLength);

    private sealed class RunReader(FileStream run, int index)
    {
        private byte[] _row = new byte[1024];
        private int _keyLength, _valueLength;

        public int Index => index;

        public ReadOnlySpan<byte> Key => _row.AsSpan(0, _keyLength);

        public ReadOnlySpan<byte> Value => _row.AsSpan(_keyLength, _valueLength);

        public bool Next()
        {
            Span<byte> head = stackalloc byte[Head];
            if (run.ReadAtLeast(head, Head, throwOnEndOfStream: false) < Head) return false;
            (_keyLength, _valueLength) = (BinaryPrimitives.ReadInt32LittleEndian(head), BinaryPrimitives.ReadInt32LittleEndian(head[4..]));
            if (_row.Length < _keyLength + _valueLength) _row = new byte[Math.Max(_row.Length * 2, _keyLength + _valueLength)];
            run.ReadExactly(_row, 0, _keyLength + _valueLength);
            return true;
        }
    }
}
