// The form of mdb_dump and mdb_load: heading lines NAME=VALUE up to HEADER=END, then a line for each key and each value
// with a blank in front, then DATA=END. format=bytevalue: two hexadecimal digits a byte. format=print (-p): printable
// bytes as they are, \hh for the others, \\ for a backslash. Debian's mdb_dump 0.9.24 leaves a backslash as it is: one
// that begins no escape is taken for itself (where it happens to look like one, only the form without -p is exact).
using System.Buffers;
using SpoolWorker.Passes.Lookup;

namespace SpoolWorker.Operations.Tables;

/// <summary>Rows of a dump.</summary>
internal sealed class DumpReader(Stream input) : RowReader
{
    private readonly LineBuffer _lines = new(input, MostLine);
    private byte[] _key = new byte[512], _value = new byte[4096];
    private int _keyLength, _valueLength;
    private bool _begun, _isPrint, _several, _ended;
    private long _line;

    /// <summary>dupsort: values of one key come sorted, and the first is what Exim's lookup gives.</summary>
    public override bool FirstCounts => _several;

    public override long Line => _line;

    public override long Consumed => _lines.Consumed;

    public override ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    public override ReadOnlySpan<byte> Value => _value.AsSpan(0, _valueLength);

    public override bool Next()
    {
        if (!_begun) ReadHeading();
        _begun = true;
        if (_ended) return false;
        NextLine();
        _line = _lines.Number;
        if (_lines.Line.SequenceEqual("DATA=END"u8))
        {
            _ended = true;
            while (Advance(_lines))
            {
                if (!_lines.Line.IsEmpty) throw new RowException(_lines.Number, _lines.Line, "more behind DATA=END: a table has one database");
            }
            return false;
        }
        _keyLength = Decode(ref _key);
        NextLine();
        if (_lines.Line.SequenceEqual("DATA=END"u8)) throw new RowException(_lines.Number, "DATA=END where the value of a key has to be");
        _valueLength = Decode(ref _value);
        return true;
    }

    private void ReadHeading()
    {
        var known = false;
        for (var first = true; ; first = false)
        {
            if (!Advance(_lines)) throw new RowException(_lines.Number, first ? "is empty: no dump" : "ends before HEADER=END");
            var line = _lines.Line;
            if (first && !line.SequenceEqual("VERSION=3"u8)) throw new RowException(1, line, "a dump begins with VERSION=3");
            if (line.SequenceEqual("HEADER=END"u8)) break;
            if (line.StartsWith("format="u8))
            {
                _isPrint = line.SequenceEqual("format=print"u8);
                known = _isPrint || line.SequenceEqual("format=bytevalue"u8);
                if (!known) throw new RowException(_lines.Number, line, "use format=print or format=bytevalue");
            }
            else if (line.StartsWith("type="u8) && !line.SequenceEqual("type=btree"u8)) throw new RowException(_lines.Number, line, "only type=btree can be read");
            else if (line.SequenceEqual("dupsort=1"u8) || line.SequenceEqual("duplicates=1"u8)) _several = true;
            else if (line.IndexOf((byte)'=') <= 0) throw new RowException(_lines.Number, line, "is no NAME=VALUE of a heading");
        }
        // db_dump's default, which mdb_load shares.
        if (!known) _isPrint = false;
    }

    private void NextLine()
    {
        if (!Advance(_lines)) throw new RowException(_lines.Number, "ends without DATA=END: it is not whole");
    }

    private int Decode(ref byte[] into)
    {
        var line = _lines.Line;
        if (line.IsEmpty || line[0] != ' ') throw new RowException(_lines.Number, line, "a line of data begins with a blank");
        line = line[1..];
        if (into.Length < line.Length) into = new byte[Math.Max(line.Length, into.Length * 2)];
        if (_isPrint) return DecodePrint(line, into);
        if (line.Length % 2 != 0 || Convert.FromHexString(line, into, out _, out var written) != OperationStatus.Done)
            throw new RowException(_lines.Number, line, "is no row of hexadecimal digits, two a byte");
        return written;
    }

    /// <summary>Undoes the escapes of print form; returns the length.</summary>
    internal static int DecodePrint(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var length = 0;
        while (true)
        {
            var plain = text.IndexOf((byte)'\\');
            if (plain < 0) plain = text.Length;
            text[..plain].CopyTo(into[length..]);
            length += plain;
            text = text[plain..];
            if (text.IsEmpty) return length;
            if (text.Length > 2 && Convert.FromHexString(text.Slice(1, 2), into[length..], out _, out _) == OperationStatus.Done) text = text[3..];
            else
            {
                into[length] = (byte)'\\';
                text = text[(text.Length > 1 && text[1] == '\\' ? 2 : 1)..];
            }
            length++;
        }
    }
}
