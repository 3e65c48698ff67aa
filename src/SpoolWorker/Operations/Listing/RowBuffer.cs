// Bytes of rows before they are written out. A plain array with the few appends that rows need: it is on the path whose
// start-up is measured, where every generic type of the framework's that is not precompiled costs a visit of the JIT.
using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace SpoolWorker.Operations.Listing;

/// <summary>A growing byte buffer.</summary>
internal sealed class RowBuffer : IBufferWriter<byte>
{
    private const int First = 32 * 1024, LeastSpan = 256, LongestNumber = 11;
    private byte[] _bytes = new byte[First];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public RowBuffer Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _length += bytes.Length;
        return this;
    }

    public RowBuffer Append(string text)
    {
        var span = GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, span);
        return this;
    }

    public RowBuffer Blanks(int count)
    {
        if (count <= 0) return this;
        GetSpan(count)[..count].Fill((byte)' ');
        _length += count;
        return this;
    }

    public RowBuffer Number(int number)
    {
        Utf8Formatter.TryFormat(number, GetSpan(LongestNumber), out var length);
        _length += length;
        return this;
    }

    /// <summary>Two numbers, "1/3", right-aligned.</summary>
    public RowBuffer Right(int part, int whole, int width)
    {
        Span<byte> text = stackalloc byte[LongestNumber + 1 + LongestNumber];
        Utf8Formatter.TryFormat(part, text, out var length);
        text[length++] = (byte)'/';
        Utf8Formatter.TryFormat(whole, text[length..], out var more);
        length += more;
        return Blanks(width - length).Append(text[..length]);
    }

    /// <summary>Right-aligned.</summary>
    public RowBuffer Right(string text, int width) => Blanks(width - text.Length).Append(text);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, LeastSpan));
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, LeastSpan));
        return _bytes.AsSpan(_length);
    }

    private void Grow(int more)
    {
        if (_bytes.Length - _length < more) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + more));
    }
}
