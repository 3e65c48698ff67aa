// Gathers what is sent to a daemon into pieces of at most 64 KiB, in one buffer. Throws what sending throws.
using System.Buffers;

namespace SpoolWorker.Passes.Services;

/// <summary>Pieces under way.</summary>
/// <param name="send">Takes a piece; when it returns, the buffer is filled anew.</param>
internal sealed class Pieces(Func<ReadOnlyMemory<byte>, ValueTask> send) : IDisposable
{
    private const int Most = 64 * 1024;

    private static readonly byte[] CrLf = "\r\n"u8.ToArray();

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(Most);
    private int _used;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">They.</param>
    /// <param name="withCrLf">Each LF as CRLF, a CR before it being content (as transport.c has it).</param>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, bool withCrLf = false)
    {
        while (!bytes.IsEmpty)
        {
            if (Most - _used < CrLf.Length) await FlushAsync().ConfigureAwait(false);
            _used += Copy(bytes.Span, _buffer.AsSpan(_used, Most - _used), withCrLf, out var taken);
            bytes = bytes[taken..];
        }
    }

    /// <summary>Sends what is gathered.</summary>
    public async ValueTask FlushAsync()
    {
        if (_used > 0) await send(_buffer.AsMemory(0, _used)).ConfigureAwait(false);
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    // Room for two bytes at least; takes one at least. As many lines at a time as there is room for: a body of 5 MB has 70,000.
    private static int Copy(ReadOnlySpan<byte> bytes, Span<byte> to, bool withCrLf, out int taken)
    {
        taken = 0;
        var used = 0;
        while (taken < bytes.Length && used < to.Length)
        {
            var rest = bytes[taken..];
            var line = withCrLf ? rest.IndexOf((byte)'\n') : -1;
            var count = Math.Min(line < 0 ? rest.Length : line, to.Length - used);
            rest[..count].CopyTo(to[used..]);
            used += count;
            taken += count;
            if (count != line) continue;
            if (to.Length - used < CrLf.Length) break;
            CrLf.CopyTo(to[used..]);
            used += CrLf.Length;
            taken++;
        }
        return used;
    }
}
