using System.Text;
using SpoolWorker.Passes;

namespace SpoolWorker.Testing;

/// <summary>A body in memory, read in pieces of a given size: where a piece ends must not matter.</summary>
internal sealed class MemoryBody(ReadOnlyMemory<byte> bytes, bool isWire = false, int piece = int.MaxValue) : IMessageBody
{
    /// <param name="text">One character a byte.</param>
    /// <param name="isWire">Whether its lines end in CRLF.</param>
    public MemoryBody(string text, bool isWire = false) : this(Encoding.Latin1.GetBytes(text), isWire)
    {
    }

    /// <summary>Nothing.</summary>
    public static MemoryBody Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>How often it was opened.</summary>
    public int Opened { get; private set; }

    public long Length => bytes.Length;

    public bool IsWireFormat => isWire;

    public Stream OpenRead()
    {
        Opened++;
        return new Pieces(bytes, piece);
    }

    private sealed class Pieces(ReadOnlyMemory<byte> bytes, int piece) : Spool.ReadOnlyStream(bytes.Length)
    {
        protected override int ReadAt(long position, Span<byte> buffer)
        {
            var n = Math.Min(buffer.Length, piece);
            bytes.Span.Slice((int)position, n).CopyTo(buffer);
            return n;
        }
    }
}

/// <summary>A body that is whatever stream is opened: one without end, one that fails.</summary>
internal sealed class OpenedBody(long length, Func<Stream> open, bool isWire = false) : IMessageBody
{
    public long Length => length;

    public bool IsWireFormat => isWire;

    public Stream OpenRead() => open();
}
