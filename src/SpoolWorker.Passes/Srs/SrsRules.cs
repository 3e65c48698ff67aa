// What the codecs need to know: formats, secrets and limits, checked and ready. Two programs rewrite alike when these are
// alike, so the defaults are those of the programs a format comes from.
namespace SpoolWorker.Passes.Srs;

/// <summary>A form of SRS address.</summary>
public enum SrsFormat
{
    /// <summary>Exim's srs_encode and inbound_srs.</summary>
    Exim,

    /// <summary>SRS0 and SRS1 of Mail::SRS (Guarded), libsrs_alt and postsrsd.</summary>
    Srs0,

    /// <summary>A key in place of the address, which is in a table.</summary>
    Database,
}

/// <summary>Words of <see cref="SrsFormat"/>.</summary>
public static class SrsFormats
{
    /// <summary>The word in settings and on the command line.</summary>
    public static string Token(this SrsFormat format) => format switch
    {
        SrsFormat.Exim => "exim",
        SrsFormat.Srs0 => "srs0",
        SrsFormat.Database => "database",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "not a format"),
    };

    /// <summary>The format of a word; <c>srs0+srs1</c> is the long name of <c>srs0</c>.</summary>
    public static bool TryParse(string word, out SrsFormat format)
    {
        foreach (var one in Enum.GetValues<SrsFormat>())
        {
            if (!one.Token().Equals(word, StringComparison.OrdinalIgnoreCase)) continue;
            format = one;
            return true;
        }
        format = SrsFormat.Srs0;
        return word.Equals("srs0+srs1", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>Formats, secrets and limits.</summary>
public sealed record SrsRules
{
    /// <summary>RFC 5321, 4.5.3.1.1: octets of a local part.</summary>
    public const int MostLocalOctets = 64;

    /// <summary>A SHA-1 in base64 without padding: no hash is longer.</summary>
    public const int MostHashCharacters = 27;

    /// <summary>Time stamps are days modulo this: two base32 digits.</summary>
    public const int StampCycle = 1024;

    /// <summary>Exim's own limit, fixed in its source (expand.c, inbound_srs).</summary>
    public const int EximMaxAge = 10;

    /// <summary>Mail::SRS and postsrsd: SRSMAXAGE.</summary>
    public const int GuardedMaxAge = 21;

    /// <summary>The first one encodes; all are tried when decoding.</summary>
    public IReadOnlyList<SrsFormat> Formats { get; init; } = [SrsFormat.Srs0];

    /// <summary>The first one signs; all verify.</summary>
    public required IReadOnlyList<byte[]> Secrets { get; init; }

    /// <summary>Domain of the addresses we make.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Days an address is good for; 0: what the programs of its format allow.</summary>
    public int MaxAge { get; init; }

    /// <summary>Characters of a hash that is made.</summary>
    public int HashLength { get; init; } = 4;

    /// <summary>Fewest characters of a hash that count; 0: as many as are made.</summary>
    public int HashMin { get; init; }

    /// <summary>Whether addresses of the format srs0 get a time stamp.</summary>
    public bool UseTimestamp { get; init; } = true;

    /// <summary>Whether addresses of the format srs0 get a hash.</summary>
    public bool UseHash { get; init; } = true;

    /// <summary>What follows SRS0 and SRS1: '=', '+' or '-'. Exim's format knows '=' only.</summary>
    public char Separator { get; init; } = '=';

    /// <summary>Days an address of that format is good for.</summary>
    public int MaxAgeOf(SrsFormat format) => MaxAge > 0 ? MaxAge : format == SrsFormat.Exim ? EximMaxAge : GuardedMaxAge;

    /// <summary>The shortest hash that counts.</summary>
    public int LeastHash => HashMin > 0 ? HashMin : HashLength;
}
