// Is a claimed pair whole? Exim's own queues rename -H into place last, so there it is. queuefile writes -H first, under
// its final name, and copies -D when the directory is on another file system: then -D is whole when it starts with its
// name line and has the lines that -H counts; in wire format, where nothing is counted, when it has not changed for the
// settle time. A -D with a second name is a hard link: whole by nature. (queuefile.c; "Format of spool files" in Exim's
// manual.) Where nothing can be growing any more, a -D with other lines than -H counts is broken: a disk lost some of it.
using System.Buffers;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Whether a pair can be worked on.</summary>
internal enum Readiness
{
    Whole,

    /// <summary>Still being written, or the writing failed.</summary>
    Partial,

    /// <summary>Never will be: see the error.</summary>
    Broken,
}

/// <summary>Completeness of pairs.</summary>
internal static class PairReadiness
{
    private const int ReadBytes = 64 * 1024, LeastReadBytes = 4 * 1024;

    public static Readiness Of(SpoolPair pair, HeaderFile header, IntakeKind kind, Func<bool> hasSettled, out SpoolParseError? error)
    {
        error = null;
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
        if (header.BodyLineCount is not { } expected) return !growable || hasSettled() ? Readiness.Whole : Readiness.Partial;
        var lines = CountLines(pair, out var end, out var endsInNewline);
        // It may have grown while we read: what was counted must be what passes and ledger are told of.
        if (pair.RefreshData().Size != end) return Readiness.Partial;
        if (lines == expected && (endsInNewline || !growable || hasSettled())) return Readiness.Whole;
        error = new SpoolParseError(SpoolParseErrorKind.BodyLineCount, pair.DataStatus.Size, $"{pair.Id.BodyName} has {lines} lines, -H counts {expected}");
        return growable && lines < expected ? Readiness.Partial : Readiness.Broken;
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
