using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Spool;

// Bytes of a -H file to HeaderFile. Guarantees: no exception on any input; memory bounded by SpoolLimits; and either an error or a value that
// HeaderFileWriter turns into exactly the same bytes. For that, every number must stand in its one canonical spelling. The order of the parts and
// the rules follow Exim's spool_in.c (spool_read_header); where Exim is laxer than its own writer, the writer's form is asked for. Option lines and
// header lines have their own readers.

/// <summary>Reads -H files.</summary>
public static class HeaderFileReader
{
    /// <summary>Reads a whole -H file.</summary>
    /// <param name="file">Its bytes. The result keeps slices of them, so they must not change afterwards.</param>
    /// <param name="expected">The id in the name of the file; the default value leaves the first line unchecked against it.</param>
    /// <param name="header">The content.</param>
    /// <param name="error">Why there is none.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> file, MessageId expected, [NotNullWhen(true)] out HeaderFile? header, [NotNullWhen(false)] out SpoolParseError? error)
    {
        var cursor = new SpoolCursor(file);
        header = Read(ref cursor, expected, rebuilds: false, out _);
        error = header is null ? cursor.Error ?? throw new InvalidOperationException("refused without a reason") : null;
        return header is not null;
    }

    /// <summary>The same, but a tree of non-recipients that is whole and only out of order is put in order.</summary>
    /// <param name="file">Its bytes. The result keeps slices of them, so they must not change afterwards.</param>
    /// <param name="expected">The id in the name of the file; the default value leaves the first line unchecked against it.</param>
    /// <param name="header">The content; written again it differs from the file where <paramref name="disorder"/> is set.</param>
    /// <param name="disorder">What was out of order; null when nothing was.</param>
    /// <param name="error">Why there is none.</param>
    public static bool TryReadRebuilding(ReadOnlyMemory<byte> file, MessageId expected, [NotNullWhen(true)] out HeaderFile? header, out SpoolParseError? disorder,
        [NotNullWhen(false)] out SpoolParseError? error)
    {
        disorder = null;
        if (TryRead(file, expected, out header, out error)) return true;
        if (error.Kind != SpoolParseErrorKind.NonRecipientTree) return false;
        var cursor = new SpoolCursor(file);
        header = Read(ref cursor, expected, rebuilds: true, out var isRebuilt);
        if (header is null) error = cursor.Error ?? error;
        else (disorder, error) = (isRebuilt ? error : null, null);
        return header is not null;
    }

    private static HeaderFile? Read(ref SpoolCursor cursor, MessageId expected, bool rebuilds, out bool isRebuilt)
    {
        isRebuilt = false;
        if (cursor.Length > SpoolLimits.MaxHeaderFileBytes)
        {
            cursor.Fail(SpoolParseErrorKind.TooLarge, SpoolLimits.MaxHeaderFileBytes,
                $"{cursor.Length} bytes are more than a -H file may have ({SpoolLimits.MaxHeaderFileBytes})");
            return null;
        }

        // spool_in.c: blocks of NUL bytes were seen at the end of files after a crash and make the file malformed
        var nul = cursor.Rest.IndexOf((byte)0);
        if (nul >= 0)
        {
            cursor.Fail(SpoolParseErrorKind.NulByte, nul, "the file holds a NUL byte");
            return null;
        }

        return TryReadName(ref cursor, expected, out var id)
            && TryReadOriginator(ref cursor, out var login, out var uid, out var gid)
            && TryReadSender(ref cursor, out var sender)
            && TryReadTime(ref cursor, out var time, out var warnings)
            && SpoolVariableReader.TryReadAll(ref cursor, out var variables)
            && NonRecipientTree.TryRead(ref cursor, rebuilds, out var nonRecipients, out isRebuilt)
            && TryReadRecipients(ref cursor, out var recipients)
            && HeaderLineReader.TryReadAll(ref cursor, out var headers)
            ? new HeaderFile
            {
                Id = id,
                Login = login,
                Uid = uid,
                Gid = gid,
                Sender = sender,
                ReceivedTime = time,
                WarningCount = warnings,
                Variables = variables,
                NonRecipients = nonRecipients,
                Recipients = recipients,
                Headers = headers,
            }
            : null;
    }

