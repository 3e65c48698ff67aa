// The body of a claimed pair as passes see it: a window on -D behind its name line, read at positions of its own, so that
// several streams may be open and the lock's handle is never moved or closed.
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Body of a claimed pair.</summary>
internal sealed class PairBody(SpoolPair pair, bool wireFormat) : IMessageBody
{
    public long Length => Math.Max(0, pair.DataStatus.Size - pair.Id.BodyOffset);

    public bool IsWireFormat => wireFormat;

    public Stream OpenRead() => new Window(pair, pair.Id.BodyOffset, Length);

    private sealed class Window(SpoolPair pair, long start, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "before the body");
        }

        public override int Read(Span<byte> buffer)
        {
            var left = length - _position;
            if (left <= 0) return 0;
            var n = pair.ReadData(buffer[..(int)Math.Min(buffer.Length, left)], start + _position);
            _position += n;
            return n;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException("-D is never written in place");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("-D is never written in place");
    }
}
