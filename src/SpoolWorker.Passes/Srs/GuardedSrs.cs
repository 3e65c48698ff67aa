// SRS0 and SRS1 as Mail::SRS (Guarded), libsrs2, libsrs_alt and postsrsd write them:
//   SRS0=hash=stamp=domain=local       first forwarder; the hash covers stamp, domain and local part in lower case
//   SRS1=hash=forwarder==rest of SRS0  later ones: goes back to the first forwarder, who alone can read its SRS0; no stamp
// Only the separator behind the tag may be '=', '+' or '-'. It belongs to the rest that SRS1 keeps. The hash covers a local
// part without its quotes; the address is quoted as a whole instead, since quotes inside a local part are no address.
namespace SpoolWorker.Passes.Srs;

/// <summary>Codec of SRS0 and SRS1.</summary>
internal static class GuardedSrs
{
    private const string Tag0 = "SRS0", Tag1 = "SRS1";
    private const int TagLength = 4, Srs1Fields = 3;

    /// <summary>Whether a local part starts like an SRS address.</summary>
    public static bool LooksRewritten(string content) => HasTag(content, Tag0) || HasTag(content, Tag1);

    /// <summary>Whether an address is one of a second forwarder.</summary>
    public static bool IsSrs1(string address) => SrsAddress.TryParse(address, out var parsed) && HasTag(parsed.Content, Tag1);

    public static string Encode(SrsRules rules, SrsAddress address, DateTimeOffset now)
    {
        var content = address.Content;
        if (HasTag(content, Tag1) && TrySplitSrs1(content, out var fields))
        {
            // A loop: we were the first forwarder. Our own SRS0 says the same and is shorter.
            var own = SrsAddress.Format(Tag0 + fields.Kept, address.IsQuoted, rules.Domain);
            if (fields.Host.Equals(rules.Domain, StringComparison.OrdinalIgnoreCase) && SrsAddress.TryParse(own, out var mine)
                && Decode(rules, mine, now, out _) == SrsStatus.Ok) return own;
            return Srs1(rules, fields.Host, fields.Kept, address.IsQuoted);
        }
        if (HasTag(content, Tag0)) return Srs1(rules, address.Domain, content[TagLength..], address.IsQuoted);
        // Quotes that are part of the name itself could not be told from others: such a local part goes as it is written.
        var user = content.Contains('"', StringComparison.Ordinal) ? $"\"{address.Text}\"" : content;
        var stamp = rules.UseTimestamp ? SrsStamp.Create(now).ToUpperInvariant() : "";
        var hash = rules.UseHash ? SrsHash.Guarded(rules.Secrets[0], stamp + address.Domain + user)[..rules.HashLength] : "";
        var local = $"{Tag0}{rules.Separator}{string.Join('=', new[] { hash, stamp }.Where(f => f.Length > 0).Append(address.Domain).Append(user))}";
        return SrsAddress.Format(local, address.IsQuoted, rules.Domain);
    }

    public static SrsStatus Decode(SrsRules rules, SrsAddress address, DateTimeOffset now, out string original)
    {
        original = "";
        var content = address.Content;
        if (HasTag(content, Tag1)) return DecodeSrs1(rules, address, content, out original);
        if (!HasTag(content, Tag0)) return SrsStatus.NotSrs;
        var status = DecodeSrs0(rules, address, content, hashed: true, stamped: true, now, out original);
        if (status == SrsStatus.Ok || (rules.UseHash && rules.UseTimestamp)) return status;
        // What was made before hash or stamp were switched off is still good.
        var other = DecodeSrs0(rules, address, content, rules.UseHash, rules.UseTimestamp, now, out var without);
        if (other != SrsStatus.Ok && status != SrsStatus.Malformed) return status;
        original = without;
        return other;
    }

    private static SrsStatus DecodeSrs0(SrsRules rules, SrsAddress address, string content, bool hashed, bool stamped, DateTimeOffset now, out string original)
    {
        original = "";
        var count = 2 + (hashed ? 1 : 0) + (stamped ? 1 : 0);
        var fields = content[(TagLength + 1)..].Split('=', count);
        if (fields.Length < count) return SrsStatus.Malformed;
        var (stamp, host, user) = (stamped ? fields[^3] : "", fields[^2], fields[^1]);
        var day = 0;
        if ((stamped && !SrsStamp.TryParse(stamp, out day)) || !SrsAddress.IsDomain(host)) return SrsStatus.Malformed;
        if (hashed && Verify(rules, fields[0], stamp + host + user) is var verified and not SrsStatus.Ok) return verified;
        // With neither hash nor stamp, a name that is no domain is more likely a field of another form of address.
        if (!hashed && !stamped && !host.AsSpan().ContainsAny('.', '[')) return SrsStatus.Malformed;
        if (!TryAddress(address, user, host, out original)) return SrsStatus.Malformed;
        return stamped && !SrsStamp.IsFresh(day, now, rules.MaxAgeOf(SrsFormat.Srs0)) ? SrsStatus.TooOld : SrsStatus.Ok;
    }

    private static SrsStatus DecodeSrs1(SrsRules rules, SrsAddress address, string content, out string original)
    {
        original = "";
        if (!TrySplitSrs1(content, out var fields)) return SrsStatus.Malformed;
        if (Verify(rules, fields.Hash, fields.Host + fields.Kept) is var verified and not SrsStatus.Ok) return verified;
        original = SrsAddress.Format(Tag0 + fields.Kept, address.IsQuoted, fields.Host);
        return SrsStatus.Ok;
    }

    // UseHash does not reach SRS1: without a hash, anybody could have us send to any host that speaks SRS.
    private static string Srs1(SrsRules rules, string host, string rest, bool quoted) =>
        SrsAddress.Format($"{Tag1}{rules.Separator}{SrsHash.Guarded(rules.Secrets[0], host + rest)[..rules.HashLength]}={host}={rest}", quoted, rules.Domain);

    private static SrsStatus Verify(SrsRules rules, string hash, string parts)
    {
        if (hash.Length < rules.LeastHash) return SrsStatus.ShortHash;
        return SrsHash.Matches(hash, rules.Secrets.Select(s => SrsHash.Guarded(s, parts))) ? SrsStatus.Ok : SrsStatus.WrongHash;
    }

    private static bool TryAddress(SrsAddress address, string user, string host, out string original)
    {
        if (user.Contains('"', StringComparison.Ordinal))
        {
            original = $"{user}@{host}";
            return SrsAddress.TryParse(original, out var parsed) && parsed.IsQuoted;
        }
        // Quotes around the whole that a domain literal did not call for were the original's.
        original = SrsAddress.Format(user, address.IsQuoted && SrsAddress.IsPlain(host), host);
        return true;
    }

    private static bool TrySplitSrs1(string content, out (string Hash, string Host, string Kept) fields)
    {
        var parts = content[(TagLength + 1)..].Split('=', Srs1Fields);
        fields = parts.Length == Srs1Fields ? (parts[0], parts[1], parts[2]) : default;
        return parts.Length == Srs1Fields && fields.Hash.Length > 0 && SrsAddress.IsDomain(fields.Host) && fields.Kept is ['=' or '+' or '-', ..];
    }

    private static bool HasTag(string content, string tag) =>
        content.StartsWith(tag, StringComparison.OrdinalIgnoreCase) && content.Length > TagLength && content[TagLength] is ('=' or '+' or '-');
}