    private static bool TryReadName(ref SpoolCursor cursor, MessageId expected, out MessageId id)
    {
        id = default;
        if (!cursor.TryLine("the name line", out var line))
        {
            return false;
        }

        if (!line.Span.EndsWith("-H"u8) || !MessageId.TryParse(line.Span[..^2], out id))
        {
            return cursor.Fail(SpoolParseErrorKind.NameLine, 0, $"{SpoolBytes.Quote(line.Span)} is not the name of a -H file");
        }

        return expected == default || expected == id
            || cursor.Fail(SpoolParseErrorKind.NameLine, 0, $"the first line names {SpoolBytes.Quote(line.Span)}, the file is {expected.HeaderName}");
    }

    /// <summary><c>login uid gid</c>, from the right: nothing is known of the login.</summary>
    private static bool TryReadOriginator(ref SpoolCursor cursor, out ReadOnlyMemory<byte> login, out long uid, out long gid)
    {
        (login, uid, gid) = (default, 0, 0);
        var start = cursor.Position;
        if (!cursor.TryLine("the line of the originator", out var line))
        {
            return false;
        }

        var gidAt = line.Span.LastIndexOf((byte)' ');
        var uidAt = gidAt < 0 ? -1 : line.Span[..gidAt].LastIndexOf((byte)' ');
        if (uidAt < 0 || !SpoolBytes.TrySignedNumber(line.Span[(uidAt + 1)..gidAt], out uid)
            || !SpoolBytes.TrySignedNumber(line.Span[(gidAt + 1)..], out gid))
        {
            return cursor.Fail(SpoolParseErrorKind.OriginatorLine, start, $"{SpoolBytes.Quote(line.Span)} is not 'login uid gid'");
        }

        login = line[..uidAt];
        return true;
    }

    private static bool TryReadSender(ref SpoolCursor cursor, out ReadOnlyMemory<byte> sender)
    {
        sender = default;
        var start = cursor.Position;
        if (!cursor.TryLine("the line of the sender", out var line))
        {
            return false;
        }

        if (line.Span is not [(byte)'<', .., (byte)'>'])
        {
            return cursor.Fail(SpoolParseErrorKind.SenderLine, start, $"{SpoolBytes.Quote(line.Span)} is not a sender in angle brackets");
        }

        sender = line[1..^1];
        return true;
    }

    private static bool TryReadTime(ref SpoolCursor cursor, out long time, out int warnings)
    {
        (time, warnings) = (0, 0);
        var start = cursor.Position;
        if (!cursor.TryLine("the line of the time", out var line))
        {
            return false;
        }

        var space = line.Span.IndexOf((byte)' ');
        return (space > 0 && SpoolBytes.TryNumber(line.Span[..space], out time) && SpoolBytes.TryInt(line.Span[(space + 1)..], out warnings))
            || cursor.Fail(SpoolParseErrorKind.TimeLine, start, $"{SpoolBytes.Quote(line.Span)} is not 'time warning-count'");
    }

    private static bool TryReadRecipients(ref SpoolCursor cursor, out ImmutableArray<Recipient> recipients)
    {
        recipients = [];
        var start = cursor.Position;
        if (!cursor.TryLine("the recipient count", out var line))
        {
            return false;
        }

        if (!SpoolBytes.TryNumber(line.Span, out var count))
        {
            return cursor.Fail(SpoolParseErrorKind.RecipientCount, start, $"{SpoolBytes.Quote(line.Span)} is not a recipient count");
        }

        if (count > SpoolLimits.MaxRecipients)
        {
            return cursor.Fail(SpoolParseErrorKind.RecipientCount, start, $"recipient count {SpoolBytes.Quote(line.Span)} is above {SpoolLimits.MaxRecipients}");
        }

        // a count that lies allocates no more than the file can hold: two bytes a recipient
        var builder = ImmutableArray.CreateBuilder<Recipient>((int)Math.Min(count, cursor.Rest.Length / 2));
        for (var i = 0; i < count; i++)
        {
            start = cursor.Position;
            if (!cursor.TryLine("the recipients", out line))
            {
                return false;
            }

            if (!Recipient.TryParse(line, out var recipient))
            {
                return cursor.Fail(SpoolParseErrorKind.RecipientLine, start, $"{SpoolBytes.Quote(line.Span)} is not a recipient in any form of Exim's");
            }

            // Exim uses the number as an index without looking
            if (recipient.Parent >= count)
            {
                return cursor.Fail(SpoolParseErrorKind.RecipientLine, start, $"recipient {SpoolBytes.Quote(line.Span)} has a parent outside the {count} recipients");
            }

            builder.Add(recipient);
        }

        recipients = builder.DrainToImmutable();
        return true;
    }
}
