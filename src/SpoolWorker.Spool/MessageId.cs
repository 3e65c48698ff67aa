using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

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

    // Its characters, the first in the highest byte, zeros behind the last. Numbers and no string: a hundred thousand ids that wait are then no objects
    // of their own, and are compared by their order without looking at memory elsewhere.
    private readonly ulong _first, _second, _third;

    private MessageId(ReadOnlySpan<byte> text)
    {
        Span<byte> padded = stackalloc byte[3 * sizeof(ulong)];
        padded.Clear();
        text.CopyTo(padded);
        _first = BinaryPrimitives.ReadUInt64BigEndian(padded);
        _second = BinaryPrimitives.ReadUInt64BigEndian(padded[sizeof(ulong)..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(padded[(2 * sizeof(ulong))..]);
    }

    /// <summary>Whether this is the form of Exim 4.97 and later.</summary>
    public bool IsLong => _third != 0;

    /// <summary>16, 23, or 0 for the default value.</summary>
    public int Length => IsLong ? LongLength : _first != 0 ? ShortLength : 0;

    /// <summary>Where the body starts in -D: behind the name line (<c>SPOOL_DATA_START_OFFSET</c>); also the length of Exim's lock.</summary>
    public int BodyOffset => Length + 3;

    /// <summary>The subdirectory under <c>split_spool_directory</c>: the sixth character, the last digit of the time.</summary>
    public char Subdirectory => CharacterOfTime(TimeDigits - 1);

    /// <summary>Unix time of reception in seconds, the first six characters read as a base-62 number.</summary>
    public long Seconds
    {
        get
        {
            var seconds = 0L;
            for (var i = 0; i < Math.Min(Length, TimeDigits); i++)
            {
                seconds = seconds * Digits.Length + Digits.IndexOf(CharacterOfTime(i), StringComparison.Ordinal);
            }

            return seconds;
        }
    }

    /// <summary>Name of the -H file.</summary>
    public string HeaderName => Text("-H");

    /// <summary>Name of the -D file.</summary>
    public string BodyName => Text("-D");

    /// <summary>Name of Exim's journal.</summary>
    public string JournalName => Text("-J");

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
        Span<byte> bytes = stackalloc byte[LongLength];
        id = default;
        return text.Length <= bytes.Length && Ascii.FromUtf16(text, bytes, out var length) == OperationStatus.Done && TryParse(bytes[..length], out id);
    }

    /// <summary>The same from raw bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out MessageId id)
    {
        var pidEnd = text.Length switch { ShortLength => 13, LongLength => 18, _ => 0 };
        var valid = pidEnd > 0;
        for (var i = 0; valid && i < text.Length; i++)
        {
            valid = i == TimeDigits || i == pidEnd ? text[i] == '-' : char.IsAsciiLetterOrDigit((char)text[i]);
        }

        id = valid ? new MessageId(text) : default;
        return valid;
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
    public bool Equals(MessageId other) => _first == other._first && _second == other._second && _third == other._third;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is MessageId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _first == 0 ? 0 : HashCode.Combine(_first, _second, _third);

    /// <summary>Oldest first: the digits ascend in ASCII order and time comes first in both forms.</summary>
    public int CompareTo(MessageId other) =>
        _first != other._first ? _first.CompareTo(other._first) : _second != other._second ? _second.CompareTo(other._second) : _third.CompareTo(other._third);

    /// <summary>The id, or an empty string for the default value.</summary>
    public override string ToString() => Text("");

    /// <summary>Writes the name of a file of the message, and a NUL; returns the length without it. Room for three numbers, 24 bytes, and the suffix.</summary>
    internal int WriteFileName(char suffix, Span<byte> name)
    {
        BinaryPrimitives.WriteUInt64BigEndian(name, _first);
        BinaryPrimitives.WriteUInt64BigEndian(name[sizeof(ulong)..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(name[(2 * sizeof(ulong))..], _third);
        var length = Length;
        name[length] = (byte)'-';
        name[length + 1] = (byte)suffix;
        name[length + 2] = 0;
        return length + 2;
    }

    private char CharacterOfTime(int index) => (char)(byte)(_first >> (8 * (sizeof(ulong) - 1 - index)));

    private string Text(string suffix) => string.Create(Length + suffix.Length, (Id: this, Suffix: suffix), static (text, all) =>
    {
        Span<byte> bytes = stackalloc byte[3 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, all.Id._first);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], all.Id._second);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(2 * sizeof(ulong))..], all.Id._third);
        Ascii.ToUtf16(bytes[..all.Id.Length], text, out var written);
        all.Suffix.CopyTo(text[written..]);
    });
}
