// A body as it is hashed (RFC 6376, 3.4.3 and 3.4.4), in one pass over pieces of any size. What counts is what the next hop
// will see: in LF form each LF is sent as CRLF and a CR before it is content (Exim's transport.c puts a CR before every LF);
// in wire format lines end in CRLF, or in LF where somebody sent that by BDAT. A CR alone is content in both. A last line
// without line end gets one, as SMTP gives it. Nothing can fail; state is a few counters, so memory does not grow with the body.
using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Signing;

/// <summary>Brings one body into one form and feeds its digests.</summary>
internal sealed class BodyCanonicalizer : IDisposable
{
    /// <summary>Longest piece taken at once: with its output it stays in the second-level cache.</summary>
    public const int MaxPiece = 32 * 1024;

    // Line ends written without looking at the room; more at once take the slow way.
    private const int FewLines = 16;

    private const byte CR = (byte)'\r', LF = (byte)'\n', SP = (byte)' ', TAB = (byte)'\t';

    private static readonly byte[] ManyLines = [.. Enumerable.Repeat("\r\n"u8.ToArray(), 2048).SelectMany(b => b)];

    private readonly bool _relaxed;
    private readonly bool _wire;
    private readonly BodyDigests _digests;

    // Every LF of a piece becomes two bytes; what is left over from the piece before and a vector's width come on top.
    private readonly byte[] _out = ArrayPool<byte>.Shared.Rent(2 * MaxPiece + 2 * FewLines + 2 * Vector256<byte>.Count);

    private long _lines;      // line ends seen and not yet written: those at the very end never are
    private bool _space;      // relaxed: white space seen and not yet written
    private bool _carriage;   // wire format: a CR at the end of the last piece
    private bool _any;        // something was written

    public BodyCanonicalizer(Canonicalization form, bool wire, BodyDigests digests)
    {
        _relaxed = form == Canonicalization.Relaxed;
        _wire = wire;
        _digests = digests;
    }

    /// <summary>True when no digest wants more.</summary>
    public bool IsDone => _digests.IsDone;

    /// <summary>Takes the next piece, at most <see cref="MaxPiece"/> bytes.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        var filled = 0;
        if (_carriage && !piece.IsEmpty)
        {
            _carriage = false;
            if (piece[0] != LF)
            {
                filled = Pending(0);
                _out[filled++] = CR;
            }
        }
        filled = Take(piece, filled);
        _digests.Append(_out.AsSpan(0, filled));
    }

    /// <summary>Ends the body.</summary>
    public void Finish()
    {
        if (_carriage)
        {
            _carriage = false;
            var filled = Pending(0);
            _out[filled++] = CR;
            _digests.Append(_out.AsSpan(0, filled));
        }
        // simple: an empty body is one line end (3.4.3); relaxed: it is nothing (3.4.4)
        if (_any || !_relaxed) _digests.Append("\r\n"u8);
        _digests.Finish();
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_out);
        _digests.Dispose();
    }

    // Content comes: what waited before it is written now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Pending(int filled)
    {
        _any = true;
        if (_lines > 0) filled = Lines(filled);
        if (_space)
        {
            _out[filled++] = SP;
            _space = false;
        }
        return filled;
    }

    private int Lines(int filled)
    {
        if (_lines > FewLines)
        {
            _digests.Append(_out.AsSpan(0, filled));
            filled = 0;
            for (; _lines > 0; _lines -= Math.Min(_lines, ManyLines.Length / 2)) _digests.Append(ManyLines.AsSpan(0, (int)Math.Min(_lines * 2, ManyLines.Length)));
            return filled;
        }
        for (; _lines > 0; _lines--)
        {
            _out[filled++] = CR;
            _out[filled++] = LF;
        }
        return filled;
    }

    // Takes a line end or white space at the start of the rest; gives how many bytes it took, 0 for content.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Gap(ReadOnlySpan<byte> rest)
    {
        var b = rest[0];
        if (b == LF)
        {
            _lines++;
            _space = false;
            return 1;
        }
        if (_relaxed && b is SP or TAB)
        {
            _space = true;
            return 1;
        }
        if (b == CR && _wire)
        {
            if (rest.Length == 1)
            {
                _carriage = true;
                return 1;
            }
            if (rest[1] == LF) return 1;
        }
        return 0;
    }

    private int Take(ReadOnlySpan<byte> piece, int filled)
    {
        while (!piece.IsEmpty)
        {
            var gap = Gap(piece);
            if (gap > 0)
            {
                piece = piece[gap..];
                continue;
            }
            filled = Pending(filled);
            var run = _relaxed ? Run(piece, filled) : Line(piece, filled);
            filled += run;
            piece = piece[run..];
        }
        return filled;
    }

    // Copies content until its line ends. The first byte is content, even if it is a CR.
    private int Line(ReadOnlySpan<byte> piece, int filled)
    {
        var end = _wire ? piece[1..].IndexOfAny(CR, LF) : piece[1..].IndexOf(LF);
        var run = end < 0 ? piece.Length : end + 1;
        piece[..run].CopyTo(_out.AsSpan(filled));
        return run;
    }

    // Copies content until something that the form changes: a line end, a tab, or white space before white space or a line
    // end. Single spaces are copied with the words around them, which is what makes this fast. At least one byte is copied.
    private int Run(ReadOnlySpan<byte> piece, int filled)
    {
        ref var from = ref MemoryMarshal.GetReference(piece);
        ref var to = ref _out[filled];
        to = from;
        var at = 1;
        var carriage = _wire ? CR : LF;
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<byte> lf = Vector256.Create(LF), cr = Vector256.Create(carriage), space = Vector256.Create(SP), tab = Vector256.Create(TAB);
            while (at + Vector256<byte>.Count < piece.Length)
            {
                var here = Vector256.LoadUnsafe(ref from, (nuint)at);
                var next = Vector256.LoadUnsafe(ref from, (nuint)at + 1);
                here.StoreUnsafe(ref to, (nuint)at);
                var ends = Vector256.Equals(here, lf) | Vector256.Equals(here, cr) | Vector256.Equals(here, tab);
                var before = Vector256.Equals(next, space) | Vector256.Equals(next, tab) | Vector256.Equals(next, lf) | Vector256.Equals(next, cr);
                var stops = (ends | (Vector256.Equals(here, space) & before)).ExtractMostSignificantBits();
                if (stops != 0) return at + BitOperations.TrailingZeroCount(stops);
                at += Vector256<byte>.Count;
            }
        }
        for (; at < piece.Length; at++)
        {
            var b = Unsafe.Add(ref from, at);
            if (b is LF or TAB or SP || b == carriage) break;
            Unsafe.Add(ref to, at) = b;
        }
        return at;
    }
}
