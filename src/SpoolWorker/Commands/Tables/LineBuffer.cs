// Lines of a large input, one at a time. A line above the limit is no line of a dump but something else.
namespace SpoolWorker.Commands.Tables;

/// <summary>Reads lines; a CR before LF belongs to the line's end.</summary>
internal sealed class LineBuffer(Stream input)
{
    /// <summary>LMDB takes values up to 4 GiB; mail tables have none near this.</summary>
    public const int MaxLine = 256 * 1024 * 1024;

    private byte[] _buffer = new byte[256 * 1024];
    private int _start, _end, _lineStart, _lineLength, _endLength;
    private bool _ended;

    /// <summary>Number of the current line, from 1.</summary>
    public long Number { get; private set; }

    public long Consumed { get; private set; }

    /// <summary>How the current line ended: CRLF, LF, or not at all.</summary>
    public ReadOnlySpan<byte> End => _buffer.AsSpan(_lineStart + _lineLength, _endLength);

    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineLength);

    /// <summary>Goes to the next line; false at the end.</summary>
    public bool Next()
    {
        int newline, searched = 0;
        while ((newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0 && !_ended)
        {
            searched = _end - _start;
            if (searched > MaxLine) throw new RowException(Number + 1, $"a line above {MaxLine} bytes");
            Fill();
        }
        (_lineStart, _lineLength) = (_start, newline < 0 ? _end - _start : searched + newline);
        if (newline < 0 && _lineLength == 0) return false;
        var taken = _lineLength + (newline < 0 ? 0 : 1);
        _start += taken;
        Consumed += taken;
        Number++;
        if (_lineLength > 0 && _buffer[_lineStart + _lineLength - 1] == '\r') _lineLength--;
        _endLength = _start - _lineStart - _lineLength;
        return true;
    }

    private void Fill()
    {
        var kept = _end - _start;
        if (_start > 0) _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        else if (kept == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        (_start, _end) = (0, kept);
        var read = input.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
    }
}
