using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Spool;

// The empty line and the header lines at the end of a -H file. Fails as HeaderFileReader does, with an error in the cursor.
internal static class HeaderLineReader
{
    /// <summary>Enough of a broken line to show it and to find the end of a length.</summary>
    private const int ShownBytes = 40;

    public static bool TryReadAll(ref SpoolCursor cursor, out ImmutableArray<HeaderLine> headers)
    {
        headers = [];
        var start = cursor.Position;
        if (!cursor.TryLine("the empty line before the headers", out var line))
        {
            return false;
        }

        if (!line.IsEmpty)
        {
            return cursor.Fail(SpoolParseErrorKind.HeaderSeparator, start, $"{SpoolBytes.Quote(line.Span)} stands where the recipients should end with an empty line");
        }

        var builder = ImmutableArray.CreateBuilder<HeaderLine>(16);
        while (!cursor.AtEnd)
        {
            if (builder.Count == SpoolLimits.MaxHeaderLines)
            {
                return cursor.Fail(SpoolParseErrorKind.TooLarge, cursor.Position, $"more than {SpoolLimits.MaxHeaderLines} header lines");
            }

            if (!TryReadHeader(ref cursor, out var header))
            {
                return false;
            }

            builder.Add(header);
        }

        headers = builder.DrainToImmutable();
        return true;
    }

    /// <summary><c>NNNF text</c>: at least three digits (spool_out.c, <c>%03d%c %s</c>), a flag, one space, as many bytes.</summary>
    private static bool TryReadHeader(ref SpoolCursor cursor, [NotNullWhen(true)] out HeaderLine? header)
    {
        header = null;
        var start = cursor.Position;
        var shown = cursor.Rest[..Math.Min(cursor.Rest.Length, ShownBytes)];
        var digits = shown.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0 ? shown.Length < ShownBytes : digits > 0 && digits + 2 > cursor.Rest.Length)
        {
            return cursor.FailTruncated("a header line");
        }

        var padding = digits == 3 ? Math.Min(shown.IndexOfAnyExcept((byte)'0'), 2) : 0;
        if (digits < 3 || !SpoolBytes.TryInt(shown[padding..digits], out var length) || length == 0)
        {
            return cursor.Fail(SpoolParseErrorKind.HeaderLine, start, $"{SpoolBytes.Quote(shown)} does not start with the length of a header line");
        }

        var flag = shown[digits];
        if (flag is < 0x20 or > 0x7e || shown[digits + 1] != ' ')
        {
            return cursor.Fail(SpoolParseErrorKind.HeaderLine, start, $"{SpoolBytes.Quote(shown)} has no flag and space behind the length");
        }

        cursor.Skip(digits + 2);
        if (!cursor.TryTake(length, "a header line", out var text))
        {
            return false;
        }

        // Exim reads "%d%c " with fscanf, whose space skips any amount of white space: it would count from another byte
        if (SpoolBytes.IsSpace(text.Span[0]))
        {
            return cursor.Fail(SpoolParseErrorKind.HeaderLine, start, $"{SpoolBytes.Quote(shown)}: a header line may not start with white space");
        }

        if (text.Span[^1] != '\n')
        {
            return cursor.Fail(SpoolParseErrorKind.HeaderLine, start, $"the header line {SpoolBytes.Quote(text.Span)} does not end in a newline");
        }

        header = new HeaderLine((char)flag, text);
        return true;
    }
}
