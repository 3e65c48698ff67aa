// A body with pieces put in: everything between the places comes from the old body as it is read, so its size does not matter.
// Failing reads are those of the old body.
using SpoolWorker.Spool;

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

    private sealed class Spliced(Stream old, IReadOnlyList<Insertion> insertions, long length) : ReadOnlyStream(length)
    {
        protected override int ReadAt(long position, Span<byte> buffer)
        {
            // Bytes put in before the piece that is looked at.
            long added = 0;
            foreach (var insertion in insertions)
            {
                var start = insertion.Offset + added;
                if (position < start) return ReadOld(buffer, position - added, start - position);
                var within = position - start;
                if (within < insertion.Bytes.Length)
                {
                    var piece = insertion.Bytes.AsSpan((int)within);
                    var n = Math.Min(piece.Length, buffer.Length);
                    piece[..n].CopyTo(buffer);
                    return n;
                }
                added += insertion.Bytes.Length;
            }
            return ReadOld(buffer, position - added, long.MaxValue);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) old.Dispose();
            base.Dispose(disposing);
        }

        private int ReadOld(Span<byte> buffer, long at, long most)
        {
            old.Position = at;
            return old.Read(buffer[..(int)Math.Min(buffer.Length, most)]);
        }
    }
}
