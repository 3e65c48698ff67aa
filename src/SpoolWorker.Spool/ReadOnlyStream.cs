namespace SpoolWorker.Spool;

/// <summary>Bytes of a known length that are read at positions of the reader's own. Reading past the end gives 0.</summary>
/// <param name="length">How many bytes there are.</param>
public abstract class ReadOnlyStream(long length) : Stream
{
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "before the start");
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var left = length - _position;
        if (left <= 0 || buffer.IsEmpty) return 0;
        var n = ReadAt(_position, buffer[..(int)Math.Min(buffer.Length, left)]);
        _position += n;
        return n;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("a body is never written in place");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a body is never written in place");

    /// <summary>Reads some bytes, fewer than asked for if it likes; 0 only at the end.</summary>
    /// <param name="position">From where, before the end.</param>
    /// <param name="buffer">Not empty, and not beyond the end.</param>
    protected abstract int ReadAt(long position, Span<byte> buffer);
}
