// A message as Exim sends it: header lines that are not deleted, an empty line, the body; each LF of the spool as CRLF, a CR before it being
// content (transport.c), a body in wire format as it lies; without dot-stuffing, which belongs to SMTP. Streamed, never in memory as a whole.
// Reading the body throws PosixException.
using System.Buffers;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Services;

/// <summary>A message for a content engine.</summary>
internal sealed class WireMessage(HeaderFile message, IMessageBody body)
{
    private const int PieceBytes = 64 * 1024, ReadBytes = 32 * 1024;

    private static readonly byte[] CrLf = "\r\n"u8.ToArray();

    /// <summary>The least it can have, without a look at the body.</summary>
    public long LeastLength => HeaderLength + body.Length;

    private long HeaderLength => Headers.Sum(line => (long)line.Text.Length + line.Text.Span.Count((byte)'\n')) + CrLf.Length;

    private IEnumerable<HeaderLine> Headers => message.Headers.Where(line => !line.IsDeleted);

    /// <summary>Its bytes; a body with LF ends is read for it.</summary>
    public long CountLength()
    {
        var length = LeastLength;
        if (body.IsWireFormat) return length;
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
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

    /// <summary>Sends it in pieces of at most 64 KiB.</summary>
    public async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        var (buffer, read) = (ArrayPool<byte>.Shared.Rent(PieceBytes), ArrayPool<byte>.Shared.Rent(ReadBytes));
        try
        {
            var used = 0;
            foreach (var line in Headers) used = await AppendAsync(line.Text, asLines: true, buffer, used, send).ConfigureAwait(false);
            used = await AppendAsync(CrLf, asLines: false, buffer, used, send).ConfigureAwait(false);
            using var stream = body.OpenRead();
            for (int n; (n = stream.Read(read.AsSpan(0, ReadBytes))) > 0;) used = await AppendAsync(read.AsMemory(0, n), asLines: !body.IsWireFormat, buffer, used, send).ConfigureAwait(false);
            if (used > 0) await send(buffer.AsMemory(0, used)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<byte>.Shared.Return(read);
        }
    }

    private static async ValueTask<int> AppendAsync(ReadOnlyMemory<byte> bytes, bool asLines, byte[] buffer, int used, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        while (!bytes.IsEmpty)
        {
            if (PieceBytes - used < CrLf.Length)
            {
                await send(buffer.AsMemory(0, used)).ConfigureAwait(false);
                used = 0;
            }
            used += Copy(bytes.Span, buffer.AsSpan(used, PieceBytes - used), asLines, out var taken);
            bytes = bytes[taken..];
        }
        return used;
    }

    // Room for two bytes at least; takes one at least.
    private static int Copy(ReadOnlySpan<byte> bytes, Span<byte> to, bool asLines, out int taken)
    {
        if (asLines && bytes[0] == '\n')
        {
            CrLf.CopyTo(to);
            taken = 1;
            return CrLf.Length;
        }
        taken = Math.Min(bytes.Length, to.Length);
        if (asLines && bytes[..taken].IndexOf((byte)'\n') is var line and > 0) taken = line;
        bytes[..taken].CopyTo(to);
        return taken;
    }
}
