// A message for a daemon: header lines that are not deleted, an empty line, the body; without dot-stuffing, which belongs to SMTP. A body in wire
// format goes as it lies. Streamed, never in memory as a whole. Reading the body throws PosixException.
using System.Buffers;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Services;

/// <summary>A message for a content engine.</summary>
internal sealed class WireMessage(HeaderFile message, IMessageBody body)
{
    private const int ReadBytes = 32 * 1024;

    private static readonly byte[] CrLf = "\r\n"u8.ToArray(), Lf = "\n"u8.ToArray();

    // Without a look at the body.
    private long LeastLength => Headers.Sum(line => (long)line.Text.Length + line.Text.Span.Count((byte)'\n')) + CrLf.Length + body.Length;

    /// <summary>More bytes than it cannot have with CRLF: a body of line ends alone becomes twice as long. Nothing is read for it.</summary>
    public long MostLength => LeastLength + (body.IsWireFormat ? 0 : body.Length);

    private IEnumerable<HeaderLine> Headers => message.Headers.Where(line => !line.IsDeleted);

    /// <summary>Its bytes with CRLF; a body with LF ends is read for it.</summary>
    public long CountLength()
    {
        var length = LeastLength;
        if (body.IsWireFormat) return length;
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            using var stream = body.OpenRead();
            for (int n; (n = stream.Read(buffer)) > 0;) length += buffer.AsSpan(0, n).Count((byte)'\n');
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether it has more bytes with CRLF. The body is read only where its lines decide that.</summary>
    /// <param name="most">Bytes it may have.</param>
    /// <param name="length">Those it has at least, when it has more.</param>
    public bool IsAbove(long most, out long length)
    {
        length = LeastLength;
        if (length <= most && MostLength > most) length = CountLength();
        return length > most;
    }

    /// <summary>Sends it, with CRLF, in pieces of at most 64 KiB.</summary>
    /// <param name="send">Takes a piece.</param>
    /// <param name="head">What goes before it, in the same pieces: a daemon wakes for each.</param>
    public async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, ValueTask> send, ReadOnlyMemory<byte> head = default)
    {
        using var pieces = new Pieces(send);
        await pieces.AddAsync(head).ConfigureAwait(false);
        await AddToAsync(pieces, withCrLf: true).ConfigureAwait(false);
        await pieces.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Adds it to what is sent.</summary>
    /// <param name="pieces">That.</param>
    /// <param name="withCrLf">False: lines that lie with LF go so.</param>
    public async ValueTask AddToAsync(Pieces pieces, bool withCrLf)
    {
        foreach (var line in Headers) await pieces.AddAsync(line.Text, withCrLf).ConfigureAwait(false);
        await pieces.AddAsync(withCrLf ? CrLf : Lf).ConfigureAwait(false);
        var read = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            using var stream = body.OpenRead();
            for (int n; (n = stream.Read(read.AsSpan(0, ReadBytes))) > 0;) await pieces.AddAsync(read.AsMemory(0, n), withCrLf && !body.IsWireFormat).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(read);
        }
    }
}
