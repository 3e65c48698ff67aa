using System.Buffers;
using System.Text;

namespace SpoolWorker.Spool;

// One header line of a message with Exim's flag. What was read is kept as it is: Exim passes on header lines that no RFC allows. Only new lines are
// held to RFC 5322, in Create, which throws ArgumentException. Nothing else can fail.

/// <summary>A header line as -H holds it.</summary>
/// <param name="Flag">Exim's letter, see <see cref="FlagFor"/>; <c>*</c> for a line that is kept but never sent.</param>
/// <param name="Text">The whole field with its folding and the final newline.</param>
public sealed record HeaderLine(char Flag, ReadOnlyMemory<byte> Text)
{
    /// <summary>The flag of a line that has been deleted or replaced.</summary>
    public const char DeletedFlag = '*';

    // RFC 5322, 3.6.8: ftext is %d33-57 / %d59-126
    private static readonly SearchValues<byte> FieldText =
        SearchValues.Create([.. Enumerable.Range(33, 94).Where(c => c != ':').Select(c => (byte)c)]);

    // macros.h (htype_from ... htype_old) and header.c (header_checkname)
    private static readonly (byte[] Name, char Flag)[] Flags =
    [
        ("Received"u8.ToArray(), 'P'), ("From"u8.ToArray(), 'F'), ("To"u8.ToArray(), 'T'), ("Cc"u8.ToArray(), 'C'), ("Bcc"u8.ToArray(), 'B'),
        ("Reply-To"u8.ToArray(), 'R'), ("Sender"u8.ToArray(), 'S'), ("Message-ID"u8.ToArray(), 'I'),
    ];

    /// <summary>Whether Exim keeps the line only as a record.</summary>
    public bool IsDeleted => Flag == DeletedFlag;

    /// <summary>What stands before the colon, without white space; empty when there is no colon.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            var text = Text.Span;
            var colon = text.IndexOf((byte)':');
            return colon < 0 ? default : text[..colon].TrimEnd(" \t"u8);
        }
    }

    /// <summary>What stands behind the colon, as it is, with folding and the final newline; empty when there is no colon.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            var text = Text.Span;
            var colon = text.IndexOf((byte)':');
            return colon < 0 ? default : text[(colon + 1)..];
        }
    }

    /// <summary>Whether this is a field of that name, whatever the case.</summary>
    public bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>A value on one line (RFC 5322, 2.2.3): a line break before white space goes, and any other, which is no folding and so must
    /// not join two words, becomes a blank.</summary>
    /// <param name="value">Part of a field, one char a byte.</param>
    public static string Unfold(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!value.Contains('\n', StringComparison.Ordinal)) return value;
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\r' && i + 1 < value.Length && value[i + 1] == '\n') continue;
            if (value[i] != '\n') text.Append(value[i]);
            else if (i + 1 < value.Length && value[i + 1] is not (' ' or '\t')) text.Append(' ');
        }

        return text.ToString();
    }

    /// <summary>The letter by which Exim knows a field: P Received, F From, T To, C Cc, B Bcc, R Reply-To, S Sender, I Message-ID, else a space.</summary>
    public static char FlagFor(ReadOnlySpan<byte> name)
    {
        foreach (var (known, flag) in Flags)
        {
            if (Ascii.EqualsIgnoreCase(known, name))
            {
                return flag;
            }
        }

        return ' ';
    }

    /// <summary>Makes a new line; text outside ASCII is written as UTF-8 (RFC 6532).</summary>
    /// <inheritdoc cref="Create(ReadOnlyMemory{byte})"/>
    public static HeaderLine Create(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Create(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Makes a new line with the right flag.</summary>
    /// <param name="text">One whole field, folded with LF, with its final newline.</param>
    /// <exception cref="ArgumentException">The text is not exactly one header field.</exception>
    public static HeaderLine Create(ReadOnlyMemory<byte> text)
    {
        var line = new HeaderLine(' ', text);
        var name = line.Name;
        var fault = name.IsEmpty || name.ContainsAnyExcept(FieldText) ? "has no valid name and colon (RFC 5322, 3.6.8)"
            : FaultOfText(text.Span);
        return fault is null
            ? line with { Flag = FlagFor(name) }
            : throw new ArgumentException($"header line {SpoolBytes.Quote(text.Span)} {fault}", nameof(text));
    }

    /// <summary>The fault that would make Exim see another number of fields than one; null if there is none.</summary>
    private static string? FaultOfText(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0))
        {
            return "holds a NUL byte";
        }

        // Exim keeps header lines with LF alone; a CR would reach the next host as a bare one
        if (text.Contains((byte)'\r'))
        {
            return "holds a carriage return";
        }

        if (text[^1] != '\n')
        {
            return "does not end in a newline";
        }

        for (int at; (at = text.IndexOf((byte)'\n')) != text.Length - 1; text = text[(at + 1)..])
        {
            // RFC 5322, 2.2.3: a field goes on only in a line that starts with white space. One of nothing but white space is obsolete syntax
            // and taken for the end of the header by some programs.
            var next = text[(at + 1)..];
            if (next[0] is not ((byte)' ' or (byte)'\t') || next[..next.IndexOf((byte)'\n')].TrimStart(" \t"u8).IsEmpty)
            {
                return "holds a line break that is not folding (RFC 5322, 2.2.3)";
            }
        }

        return null;
    }
}
