using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Spool;

// Exim's message id in both forms: 6-6-2 characters up to 4.96, 6-11-4 from 4.97 (receive.c, local_scan.h). A value other than the default
// always has a valid form, so it is safe in a file name: no dot, no slash. Both forms can lie in one spool; the name alone tells which.

/// <summary>The id of a message in Exim's spool, not its <c>Message-ID:</c> header.</summary>
public readonly struct MessageId : IEquatable<MessageId>, IComparable<MessageId>
{
    /// <summary>Length of the form <c>6-6-2</c>.</summary>
    public const int ShortLength = 16;

    /// <summary>Length of the form <c>6-11-4</c>, which an Exim older than 4.97 does not see.</summary>
    public const int LongLength = 23;

    internal const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    internal const int TimeDigits = 6;

    private readonly string? _text;

    private MessageId(string text) => _text = text;

    /// <summary>Whether this is the form of Exim 4.97 and later.</summary>
    public bool IsLong => Length == LongLength;

    /// <summary>16, 23, or 0 for the default value.</summary>
    public int Length => _text?.Length ?? 0;

    /// <summary>Where the body starts in -D: behind the name line (<c>SPOOL_DATA_START_OFFSET</c>); also the length of Exim's lock.</summary>
    public int BodyOffset => Length + 3;

    /// <summary>The subdirectory under <c>split_spool_directory</c>: the sixth character, the last digit of the time.</summary>
    public char Subdirectory => _text?[TimeDigits - 1] ?? '\0';

    /// <summary>Unix time of reception in seconds, the first six characters read as a base-62 number.</summary>
    public long Seconds
    {
        get
        {
            var seconds = 0L;
            foreach (var digit in _text.AsSpan(0, Math.Min(Length, TimeDigits)))
            {
                seconds = seconds * Digits.Length + Digits.IndexOf(digit, StringComparison.Ordinal);
            }

            return seconds;
        }
    }

    /// <summary>Name of the -H file.</summary>
    public string HeaderName => _text + "-H";

    /// <summary>Name of the -D file.</summary>
    public string BodyName => _text + "-D";

    /// <summary>Name of Exim's journal.</summary>
    public string JournalName => _text + "-J";

    /// <summary>The same id; case counts.</summary>
    public static bool operator ==(MessageId left, MessageId right) => left.Equals(right);

    /// <summary>Another id.</summary>
    public static bool operator !=(MessageId left, MessageId right) => !left.Equals(right);

    /// <summary>In the order of <see cref="CompareTo(MessageId)"/>.</summary>
    public static bool operator <(MessageId left, MessageId right) => left.CompareTo(right) < 0;

    /// <summary>In the order of <see cref="CompareTo(MessageId)"/>.</summary>
    public static bool operator >(MessageId left, MessageId right) => left.CompareTo(right) > 0;

    /// <summary>In the order of <see cref="CompareTo(MessageId)"/>.</summary>
    public static bool operator <=(MessageId left, MessageId right) => left.CompareTo(right) <= 0;

    /// <summary>In the order of <see cref="CompareTo(MessageId)"/>.</summary>
    public static bool operator >=(MessageId left, MessageId right) => left.CompareTo(right) >= 0;

    /// <summary>Takes exactly an id, nothing around it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        var pidEnd = text.Length switch { ShortLength => 13, LongLength => 18, _ => 0 };
        var valid = pidEnd > 0;
        for (var i = 0; valid && i < text.Length; i++)
        {
            valid = i == TimeDigits || i == pidEnd ? text[i] == '-' : char.IsAsciiLetterOrDigit(text[i]);
        }

        id = valid ? new MessageId(text.ToString()) : default;
        return valid;
    }

    /// <summary>The same from raw bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out MessageId id)
    {
        Span<char> chars = stackalloc char[LongLength];
        if (text.Length > chars.Length)
        {
            id = default;
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            chars[i] = (char)text[i];
        }

        return TryParse(chars[..text.Length], out id);
    }

    /// <summary>Takes the name of a spool file: an id, a hyphen and the suffix <c>H</c>, <c>D</c> or <c>J</c>.</summary>
    public static bool TryParseFileName(ReadOnlySpan<char> name, char suffix, out MessageId id)
    {
        if (name.Length > 2 && name[^1] == suffix && name[^2] == '-')
        {
            return TryParse(name[..^2], out id);
        }

        id = default;
        return false;
    }

    /// <summary>The same from raw bytes.</summary>
    public static bool TryParseFileName(ReadOnlySpan<byte> name, char suffix, out MessageId id)
    {
        id = default;
        return name.Length > 2 && name[^1] == suffix && name[^2] == '-' && TryParse(name[..^2], out id);
    }

    /// <inheritdoc/>
    public bool Equals(MessageId other) => string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is MessageId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _text is null ? 0 : string.GetHashCode(_text, StringComparison.Ordinal);

    /// <summary>Oldest first: the digits ascend in ASCII order and time comes first in both forms.</summary>
    public int CompareTo(MessageId other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The id, or an empty string for the default value.</summary>
    public override string ToString() => _text ?? "";

    internal static MessageId FromValidText(string text) => new(text);
}
