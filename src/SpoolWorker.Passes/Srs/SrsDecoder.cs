// Reads an SRS address back, whichever of the enabled formats it has: what tells them apart is whose hash fits. An SRS1
// that leads to an SRS0 of the same domain is followed to the end here, unless that only looks like one. Anything may be asked: what is no SRS address, forged or too old is an answer, not an exception.
using System.Buffers;

namespace SpoolWorker.Passes.Srs;

/// <summary>Reads SRS addresses.</summary>
public sealed class SrsDecoder(SrsRules rules, SrsDatabase? database = null)
{
    private static readonly SearchValues<char> KeyDigits = SearchValues.Create(SrsStamp.Digits + SrsStamp.Digits.ToUpperInvariant());

    /// <summary>Whether an address would be taken for an SRS address, good or bad.</summary>
    public static bool LooksRewritten(string address) => SrsAddress.TryParse(address, out var parsed) && GuardedSrs.LooksRewritten(parsed.Content);

    /// <summary>The address behind an SRS address; false with the reason when there is none.</summary>
    public bool TryDecode(string address, DateTimeOffset now, out string original, out SrsStatus status)
    {
        status = DecodeOnce(address, now, out original);
        // A second step is for our own SRS1 alone. What is behind an SRS0 is the sender as he was, though his name begins like SRS.
        if (status == SrsStatus.Ok && GuardedSrs.IsSrs1(address) && LooksRewritten(original) && SameDomain(original, address))
        {
            var behind = DecodeOnce(original, now, out var last);
            if (behind is SrsStatus.Ok) original = last;
            else if (behind is SrsStatus.TooOld or SrsStatus.Unavailable) status = behind;
        }
        if (status == SrsStatus.Ok) return true;
        original = "";
        return false;
    }

    private SrsStatus DecodeOnce(string address, DateTimeOffset now, out string original)
    {
        original = "";
        if (!SrsAddress.TryParse(address, out var parsed)) return SrsStatus.Malformed;
        if (!GuardedSrs.LooksRewritten(parsed.Content)) return SrsStatus.NotSrs;
        var worst = SrsStatus.NotSrs;
        foreach (var format in rules.Formats)
        {
            var status = Decode(format, parsed, now, out original);
            if (status == SrsStatus.Ok) return status;
            if (Tells(status) > Tells(worst)) worst = status;
        }
        // An SRS address of a format that is not enabled is malformed to us, not another thing.
        return worst == SrsStatus.NotSrs ? SrsStatus.Malformed : worst;
    }

    private SrsStatus Decode(SrsFormat format, SrsAddress address, DateTimeOffset now, out string original)
    {
        switch (format)
        {
            case SrsFormat.Exim: return EximSrs.Decode(rules, address, now, out original);
            case SrsFormat.Srs0: return GuardedSrs.Decode(rules, address, now, out original);
            case SrsFormat.Database:
                original = "";
                if (!TryKey(address.Content, out var key)) return SrsStatus.NotSrs;
                return database is null ? SrsStatus.Unavailable : database.Find(key, now, out original);
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "not a format");
        }
    }

    /// <summary>The key in <c>SRS0=key</c>.</summary>
    internal static bool TryKey(string content, out string key)
    {
        key = "";
        if (!GuardedSrs.LooksRewritten(content) || content[3] != '0') return false;
        key = content[5..].ToLowerInvariant();
        return key.Length is >= SrsDatabase.KeyCharacters and <= SrsDatabase.MostKeyCharacters && !key.AsSpan().ContainsAnyExcept(KeyDigits);
    }

    private static bool SameDomain(string one, string other) =>
        one.AsSpan(one.LastIndexOf('@')).Equals(other.AsSpan(other.LastIndexOf('@')), StringComparison.OrdinalIgnoreCase);

    // Of several formats' answers the one that came closest is told.
    private static int Tells(SrsStatus status) => status switch
    {
        SrsStatus.Unavailable => 6,
        SrsStatus.TooOld => 5,
        SrsStatus.UnknownKey => 4,
        SrsStatus.WrongHash => 3,
        SrsStatus.ShortHash => 2,
        SrsStatus.Malformed => 1,
        _ => 0,
    };
}
