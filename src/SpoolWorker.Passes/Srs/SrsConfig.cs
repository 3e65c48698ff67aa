// The string that Exim's main option srs_config held while it was built with libsrs_alt: secret:maxage:hashlength:usetimestamp:usehash, an
// Exim list. What srs.c did with it is done here: its secret signs and those of Srs:Secrets verify, an empty one leaves that
// to Srs:Secrets, and what is left out has Exim's default. Stricter in one thing: atoi takes "yes" for 0, here it is a fault. No fault
// shows the secret.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Srs;

/// <summary>The fields of an srs_config string; null: not given.</summary>
internal sealed record SrsConfig(byte[]? Secret, int? MaxAge, int? HashLength, bool? UseTimestamp, bool? UseHash)
{
    /// <summary>Exim's defaults of what the string leaves out (globals.c: srs_maxage, srs_hashlength).</summary>
    public const int EximMaxAge = 31, EximHashLength = 6;

    // srs.c refuses what lies beyond these, and takes 0 days, which nothing is younger than.
    private const int MostDays = 365, MostHash = 20;

    // SRS_MAX_SECRET_LENGTH of libsrs_alt; string_nextinlist cuts there, which would be another secret.
    private const int MostSecretBytes = 1024;
    private const int Fields = 5;

    /// <summary>No string at all.</summary>
    public static SrsConfig None { get; } = new(null, null, null, null, null);

    /// <summary>Reads the string; false with what is wrong with it, told without the secret.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SrsConfig? config, [NotNullWhen(false)] out string? fault)
    {
        config = null;
        var items = EximList.Items(text);
        fault = items.Count > Fields ? $"has {items.Count} fields; the form is secret:maxage:hashlength:usetimestamp:usehash" : null;
        var secret = items.Count == 0 ? "" : items[0];
        if (secret.Contains('\n', StringComparison.Ordinal) || ByteText.FromText(secret).Length > MostSecretBytes) fault ??= $"the secret in field 1 must be one line of at most {MostSecretBytes} bytes";
        var maxAge = Number(items, 1, 1, MostDays, "days an address is good", ref fault);
        var hashLength = Number(items, 2, 1, MostHash, "characters of a hash", ref fault);
        var usesTimestamp = Number(items, 3, 0, 1, "0: no time stamp, 1: one", ref fault);
        var usesHash = Number(items, 4, 0, 1, "0: no hash, 1: one", ref fault);
        if (fault is not null) return false;
        config = new SrsConfig(secret.Length > 0 ? Encoding.Latin1.GetBytes(ByteText.FromText(secret)) : null, maxAge, hashLength, usesTimestamp is { } stamp ? stamp == 1 : null, usesHash is { } hash ? hash == 1 : null);
        return true;
    }

    /// <summary>Whether the string names a secret; one that cannot be read may.</summary>
    public static bool HoldsSecret(string text) => EximList.Items(text) is [{ Length: > 0 }, ..];

    private static int? Number(IReadOnlyList<string> items, int index, int least, int most, string what, ref string? fault)
    {
        if (items.Count <= index || items[index].Length == 0) return null;
        if (int.TryParse(items[index], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        // Not what it is: a secret with a separator in it goes on here.
        fault ??= $"field {index + 1} must be {least} to {most} ({what}); a separator within the secret is written twice";
        return null;
    }
}
