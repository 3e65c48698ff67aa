using System.Buffers.Text;

namespace SpoolWorker.Spool;

// A quick look at a -H file for lists of many messages: what a line of `exim -bp` needs, without building the message. It
// never accepts what HeaderFileReader would refuse: whatever is unusual (a quoter, an ACL variable of old, a fault anywhere) makes it decline, and
// the caller reads the file in full, which also finds the error. The headers are walked to their end, so a cut file is noticed.

/// <summary>What a quick look finds in a usual -H file.</summary>
public readonly ref struct HeaderGlance
{
    private const int LeastDigits = 3, MostDigits = 9;

    private ReadOnlyMemory<byte> RecipientLines { get; init; }

    /// <summary>Envelope sender without angle brackets; a slice of the file.</summary>
    public ReadOnlyMemory<byte> Sender { get; private init; }

    /// <summary>Unix time of reception in seconds.</summary>
    public long ReceivedTime { get; private init; }

    /// <summary>Whether Exim leaves the message alone until somebody thaws it.</summary>
    public bool IsFrozen { get; private init; }

    /// <summary>Number of recipients.</summary>
    public int Recipients { get; private init; }

    /// <summary>Those of them that are not among the non-recipients.</summary>
    public int Pending { get; private init; }

    /// <summary>The first of those, or of all when none is pending; empty when there are no recipients.</summary>
    public ReadOnlyMemory<byte> FirstRecipient { get; private init; }

    /// <summary>Who needs no further delivery.</summary>
    public NonRecipientTree NonRecipients { get; private init; }

    /// <summary>Bytes of all header lines that are not deleted.</summary>
    public long HeaderBytes { get; private init; }

    /// <summary>The recipients one by one, for whom their number is not enough.</summary>
    public IReadOnlyList<Recipient> ReadRecipients()
    {
        var all = new List<Recipient>(Recipients);
        for (var lines = RecipientLines; lines.Span.IndexOf((byte)'\n') is >= 0 and var end; lines = lines[(end + 1)..])
        {
            if (Recipient.TryParse(lines[..end], out var recipient)) all.Add(recipient);
        }
        return all;
    }

    /// <summary>Looks at a file; false: read it with <see cref="HeaderFileReader"/>.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> file, MessageId id, out HeaderGlance glance)
    {
        glance = default;
        var bytes = file.Span;
        Span<byte> name = stackalloc byte[MessageId.LongLength + 3];
        name[id.WriteFileName('H', name)] = (byte)'\n';
        if (bytes.Length > SpoolLimits.MaxHeaderFileBytes || bytes.IndexOf((byte)0) >= 0 || !bytes.StartsWith(name[..id.BodyOffset])) return false;
        var at = id.BodyOffset;
        return TryLine(bytes, ref at, out var line) && IsOriginator(line)
            && TryLine(bytes, ref at, out line) && line is [(byte)'<', .., (byte)'>']
            && TryEnvelope(file, at, file.Slice(at - line.Length, line.Length - 2), ref glance);
    }

    private static bool TryEnvelope(ReadOnlyMemory<byte> file, int at, ReadOnlyMemory<byte> sender, ref HeaderGlance glance)
    {
        var bytes = file.Span;
        if (!TryLine(bytes, ref at, out var line)) return false;
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || !SpoolBytes.TryNumber(line[..space], out var time) || !SpoolBytes.TryInt(line[(space + 1)..], out _)) return false;
        if (!TryVariables(bytes, ref at, out var frozen) || !TryNonRecipients(file, ref at, out var done)) return false;
        if (!TryLine(bytes, ref at, out line) || !SpoolBytes.TryInt(line, out var count) || count > SpoolLimits.MaxRecipients) return false;
        var (pending, lines) = (count, at);
        ReadOnlyMemory<byte> first = default, firstPending = default;
        for (var i = 0; i < count; i++)
        {
            var start = at;
            if (!TryLine(bytes, ref at, out line) || line.IsEmpty) return false;
            var address = file.Slice(start, line.Length);
            // Such an end may be extra data in one of its many forms, or a broken one.
            if (SpoolBytes.IsDigit(line[^1]) || line[^1] is (byte)' ' or (byte)'#' or (byte)',')
            {
                if (!Recipient.TryParse(address, out var recipient) || recipient.Parent >= count) return false;
                address = recipient.Address;
            }
            if (i == 0) first = address;
            if (done.Count > 0 && done.Contains(address.Span)) pending--;
            else if (firstPending.IsEmpty) firstPending = address;
        }
        var recipients = file[lines..at];
        if (!TryLine(bytes, ref at, out line) || !line.IsEmpty || !TryHeaders(bytes[at..], out var size)) return false;
        glance = new HeaderGlance
        {
            Sender = sender,
            ReceivedTime = time,
            IsFrozen = frozen,
            Recipients = count,
            Pending = pending,
            FirstRecipient = firstPending.IsEmpty ? first : firstPending,
            RecipientLines = recipients,
            NonRecipients = done,
            HeaderBytes = size,
        };
        return true;
    }

    private static bool TryNonRecipients(ReadOnlyMemory<byte> file, ref int at, out NonRecipientTree tree)
    {
        tree = NonRecipientTree.Empty;
        if (file.Span[at..].StartsWith("XX\n"u8))
        {
            at += 3;
            return true;
        }
        var cursor = new SpoolCursor(file);
        cursor.Skip(at);
        var valid = NonRecipientTree.TryRead(ref cursor, out tree);
        at = cursor.Position;
        return valid;
    }

    private static bool TryVariables(ReadOnlySpan<byte> bytes, ref int at, out bool frozen)
    {
        frozen = false;
        var count = 0;
        while (at < bytes.Length && bytes[at] == '-')
        {
            if (++count > SpoolLimits.MaxVariables || !TryLine(bytes, ref at, out var line)) return false;
            var name = line[1..];
            if (name.StartsWith("-"u8)) name = name[1..];
            // Quoters and the oldest ACL form are rare.
            if (name.StartsWith("("u8) || name.StartsWith("acl "u8)) return false;
            if (name.StartsWith("aclc "u8) || name.StartsWith("aclm "u8))
            {
                var rest = name[5..];
                var space = rest.IndexOf((byte)' ');
                if (space <= 0 || !SpoolBytes.TryInt(rest[(space + 1)..], out var length) || length >= bytes.Length - at || bytes[at + length] != '\n') return false;
                at += length + 1;
                continue;
            }
            frozen |= name.StartsWith("frozen"u8) && (name.Length == 6 || name[6] == ' ');
        }
        return true;
    }

    private static bool TryHeaders(ReadOnlySpan<byte> rest, out long size)
    {
        size = 0;
        for (var lines = 0; !rest.IsEmpty; lines++)
        {
            if (lines == SpoolLimits.MaxHeaderLines || !Utf8Parser.TryParse(rest, out int length, out var digits)
                || digits is < LeastDigits or > MostDigits || (digits > LeastDigits && rest[0] == '0') || !SpoolBytes.IsDigit(rest[0])) return false;
            // The length, its flag, a space, the text.
            if (length <= 0 || rest.Length - digits - 2 < length || rest[digits] is < 0x20 or > 0x7e || rest[digits + 1] != ' ') return false;
            var text = rest.Slice(digits + 2, length);
            if (SpoolBytes.IsSpace(text[0]) || text[^1] != '\n') return false;
            if (rest[digits] != HeaderLine.DeletedFlag) size += length;
            rest = rest[(digits + 2 + length)..];
        }
        return true;
    }

    private static bool IsOriginator(ReadOnlySpan<byte> line)
    {
        var gid = line.LastIndexOf((byte)' ');
        var uid = gid < 0 ? -1 : line[..gid].LastIndexOf((byte)' ');
        return uid >= 0 && SpoolBytes.TrySignedNumber(line[(uid + 1)..gid], out _) && SpoolBytes.TrySignedNumber(line[(gid + 1)..], out _);
    }

    private static bool TryLine(ReadOnlySpan<byte> bytes, ref int at, out ReadOnlySpan<byte> line)
    {
        var length = bytes[at..].IndexOf((byte)'\n');
        line = length < 0 ? default : bytes.Slice(at, length);
        at += length + 1;
        return length >= 0;
    }
}
