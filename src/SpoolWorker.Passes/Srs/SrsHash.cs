// Hashes and time stamps of SRS addresses. MD5 and SHA-1 are what the formats prescribe; as HMACs they still hold. What
// is compared with a stranger's bytes is compared in constant time and against every secret, so that an answer's delay
// tells neither how much of a guess was right nor which secret it was.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SpoolWorker.Passes.Srs;

/// <summary>Hashes.</summary>
internal static class SrsHash
{
    public const int EximCharacters = 4;
    private const int KeyedBytes = 20;

#pragma warning disable CA5350, CA5351 // the formats say so

    /// <summary>Exim (expand.c, srs_encode): the first four hexadecimal digits of the HMAC-MD5 of the address in lower case.</summary>
    public static string Exim(byte[] secret, string address) =>
        Convert.ToHexStringLower(HMACMD5.HashData(secret, Lower(address)))[..EximCharacters];

    /// <summary>Mail::SRS: base64 of the HMAC-SHA1 over all parts in lower case, one after another, without padding.</summary>
    public static string Guarded(byte[] secret, string parts) =>
        Convert.ToBase64String(HMACSHA1.HashData(secret, Lower(parts)))[..SrsRules.MostHashCharacters];

#pragma warning restore CA5350, CA5351

    /// <summary>Key of an address in the database: as hard to guess as the secret, and the same whenever the message is worked on again.</summary>
    public static string Key(byte[] secret, string address, int characters)
    {
        var digest = HMACSHA256.HashData(secret, Encoding.Latin1.GetBytes("spoolworker srs key\0" + address)).AsSpan(0, KeyedBytes);
        var key = new StringBuilder(characters);
        var (bits, held) = (0, 0);
        foreach (var octet in digest)
        {
            bits = bits << 8 | octet;
            for (held += 8; held >= 5; held -= 5) key.Append(SrsStamp.Digits[bits >> held - 5 & 31]);
            bits &= (1 << held) - 1;
        }
        return key.ToString(0, characters);
    }

    /// <summary>Whether what came is the beginning of one of these, whatever case it was brought into on the way.</summary>
    public static bool Matches(string given, IEnumerable<string> candidates)
    {
        var bytes = Lower(given);
        var matches = false;
        foreach (var candidate in candidates)
        {
            // Only the length, which the stranger chose himself, shortens the work.
            matches |= given.Length > 0 && given.Length <= candidate.Length && CryptographicOperations.FixedTimeEquals(bytes, Lower(candidate[..given.Length]));
        }
        return matches;
    }

    // ASCII letters only: Exim's and libsrs2's tolower in the C locale, Perl's lc on bytes.
    private static byte[] Lower(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        foreach (ref var octet in bytes.AsSpan())
        {
            if (octet is >= (byte)'A' and <= (byte)'Z') octet += 'a' - 'A';
        }
        return bytes;
    }
}

/// <summary>Time stamps: days since 1970 modulo 1024 as two base32 digits (RFC 4648's alphabet).</summary>
internal static class SrsStamp
{
    public const string Digits = "abcdefghijklmnopqrstuvwxyz234567";
    public const int Characters = 2;

    public static string Create(DateTimeOffset at)
    {
        var day = Day(at);
        return string.Create(CultureInfo.InvariantCulture, $"{Digits[day >> 5]}{Digits[day & 31]}");
    }

    /// <summary>The day a stamp stands for; false when it is none. Case does not matter.</summary>
    public static bool TryParse(string stamp, out int day)
    {
        day = 0;
        if (stamp.Length != Characters) return false;
        foreach (var c in stamp)
        {
            var digit = Digits.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
            if (digit < 0) return false;
            day = day << 5 | digit;
        }
        return true;
    }

    /// <summary>Whether a stamp is from today or one of the days before. Tomorrow's is the oldest of all: as in Exim and Mail::SRS, the cycle tells no future.</summary>
    public static bool IsFresh(int day, DateTimeOffset now, int maxAge) => (Day(now) - day & SrsRules.StampCycle - 1) <= maxAge;

    private static int Day(DateTimeOffset at) => (int)(at.ToUnixTimeSeconds() / 86_400 & SrsRules.StampCycle - 1);
}
