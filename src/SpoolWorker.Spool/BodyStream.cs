// A window on -D behind its name line, read at positions of its own. It does not own the handle: closing the stream keeps
// the lock. Reading past the end gives 0; a failed read throws PosixException with the path of -D.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>The body of a claimed pair.</summary>
public sealed class BodyStream(SafeFileHandle file, string path, long start, long length) : Stream
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
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "before the body");
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var left = length - _position;
        if (left <= 0) return 0;
        var n = Posix.Read(file, buffer[..(int)Math.Min(buffer.Length, left)], start + _position, path);
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
    public override void SetLength(long value) => throw new NotSupportedException("-D is never written in place");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("-D is never written in place");
}
