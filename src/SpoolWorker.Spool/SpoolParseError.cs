using System.Globalization;

namespace SpoolWorker.Spool;

// Why a spool file is not usable: a closed list of kinds, the byte offset and a sentence. The tokens are stable, since logs, metrics and the
// expected results in spool-samples/hostile name them. Nothing here can fail except asking for the token of an undefined kind.

/// <summary>The part of a spool pair that is at fault.</summary>
public enum SpoolParseErrorKind
{
    /// <summary>The file ends before it is complete.</summary>
    Truncated,
    /// <summary>A bound of <see cref="SpoolLimits"/> is exceeded.</summary>
    TooLarge,
    /// <summary>A NUL byte, as an unsynced file shows after a crash; Exim treats such a file as malformed too.</summary>
    NulByte,
    /// <summary>The first line of -H is not the name of the file.</summary>
    NameLine,
    /// <summary>The line <c>login uid gid</c>.</summary>
    OriginatorLine,
    /// <summary>The line <c>&lt;sender&gt;</c>.</summary>
    SenderLine,
    /// <summary>The line with the time of reception and the number of warnings.</summary>
    TimeLine,
    /// <summary>An option line or the value of an ACL variable.</summary>
    VariableLine,
    /// <summary>The tree of non-recipients.</summary>
    NonRecipientTree,
    /// <summary>The number of recipients.</summary>
    RecipientCount,
    /// <summary>The line of one recipient.</summary>
    RecipientLine,
    /// <summary>The empty line between recipients and headers.</summary>
    HeaderSeparator,
    /// <summary>A header line or the length in front of it.</summary>
    HeaderLine,
    /// <summary>The first line of -D is not the name of the file.</summary>
    BodyNameLine,
    /// <summary>-D has not the number of lines that -H gives.</summary>
    BodyLineCount,
    /// <summary>There is a -H file and no -D file.</summary>
    BodyMissing,
    /// <summary>There is a -D file and no -H file.</summary>
    HeaderMissing,
    /// <summary>A symbolic link, directory, pipe or device under the name of a spool file.</summary>
    NotRegularFile,
}

/// <summary>Why a spool file could not be used.</summary>
/// <param name="Kind">The part at fault.</param>
/// <param name="Offset">Byte offset in the file; for <see cref="SpoolParseErrorKind.Truncated"/> its length.</param>
/// <param name="Reason">A sentence with the offending value, shortened and escaped, fit for a log.</param>
public sealed record SpoolParseError(SpoolParseErrorKind Kind, long Offset, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"offset {Offset}: {Reason} ({Kind})");
}

/// <summary>The one table from kind to token.</summary>
public static class SpoolParseErrorTokens
{
    /// <summary>The stable lower-case token of a kind, as logs and metrics carry it.</summary>
    public static string Token(this SpoolParseErrorKind kind) => kind switch
    {
        SpoolParseErrorKind.Truncated => "truncated",
        SpoolParseErrorKind.TooLarge => "too-large",
        SpoolParseErrorKind.NulByte => "nul-byte",
        SpoolParseErrorKind.NameLine => "name-line",
        SpoolParseErrorKind.OriginatorLine => "originator-line",
        SpoolParseErrorKind.SenderLine => "sender-line",
        SpoolParseErrorKind.TimeLine => "time-line",
        SpoolParseErrorKind.VariableLine => "variable-line",
        SpoolParseErrorKind.NonRecipientTree => "non-recipient-tree",
        SpoolParseErrorKind.RecipientCount => "recipient-count",
        SpoolParseErrorKind.RecipientLine => "recipient-line",
        SpoolParseErrorKind.HeaderSeparator => "header-separator",
        SpoolParseErrorKind.HeaderLine => "header-line",
        SpoolParseErrorKind.BodyNameLine => "body-name-line",
        SpoolParseErrorKind.BodyLineCount => "body-line-count",
        SpoolParseErrorKind.BodyMissing => "body-missing",
        SpoolParseErrorKind.HeaderMissing => "header-missing",
        SpoolParseErrorKind.NotRegularFile => "not-regular-file",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a defined kind"),
    };
}
