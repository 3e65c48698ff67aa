// Streams of which a notification's body is made, so that a large message is returned with constant memory: several sources
// one after the other, and a body in wire format read with LF line ends. They are read from the start to the end, any number
// of times: Position can only be set to 0. Throw only what the sources throw.
namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>A stream that starts over by opening its sources again.</summary>
internal abstract class RewindableStream : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("not known before it is read");

    public override long Position
    {
        get => _position;
        set
        {
            if (value != 0) throw new NotSupportedException("can only start over");
            _position = 0;
            Rewind();
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var n = buffer.IsEmpty ? 0 : ReadNext(buffer);
        _position += n;
        return n;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => origin == SeekOrigin.Begin ? Position = offset : throw new NotSupportedException("can only start over");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("only read");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("only read");

    protected abstract int ReadNext(Span<byte> buffer);

    protected abstract void Rewind();
}

/// <summary>Sources one after the other.</summary>
internal sealed class PartsStream(params IReadOnlyList<Func<Stream>> parts) : RewindableStream
{
    private Stream? _open;
    private int _next;

    protected override int ReadNext(Span<byte> buffer)
    {
        while (true)
        {
            if (_open is null)
            {
                if (_next == parts.Count) return 0;
                _open = parts[_next++]();
            }
            var n = _open.Read(buffer);
            if (n > 0) return n;
            _open.Dispose();
            _open = null;
        }
    }

    protected override void Rewind()
    {
        _open?.Dispose();
        _open = null;
        _next = 0;
    }

    protected override void Dispose(bool disposing)
    {
        _open?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A body in wire format with LF in place of CRLF. A CR alone is content, an LF alone ends a line as it is.</summary>
internal sealed class LfStream(Stream wire) : RewindableStream
{
    private const int ReadBytes = 64 * 1024;
    private readonly byte[] _buffer = new byte[ReadBytes];
    private int _start, _end;
    private bool _ended;

    protected override int ReadNext(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length)
        {
            if (_end - _start < 2 && !_ended) Fill();
            if (_start == _end) break;
            var available = _buffer.AsSpan(_start, _end - _start);
            var plain = available.IndexOf((byte)'\r');
            if (plain != 0)
            {
                plain = Math.Min(plain < 0 ? available.Length : plain, buffer.Length - written);
                available[..plain].CopyTo(buffer[written..]);
                _start += plain;
                written += plain;
                continue;
            }
            // A CR is last in the buffer only at the end of the body.
            if (available.Length < 2 || available[1] != '\n') buffer[written++] = (byte)'\r';
            _start++;
        }
        return written;
    }

    protected override void Rewind()
    {
        wire.Position = 0;
        _start = _end = 0;
        _ended = false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) wire.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < 2 && !_ended)
        {
            var n = wire.Read(_buffer.AsSpan(_end));
            _ended = n == 0;
            _end += n;
        }
    }
}
