// CSV as RFC 4180 has it: fields apart by commas, records by CRLF (or LF), a field in quotes may hold commas, line breaks
// and quotes written twice. A record is a key and a value. A byte order mark at the start is passed over.
using SpoolWorker.Passes.Lookup;

namespace SpoolWorker.Operations.Tables;

/// <summary>Rows of a CSV file.</summary>
internal sealed class CsvReader(Stream input, bool heading) : RowReader
{
    private static readonly byte[] ByteOrderMark = [0xef, 0xbb, 0xbf];
    private readonly LineBuffer _lines = new(input, MostLine);
    private readonly Field[] _fields = [new(), new()];
    private bool _headingDue = heading, _begun;
    private long _line;

    public override long Line => _line;

    public override long Consumed => _lines.Consumed;

    public override ReadOnlySpan<byte> Key => _fields[0].Bytes;

    public override ReadOnlySpan<byte> Value => _fields[1].Bytes;

    public override bool Next()
    {
        if (!Record()) return false;
        if (!_headingDue) return true;
        _headingDue = false;
        return Record();
    }

    private bool Record()
    {
        ReadOnlySpan<byte> rest;
        do
        {
            if (!Advance(_lines)) return false;
            rest = _lines.Line;
            if (!_begun && rest.StartsWith(ByteOrderMark)) rest = rest[ByteOrderMark.Length..];
            _begun = true;
        }
        while (rest.IsEmpty);
        _line = _lines.Number;
        for (var i = 0; i < _fields.Length; i++)
        {
            rest = ReadField(rest, _fields[i], out var ended);
            if (ended == (i == _fields.Length - 1)) continue;
            throw new RowException(_line, _lines.Line, ended ? "has one field; key and value are wanted" : "has more than two fields; a value with a comma goes in quotes");
        }
        return true;
    }

    private ReadOnlySpan<byte> ReadField(ReadOnlySpan<byte> rest, Field field, out bool ended)
    {
        field.Clear();
        if (!rest.StartsWith("\""u8))
        {
            var comma = rest.IndexOf((byte)',');
            var text = comma < 0 ? rest : rest[..comma];
            if (text.Contains((byte)'"')) throw new RowException(_lines.Number, text, "a field with a quote in it goes in quotes");
            field.Append(text);
            ended = comma < 0;
            return ended ? [] : rest[(comma + 1)..];
        }
        rest = rest[1..];
        while (true)
        {
            var quote = rest.IndexOf((byte)'"');
            if (quote < 0)
            {
                field.Append(rest);
                field.Append(_lines.End);
                if (field.Bytes.Length > MostLine || !Advance(_lines)) throw new RowException(_line, field.Bytes, "a quoted field without an end");
                rest = _lines.Line;
                continue;
            }
            field.Append(rest[..quote]);
            rest = rest[(quote + 1)..];
            if (rest.StartsWith("\""u8))
            {
                field.Append("\""u8);
                rest = rest[1..];
                continue;
            }
            ended = rest.IsEmpty;
            if (!ended && rest[0] != ',') throw new RowException(_lines.Number, rest, "text behind a closing quote");
            return ended ? [] : rest[1..];
        }
    }

    private sealed class Field
    {
        private byte[] _bytes = new byte[256];
        private int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void Clear() => _length = 0;

        public void Append(ReadOnlySpan<byte> text)
        {
            if (_length + text.Length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + text.Length));
            text.CopyTo(_bytes.AsSpan(_length));
            _length += text.Length;
        }
    }
}
