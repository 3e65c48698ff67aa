// Is a claimed pair whole? Exim's own queues rename -H into place last, so there it is. queuefile writes -H first, under
// its final name, and copies -D when the directory is on another file system: then -D is whole when it starts with its
// name line and has the lines that -H counts; in wire format, where nothing is counted, when it has not changed for the
// settle time. A -D with a second name is a hard link: whole by nature. (queuefile.c; "Format of spool files" in Exim's
// manual.) Where nothing can be growing any more, a -D of queuefile with other lines than -H counts is broken: a disk lost some
// of it. In an Exim's queue the count proves nothing: Exim delivers such mail, and MailScanner, which signs and disarms bodies,
// leaves -body_linecount, and -spool_file_wireformat over a body with LF, as they were. What is there is counted then.
using System.Buffers;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Reading;

/// <summary>Whether a pair can be worked on.</summary>
internal enum Readiness
{
    Whole,

    /// <summary>Still being written, or the writing failed.</summary>
    Partial,

    /// <summary>Never will be: see the error.</summary>
    Broken,

    /// <summary>Whole, but not as -H says: see the error, and the header that says what is.</summary>
    Miscounted,
}

/// <summary>Completeness of pairs.</summary>
internal static class PairReadiness
{
    private const int ReadBytes = 64 * 1024, LeastReadBytes = 4 * 1024;

    public static Readiness Of(SpoolPair pair, HeaderFile header, IntakeKind kind, Func<bool> hasSettled, out HeaderFile counted, out SpoolParseError? error)
    {
        error = null;
        counted = header;
        var start = new byte[pair.Id.BodyOffset];
        var got = Posix.Read(pair.Data, start, 0, pair.BodyPath);
        if (!BodyForm.StartsWithNameLine(start.AsSpan(0, got), pair.Id))
        {
            error = new SpoolParseError(SpoolParseErrorKind.BodyNameLine, 0, $"{pair.Id.BodyName} does not start with its own name");
            var prefix = System.Text.Encoding.ASCII.GetBytes(pair.Id.BodyName + "\n").AsSpan();
            var growing = kind == IntakeKind.Queuefile && got < start.Length && prefix.StartsWith(start.AsSpan(0, got));
            return growing ? Readiness.Partial : Readiness.Broken;
        }
        var growable = kind == IntakeKind.Queuefile && pair.DataIsOursAlone;
        if (header.BodyLineCount is not { } expected)
        {
            if (growable && !hasSettled()) return Readiness.Partial;
            if (kind == IntakeKind.Queuefile || !header.IsWireFormat || !HasLineFeedsAlone(pair)) return Readiness.Whole;
            counted = Counted(pair, header.WithoutVariable("spool_file_wireformat"));
            error = new SpoolParseError(SpoolParseErrorKind.BodyLineCount, pair.DataStatus.Size, $"{pair.Id.BodyName} has line ends of LF, -H says spool_file_wireformat");
            return Readiness.Miscounted;
        }
        var lines = CountLines(pair, out var end, out var endsInNewline);
        // It may have grown while we read: what was counted must be what passes and ledger are told of.
        if (pair.RefreshData().Size != end) return Readiness.Partial;
        if (lines == expected && (endsInNewline || !growable || hasSettled())) return Readiness.Whole;
        error = new SpoolParseError(SpoolParseErrorKind.BodyLineCount, pair.DataStatus.Size, $"{pair.Id.BodyName} has {lines} lines, -H counts {expected}");
        if (kind == IntakeKind.Queuefile) return growable && lines < expected ? Readiness.Partial : Readiness.Broken;
        counted = Counted(pair, header);
        return Readiness.Miscounted;
    }

    private static HeaderFile Counted(SpoolPair pair, HeaderFile header)
    {
        using var body = pair.OpenBody();
        return BodyCount.Of(body).ApplyTo(header);
    }

    // Wire format shows itself at the first line end; one that is not CRLF may be the sender's doing.
    private static bool HasLineFeedsAlone(SpoolPair pair)
    {
        var (found, before) = (false, (byte)0);
        var at = (long)pair.Id.BodyOffset;
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            for (int n; (n = Posix.Read(pair.Data, buffer, at, pair.BodyPath)) > 0; at += n, before = buffer[n - 1])
            {
                var piece = buffer.AsSpan(0, n);
                if ((before == '\r' && piece[0] == '\n') || piece.IndexOf("\r\n"u8) >= 0) return false;
                found |= piece.Contains((byte)'\n');
            }
            return found;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static long CountLines(SpoolPair pair, out long end, out bool endsInNewline)
    {
        long lines = 0;
        end = pair.Id.BodyOffset;
        endsInNewline = true;
        // Pooled: this runs once a message, and a new array of this size would land on the large object heap.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(pair.DataStatus.Size, LeastReadBytes, ReadBytes));
        for (int n; (n = Posix.Read(pair.Data, buffer, end, pair.BodyPath)) > 0; end += n)
        {
            lines += BodyForm.CountLines(buffer.AsSpan(0, n));
            endsInNewline = buffer[n - 1] == '\n';
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return lines;
    }
}
