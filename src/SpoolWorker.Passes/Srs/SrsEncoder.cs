// Makes the SRS address of a sender: by the first format that is enabled, and by the database when that comes out longer
// than a local part may be (RFC 5321, 4.5.3.1.1). Addresses are Latin-1 strings, one character a byte. The same sender
// gives the same address all day long, so a message that is worked on again goes out as before.
namespace SpoolWorker.Passes.Srs;

/// <summary>Rewrites senders.</summary>
public sealed class SrsEncoder(SrsRules rules, SrsDatabase? database = null)
{
    private readonly SrsDecoder _decoder = new(rules, database);

    /// <summary>
    /// The address to send from in place of another. False with a reason when there is none; with <see cref="SrsStatus.TooLong"/> it is given all
    /// the same, as most hosts take it. <see cref="SrsStatus.NotNeeded"/> is true and gives the address back as it was.
    /// </summary>
    public bool TryEncode(string address, DateTimeOffset now, out string rewritten, out SrsStatus status)
    {
        rewritten = address;
        status = SrsStatus.NotNeeded;
        if (address.Length == 0) return true;
        if (!SrsAddress.TryParse(address, out var parsed) || (!parsed.IsQuoted && !SrsAddress.IsPlain(parsed.Text)))
        {
            status = SrsStatus.Malformed;
            return false;
        }
        if (IsOurs(address, parsed, now)) return true;
        status = Encode(rules.Formats[0], parsed, now, out rewritten);
        // What could not be read back would leave a bounce without a way home: such a sender stays as he is.
        if (status == SrsStatus.Ok && rules.Formats[0] != SrsFormat.Database && !_decoder.TryDecode(rewritten, now, out _, out _))
        {
            (rewritten, status) = (address, SrsStatus.Malformed);
            return false;
        }
        if (status == SrsStatus.Ok && SrsAddress.LocalOctets(rewritten) > SrsRules.MostLocalOctets)
            status = rules.Formats.Contains(SrsFormat.Database) ? Encode(SrsFormat.Database, parsed, now, out rewritten) : SrsStatus.TooLong;
        return status == SrsStatus.Ok;
    }

    // Mail::SRS leaves every sender of the forwarding domain alone; Exim rewrites them, and here all but those that are good SRS addresses.
    private bool IsOurs(string address, SrsAddress parsed, DateTimeOffset now) => parsed.Domain.Equals(rules.Domain, StringComparison.OrdinalIgnoreCase)
        && (rules.Formats[0] != SrsFormat.Exim || _decoder.TryDecode(address, now, out _, out _));

    private SrsStatus Encode(SrsFormat format, SrsAddress address, DateTimeOffset now, out string rewritten)
    {
        switch (format)
        {
            case SrsFormat.Exim:
                rewritten = EximSrs.Encode(rules, address, now);
                return SrsStatus.Ok;
            case SrsFormat.Srs0:
                rewritten = GuardedSrs.Encode(rules, address, now);
                return SrsStatus.Ok;
            case SrsFormat.Database:
                rewritten = "";
                if (database is null) return SrsStatus.Unavailable;
                var status = database.Put(rules, address.ToString(), now, out var key);
                rewritten = $"SRS0{rules.Separator}{key}@{rules.Domain}";
                return status;
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "not a format");
        }
    }
}
