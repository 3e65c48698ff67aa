using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Spool;

// One recipient line. Addresses may hold spaces, so extra data can only be told from the address by looking from the right, as Exim does
// (spool_in.c, the comment above "Handle Exim 3 spool files"). A line that was only read is written byte for byte, whatever its form; an edited
// one in the form of today, or plain when nothing but an address is left. (Exim with DSN support, such as 4.96, cuts the last byte off the address
// of the form "#1"; it is read here as it was meant, and any edit, such as WithParent(Parent), cures it.) Building one throws ArgumentException for bytes that would break the line.

/// <summary>A recipient of the envelope.</summary>
public sealed record Recipient
{
    private static readonly SearchValues<byte> DigitsAndComma = SearchValues.Create("0123456789,"u8);

    /// <summary>A recipient that nothing but an address is known of.</summary>
    /// <exception cref="ArgumentException">The address is empty or holds a newline or NUL.</exception>
    public Recipient(ReadOnlyMemory<byte> address)
        : this(address, default, 0, default, -1)
    {
    }

    private Recipient(ReadOnlyMemory<byte> address, ReadOnlyMemory<byte> orcpt, int dsnFlags, ReadOnlyMemory<byte> errorsTo, int parent)
        : this(default, address, orcpt, dsnFlags, errorsTo, parent)
    {
        if (address.IsEmpty)
        {
            throw new ArgumentException("a recipient needs an address", nameof(address));
        }

        Line = WriteLine();
        if (!SpoolBytes.IsOneLine(Line.Span))
        {
            throw new ArgumentException($"recipient {SpoolBytes.Quote(Line.Span)} holds a newline or NUL", nameof(address));
        }
    }

    private Recipient(
        ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> address, ReadOnlyMemory<byte> orcpt, int dsnFlags, ReadOnlyMemory<byte> errorsTo, int parent)
    {
        Line = line;
        Address = address;
        Orcpt = orcpt;
        DsnFlags = dsnFlags;
        ErrorsTo = errorsTo;
        Parent = parent;
    }

    /// <summary>The address mail goes to.</summary>
    public ReadOnlyMemory<byte> Address { get; }

    /// <summary>The original recipient of RFC 3461 (<c>rfc822;…</c>), empty for none.</summary>
    public ReadOnlyMemory<byte> Orcpt { get; }

    /// <summary>This recipient's own envelope sender at delivery, empty for the sender of the message.</summary>
    public ReadOnlyMemory<byte> ErrorsTo { get; }

    /// <summary>Exim's bits for NOTIFY (<c>rf_notify_never</c> and so on), 0 for none.</summary>
    public int DsnFlags { get; }

    /// <summary>Index of the recipient that a one-time alias made this one from, -1 for none.</summary>
    public int Parent { get; }

    /// <summary>What stands in the file, without the newline.</summary>
    internal ReadOnlyMemory<byte> Line { get; }

    /// <summary>The same with another return path; an empty one takes it away.</summary>
    public Recipient WithErrorsTo(ReadOnlyMemory<byte> errorsTo) => new(Address, Orcpt, DsnFlags, errorsTo, Parent);

    /// <summary>The same under another address.</summary>
    public Recipient WithAddress(ReadOnlyMemory<byte> address) => new(address, Orcpt, DsnFlags, ErrorsTo, Parent);

