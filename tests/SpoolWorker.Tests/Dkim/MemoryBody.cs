using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Dkim;

/// <summary>A body in memory, read in pieces of a given size: where a piece ends must not matter.</summary>
internal sealed class MemoryBody(ReadOnlyMemory<byte> bytes, bool isWire = false, int piece = int.MaxValue) : IMessageBody
{
    public long Length => bytes.Length;

    public bool IsWireFormat => isWire;

    public Stream OpenRead() => new Pieces(bytes, piece);

    private sealed class Pieces(ReadOnlyMemory<byte> bytes, int piece) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => bytes.Length;

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var n = Math.Min(Math.Min(buffer.Length, piece), bytes.Length - _at);
            bytes.Span.Slice(_at, n).CopyTo(buffer);
            _at += n;
            return n;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
