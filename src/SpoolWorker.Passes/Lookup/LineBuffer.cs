// Lines of a large input, one at a time: memory grows with the longest line only. A line above the limit is no line of a table
// but something else; it ends the reading. Throws what the input throws.
namespace SpoolWorker.Passes.Lookup;

/// <summary>Reads lines; a CR before LF belongs to the line's end.</summary>
/// <param name="input">Read from where it stands.</param>
/// <param name="mostBytes">The limit for a line.</param>
internal sealed class LineBuffer(Stream input, int mostBytes)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start, _end, _lineStart, _lineLength, _endLength;
    private bool _ended;

    /// <summary>Number of the current line, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes of the input used so far.</summary>
    public long Consumed { get; private set; }

    /// <summary>How the current line ended: CRLF, LF, or not at all. It stays valid until the next one is read, as does <see cref="Line"/>.</summary>
    public ReadOnlySpan<byte> End => _buffer.AsSpan(_lineStart + _lineLength, _endLength);

    /// <summary>The current line without its end.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineLength);

    /// <summary>The current line with its end.</summary>
    public ReadOnlySpan<byte> Whole => _buffer.AsSpan(_lineStart, _lineLength + _endLength);

    /// <summary>Whether reading ended because the next line is above the limit.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Goes to the next line; false at the end, and before a line that is too long.</summary>
    public bool TryNext()
    {
        int newline, searched = 0;
        while ((newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0 && !_ended)
        {
            searched = _end - _start;
            IsTooLong = searched > mostBytes;
            if (IsTooLong) return false;
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
