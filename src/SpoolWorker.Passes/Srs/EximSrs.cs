// Exim's native form, SRS0=hash=stamp=domain=local (expand.c: srs_encode, inbound_srs). The hash covers the whole address
// as it was written, quotes included, but not the stamp; the address carries the local part without its quotes, and is
// itself quoted instead. Exim cannot read back all it writes (UTF-8, needless quotes, escapes, upper case): this can, as
// it tries every spelling the address can have had. Escaped quotes, which Exim drops, are kept, or nobody could read them back.
namespace SpoolWorker.Passes.Srs;

/// <summary>Codec of the native form.</summary>
internal static class EximSrs
{
    private const string Tag = "SRS0=";
    private const int Fields = 4;

    public static string Encode(SrsRules rules, SrsAddress address, DateTimeOffset now)
    {
        var head = $"{Tag}{SrsHash.Exim(rules.Secrets[0], address.ToString())}={SrsStamp.Create(now)}={address.Domain}=";
        // A domain literal needs quotes in a local part, where Exim puts none.
        return address.IsQuoted || !SrsAddress.IsPlain(head + address.Text) ? $"\"{head}{address.Text}\"@{rules.Domain}" : $"{head}{address.Text}@{rules.Domain}";
    }

    public static SrsStatus Decode(SrsRules rules, SrsAddress address, DateTimeOffset now, out string original)
    {
        original = "";
        if (!address.Text.StartsWith(Tag, StringComparison.OrdinalIgnoreCase)) return SrsStatus.NotSrs;
        var fields = address.Text[Tag.Length..].Split('=', Fields);
        if (fields.Length < Fields || fields[0].Length == 0 || !SrsStamp.TryParse(fields[1], out var day) || !SrsAddress.IsDomain(fields[2])) return SrsStatus.Malformed;
        if (fields[0].Length != SrsHash.EximCharacters) return fields[0].Length < SrsHash.EximCharacters ? SrsStatus.ShortHash : SrsStatus.WrongHash;
        foreach (var spelling in Spellings(address, fields[3], fields[2]))
        {
            if (original.Length == 0 && SrsHash.Matches(fields[0], rules.Secrets.Select(s => SrsHash.Exim(s, spelling)))) original = spelling;
        }
        if (original.Length == 0) return SrsStatus.WrongHash;
        return SrsStamp.IsFresh(day, now, rules.MaxAgeOf(SrsFormat.Exim)) ? SrsStatus.Ok : SrsStatus.TooOld;
    }

    // What the original can have looked like: quotes are not in the address, and hosts on the way add and remove them.
    private static IEnumerable<string> Spellings(SrsAddress address, string user, string domain)
    {
        var quoted = $"\"{(address.IsQuoted ? user : SrsAddress.Escape(user))}\"@{domain}";
        var plain = SrsAddress.IsPlain(user) ? $"{user}@{domain}" : null;
        if (address.IsQuoted) yield return quoted;
        if (plain is not null) yield return plain;
        if (!address.IsQuoted) yield return quoted;
        // Escapes that were not needed, or were left out where they are.
        var content = new SrsAddress(user, true, domain).Content;
        if (SrsAddress.Escape(content) != user) yield return $"\"{SrsAddress.Escape(content)}\"@{domain}";
    }
}