    /// <summary>The same with other DSN data (RFC 3461).</summary>
    public Recipient WithDsn(ReadOnlyMemory<byte> orcpt, int dsnFlags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dsnFlags);
        return new(Address, orcpt, dsnFlags, ErrorsTo, Parent);
    }

    /// <summary>The same with another parent, -1 for none.</summary>
    public Recipient WithParent(int parent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parent, -1);
        return new(Address, Orcpt, DsnFlags, ErrorsTo, parent);
    }

    /// <summary>A line for logs.</summary>
    public override string ToString() => SpoolBytes.Quote(Line.Span);

    /// <summary>Takes one line without its newline.</summary>
    /// <remarks>
    /// The forms: <c>address</c>; Exim 3 <c>address n,parent,n</c>; early Exim 4 <c>address parent</c>; then <c>address data#bits</c>, where bit 1 stands
    /// for <c>errors_to len,parent</c> at the end of the data and bit 2 for <c>orcpt len,flags</c> before it.
    /// </remarks>
    internal static bool TryParse(ReadOnlyMemory<byte> line, [NotNullWhen(true)] out Recipient? recipient)
    {
        recipient = null;
        var bytes = line.Span;
        var end = bytes.Length;
        while (end > 0 && SpoolBytes.IsDigit(bytes[end - 1]))
        {
            end--;
        }

        if (end == 0)
        {
            return false;
        }

        var number = bytes[end..];
        switch (bytes[end - 1])
        {
            case (byte)'#':
                return TryParseData(line, end - 1, number, out recipient);

            case (byte)' ':
                return TryComplete(line, end - 1, number, out recipient);

            case (byte)',':
                var start = bytes.LastIndexOfAnyExcept(DigitsAndComma) + 1;
                if (start == 0 || bytes[start - 1] != ' ')
                {
                    break;
                }

                // Exim takes the first two of the numbers and uses the second
                var first = bytes[start..].IndexOf((byte)',');
                var second = bytes[(start + first + 1)..];
                var comma = second.IndexOf((byte)',');
                return SpoolBytes.TryInt(bytes.Slice(start, first), out _)
                    && TryComplete(line, start - 1, comma < 0 ? second : second[..comma], out recipient);
        }

        recipient = new Recipient(line, line, default, 0, default, -1);
        return true;
    }

    private static bool TryComplete(ReadOnlyMemory<byte> line, int addressEnd, ReadOnlySpan<byte> parentDigits, out Recipient? recipient)
    {
        var valid = addressEnd > 0 & SpoolBytes.TryInt(parentDigits, out var parent);
        recipient = valid ? new Recipient(line, line[..addressEnd], default, 0, default, parent) : null;
        return valid;
    }

    private static bool TryParseData(ReadOnlyMemory<byte> line, int end, ReadOnlySpan<byte> bits, out Recipient? recipient)
    {
        recipient = null;
        var parent = -1;
        var dsnFlags = 0;
        ReadOnlyMemory<byte> errorsTo = default, orcpt = default;
        switch (bits)
        {
            case [(byte)'1']:
                if (!TryField(line, ref end, out errorsTo, out parent) || parent < -1)
                {
                    return false;
                }

                break;

            // never written by Exim, but read by it; it overwrites the byte before the mark, so that must be a filler
            case [(byte)'2']:
                if (end == 0 || line.Span[--end] != ' ' || !TryField(line, ref end, out orcpt, out dsnFlags) || dsnFlags < 0)
                {
                    return false;
                }

                break;

            case [(byte)'3']:
                if (!TryField(line, ref end, out errorsTo, out parent) || parent < -1
                    || !TryField(line, ref end, out orcpt, out dsnFlags) || dsnFlags < 0)
                {
                    return false;
                }

                break;

            default:
                return false;
        }

        recipient = end > 0 ? new Recipient(line, line[..end], orcpt, dsnFlags, errorsTo, parent) : null;
        return recipient is not null;
    }

    /// <summary>Takes <c>" text len,number"</c> off the end; <c>len</c> is the length of the text.</summary>
    private static bool TryField(ReadOnlyMemory<byte> line, ref int end, out ReadOnlyMemory<byte> text, out int number)
    {
        text = default;
        number = 0;
        var bytes = line.Span[..end];
        var start = bytes.LastIndexOf((byte)' ') + 1;
        var comma = bytes[start..].IndexOf((byte)',');
        if (start == 0 || comma < 0 || !SpoolBytes.TryInt(bytes.Slice(start, comma), out var length)
            || !SpoolBytes.TrySignedNumber(bytes[(start + comma + 1)..], out var wide) || wide is < int.MinValue or > int.MaxValue)
        {
            return false;
        }

        var textStart = start - 1 - length;
        if (textStart < 1 || bytes[textStart - 1] != ' ')
        {
            return false;
        }

        text = line.Slice(textStart, length);
        number = (int)wide;
        end = textStart - 1;
        return true;
    }

    /// <summary>spool_out.c: plain if there is nothing to add, else all fields and <c>#3</c>.</summary>
    private ReadOnlyMemory<byte> WriteLine()
    {
        // an address such as "a b 5" read alone would lose its end
        if (Parent < 0 && Orcpt.IsEmpty && DsnFlags == 0 && ErrorsTo.IsEmpty
            && TryParse(Address, out var plain) && plain.Address.Length == Address.Length)
        {
            return Address;
        }

        var dsn = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $" {Orcpt.Length},{DsnFlags} "));
        var tail = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $" {ErrorsTo.Length},{Parent}#3"));
        return (byte[])[.. Address.Span, (byte)' ', .. Orcpt.Span, .. dsn, .. ErrorsTo.Span, .. tail];
    }
}
