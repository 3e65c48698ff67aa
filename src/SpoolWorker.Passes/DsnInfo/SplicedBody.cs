// A body with pieces put in: everything between the places comes from the old body as it is read, so its size does not matter.
// Failing reads are those of the old body.
namespace SpoolWorker.Passes.DsnInfo;

/// <summary>Bytes to put in before an offset.</summary>
public sealed record Insertion(long Offset, byte[] Bytes);

/// <summary>The old body with insertions.</summary>
/// <param name="body">The old one.</param>
/// <param name="insertions">In ascending order of their offsets.</param>
public sealed class SplicedBody(IMessageBody body, IReadOnlyList<Insertion> insertions) : IMessageBody
{
    /// <inheritdoc/>
    public long Length => body.Length + insertions.Sum(i => (long)i.Bytes.Length);

    /// <inheritdoc/>
    public bool IsWireFormat => body.IsWireFormat;

    /// <inheritdoc/>
    public Stream OpenRead() => new Spliced(body.OpenRead(), insertions, Length);

    private sealed class Spliced(Stream old, IReadOnlyList<Insertion> insertions, long length) : Stream
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
            // Bytes put in before the piece that is looked at.
            long added = 0;
            foreach (var insertion in insertions)
            {
                var start = insertion.Offset + added;
                if (_position < start) return ReadOld(buffer, _position - added, start - _position);
                var within = _position - start;
                if (within < insertion.Bytes.Length)
                {
                    var piece = insertion.Bytes.AsSpan((int)within);
                    var n = Math.Min(piece.Length, buffer.Length);
                    piece[..n].CopyTo(buffer);
                    _position += n;
                    return n;
                }
                added += insertion.Bytes.Length;
            }
            return ReadOld(buffer, _position - added, long.MaxValue);
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

        public override void SetLength(long value) => throw new NotSupportedException("a body is read only");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a body is read only");

        protected override void Dispose(bool disposing)
        {
            if (disposing) old.Dispose();
            base.Dispose(disposing);
        }

        private int ReadOld(Span<byte> buffer, long at, long most)
        {
            old.Position = at;
            var n = old.Read(buffer[..(int)Math.Min(buffer.Length, most)]);
            _position += n;
            return n;
        }
    }
}
