// Reads the file format of Exim's lsearch (lookups/lsearch.c, internal_lsearch_find), streaming: a key ends at a colon or
// white space, or is quoted with backslash escapes; the rest is the value; lines that begin with white space go on with
// the value, one blank in place of the white space; empty lines and lines that begin with '#' are passed over. They end a
// value: lines that would go on with it behind them are lost, as in Exim 4.96 (its manual promises otherwise), since a
// file must say the same to both. A first line that begins with white space goes on with nothing and is passed over.
// The only fault is a line or value above the limit.
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Lookup;

/// <summary>Rows of an lsearch file, in order, duplicates and all.</summary>
internal sealed class LsearchReader(Stream input)
{
    /// <summary>Aliases with thousands of addresses are far below; a file that is no text at all is above.</summary>
    public const int MaxLine = 4 * 1024 * 1024;

    private readonly LineBuffer _lines = new(input, MaxLine);
    private bool _isAhead;
    private byte[] _key = new byte[256], _value = new byte[1024];
    private int _keyLength, _valueLength;

    /// <summary>The line the current row began on, from 1.</summary>
    public long Line { get; private set; }

    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    public ReadOnlySpan<byte> Value => _value.AsSpan(0, _valueLength);

    /// <summary>True when the current row's key was quoted.</summary>
    public bool IsQuoted { get; private set; }

    /// <summary>Bytes of the input used so far.</summary>
    public long Consumed => _lines.Consumed;

    /// <summary>Goes to the next row; false at the end, or with an error.</summary>
    public bool TryNext(out string? error)
    {
        ReadOnlySpan<byte> line;
        do
        {
            if (!TryPeek(out line, out error)) return false;
            Take();
        }
        while (line.IsEmpty || line[0] == '#' || ByteText.IsBlank(line[0]));
        Line = _lines.Number;
        var rest = ReadKey(line);
        rest = TrimStart(rest);
        if (rest.StartsWith(":"u8)) rest = TrimStart(rest[1..]);
        _valueLength = 0;
        Append(rest);
        var ended = false;
        while (TryPeek(out line, out error))
        {
            if (line.IsEmpty || line[0] == '#') ended = true;
            else if (!ByteText.IsBlank(line[0])) return true;
            else if (!ended)
            {
                if (_valueLength + line.Length > MaxLine)
                {
                    error = $"a value above {MaxLine} bytes";
                    return false;
                }
                Append(" "u8);
                Append(TrimStart(line));
            }
            Take();
        }
        return error is null;
    }

    /// <summary>Reads a key that a row begins with; returns what is behind it.</summary>
    private ReadOnlySpan<byte> ReadKey(ReadOnlySpan<byte> line)
    {
        if (_key.Length < line.Length) _key = new byte[line.Length];
        var at = 0;
        _keyLength = 0;
        IsQuoted = line[0] == '"';
        if (!IsQuoted)
        {
            while (at < line.Length && line[at] != ':' && !ByteText.IsBlank(line[at])) at++;
            line[..at].CopyTo(_key);
            _keyLength = at;
            return line[at..];
        }
        for (at = 1; at < line.Length && line[at] != '"'; at++) _key[_keyLength++] = line[at] == '\\' ? Unescape(line, ref at) : line[at];
        return at < line.Length ? line[(at + 1)..] : [];
    }

    // string.c, string_interpret_escape: octal and hexadecimal digits, the usual letters, and any other byte for itself.
    private static byte Unescape(ReadOnlySpan<byte> line, ref int at)
    {
        if (at + 1 >= line.Length) return (byte)'\\';
        var b = line[++at];
        if (b is >= (byte)'0' and <= (byte)'7')
        {
            var value = b - '0';
            for (var i = 0; i < 2 && at + 1 < line.Length && line[at + 1] is >= (byte)'0' and <= (byte)'7'; i++) value = value * 8 + line[++at] - '0';
            return (byte)value;
        }
        if (b == 'x')
        {
            var value = 0;
            for (var i = 0; i < 2 && at + 1 < line.Length && char.IsAsciiHexDigit((char)line[at + 1]); i++) value = value * 16 + Convert.ToInt32(((char)line[++at]).ToString(), 16);
            return (byte)value;
        }
        return b switch { (byte)'b' => 8, (byte)'f' => 12, (byte)'n' => 10, (byte)'r' => 13, (byte)'t' => 9, (byte)'v' => 11, _ => b };
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_valueLength + bytes.Length > _value.Length) Array.Resize(ref _value, Math.Max(_value.Length * 2, _valueLength + bytes.Length));
        bytes.CopyTo(_value.AsSpan(_valueLength));
        _valueLength += bytes.Length;
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && ByteText.IsBlank(bytes[0])) bytes = bytes[1..];
        return bytes;
    }

    /// <summary>The next physical line without its end; it stays valid until the one after it is read.</summary>
    private bool TryPeek(out ReadOnlySpan<byte> line, out string? error)
    {
        error = null;
        line = default;
        if (!_isAhead && !_lines.TryNext())
        {
            if (_lines.IsTooLong) error = $"line {_lines.Number + 1} is above {MaxLine} bytes";
            return false;
        }
        _isAhead = true;
        line = _lines.Line;
        // Exim trims only where it sees the line's end.
        if (_lines.End.EndsWith("\n"u8)) while (!line.IsEmpty && ByteText.IsBlank(line[^1])) line = line[..^1];
        else line = _lines.Whole;
        return true;
    }

    private void Take() => _isAhead = false;
}
