// Settings of the pass and what can be wrong with them. A secret that others can read is a fault: whoever has it can have
// this host send bounces anywhere. Faults never name a secret's content.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Passes.Rules;
using RuleCondition = SpoolWorker.Passes.Rules.Condition;

#pragma warning disable RS0030 // asks whether the directory of a setting is there

namespace SpoolWorker.Passes.Srs;

/// <summary>What to do with a sender whose SRS address would be longer than a local part may be.</summary>
public enum SrsTooLong
{
    /// <summary>Send with the sender as it is, and say so in the log.</summary>
    Keep,

    /// <summary>Use the long address: most hosts take it.</summary>
    Rewrite,

    /// <summary>Put the recipients that leave aside.</summary>
    Hold,

    /// <summary>Return the message for the recipients that leave.</summary>
    Bounce,
}

/// <summary>Settings of the pass <c>srs</c>.</summary>
public sealed class SrsOptions : PassOptions
{
    /// <summary>Files with one secret each, not readable by others: the first signs, all verify.</summary>
    [PathSetting]
    public List<string> Secrets { get; set; } = [];

    /// <summary>Domain of our SRS addresses.</summary>
    public string Alias { get; set; } = "";

    /// <summary>List of domains whose mail stays here, relay domains too; all others are somebody else's. The alias is one of them.</summary>
    public List<string> LocalDomains { get; set; } = [];

    /// <summary>List of local addresses whose mail the delivering Exim forwards elsewhere.</summary>
    public List<string> Forwarded { get; set; } = [];

    /// <summary>When to rewrite, a condition as in <c>rules</c>. Empty: always.</summary>
    public string Condition { get; set; } = "";

    /// <summary><c>exim</c>, <c>srs0</c>, <c>database</c>: the first makes addresses, all are read; <c>database</c> takes over what is too long. Empty:
    /// <c>srs0</c>.</summary>
    public List<string> Formats { get; set; } = [];

    /// <summary>How long an address is good; 0: 10 days for <c>exim</c>, 21 for the others.</summary>
    [NumberRange(0, SrsRules.StampCycle - 1, Unit = "days")]
    public int MaxAge { get; set; }

    /// <summary>Characters of a hash that is made.</summary>
    [NumberRange(1, SrsRules.MostHashCharacters, Unit = "characters")]
    public int HashLength { get; set; } = 4;

    /// <summary>Fewest characters of a hash that count; 0: as many as are made.</summary>
    [NumberRange(0, SrsRules.MostHashCharacters, Unit = "characters")]
    public int HashMin { get; set; }

    /// <summary>Put a time stamp into addresses of <c>srs0</c>.</summary>
    public bool UseTimestamp { get; set; } = true;

    /// <summary>Put a hash into addresses of <c>srs0</c>. Without it anybody can make such addresses.</summary>
    public bool UseHash { get; set; } = true;

    /// <summary>What stands behind SRS0 and SRS1: <c>=</c>, <c>+</c> or <c>-</c>.</summary>
    public string Separator { get; set; } = "=";

    /// <summary>LMDB file of the format <c>database</c>; made when first needed.</summary>
    [PathSetting]
    public string Database { get; set; } = "";

    /// <summary>What is done with a recipient that is an SRS address of ours, but forged, too old or broken; not <c>tag</c>.</summary>
    public PolicyAction OnInvalid { get; set; } = PolicyAction.Hold;

    /// <summary>What is done with a sender whose SRS address would be longer than 64 octets before the @.</summary>
    public SrsTooLong OnTooLong { get; set; } = SrsTooLong.Keep;

    /// <summary>The alias in bytes; of an address what is behind its '@'.</summary>
    internal string AliasDomain => ByteText.FromText(Alias[(Alias.LastIndexOf('@') + 1)..]);

    internal IEnumerable<string> FormatWords => Formats.Count > 0 ? Formats : [SrsFormat.Srs0.Token()];

    /// <summary>These settings for the codecs.</summary>
    /// <param name="formats">The first makes addresses, all are read.</param>
    /// <param name="secrets">The first signs, all verify.</param>
    internal SrsRules RulesOf(IReadOnlyList<SrsFormat> formats, IReadOnlyList<byte[]> secrets) => new()
    {
        Formats = formats,
        Secrets = secrets,
        Domain = AliasDomain,
        MaxAge = MaxAge,
        HashLength = HashLength,
        HashMin = HashMin,
        UseHash = UseHash,
        UseTimestamp = UseTimestamp,
        Separator = Separator is [var one] ? one : '=',
    };
}

/// <summary>Settings, checked and ready.</summary>
/// <param name="Rules">For the codecs.</param>
/// <param name="LocalDomains">Without the alias.</param>
/// <param name="Forwarded">Local addresses that leave after all.</param>
/// <param name="Condition">Null: always.</param>
internal sealed record SrsPlan(SrsRules Rules, LookupList LocalDomains, LookupList Forwarded, RuleCondition? Condition)
{
    /// <summary>What is wrong with the settings, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(SrsOptions options, PassPlace place)
    {
        Make(options, TimeProvider.System, RuleNames.At(place), out var faults);
        return faults;
    }

    /// <summary>Makes a plan of settings that nothing is wrong with.</summary>
    public static SrsPlan Of(SrsOptions options, TimeProvider clock) =>
        Make(options, clock, RuleNames.Checked, out var faults) ?? throw new ArgumentException(string.Join("; ", faults), nameof(options));

    private static SrsPlan? Make(SrsOptions options, TimeProvider clock, RuleNames names, out List<string> faults)
    {
        var found = faults = [];
        var secrets = Secrets(options, found);
        var formats = new List<SrsFormat>();
        foreach (var word in options.FormatWords)
        {
            if (SrsFormats.TryParse(word, out var format)) formats.Add(format);
            else found.Add($"Formats = '{word}': must be exim, srs0 or database");
        }
        if (!SrsAddress.IsDomain(options.AliasDomain)) found.Add($"Alias = '{options.Alias}': must be the domain SRS addresses are made in");
        if (options.LocalDomains.Count == 0) found.Add("LocalDomains = '': name the domains whose mail stays here");
        var local = List("LocalDomains", options.LocalDomains, LookupKind.Domain, clock, found);
        var forwarded = List("Forwarded", options.Forwarded, LookupKind.Address, clock, found);
        RuleCondition? condition = null;
        if (options.Condition.Length > 0 && !RuleCondition.TryParse(options.Condition, names, out condition, out var error)) found.Add($"Condition = '{options.Condition}': {error}");
        Numbers(options, formats, found);
        return found.Count > 0 ? null : new SrsPlan(options.RulesOf(formats, secrets), local, forwarded, condition);
    }

    private static void Numbers(SrsOptions options, List<SrsFormat> formats, List<string> found)
    {
        if (options.HashMin > options.HashLength) found.Add($"HashMin = '{options.HashMin}': must be 1 to HashLength, or 0 for HashLength");
        if (options.Separator is not ("=" or "+" or "-")) found.Add($"Separator = '{options.Separator}': must be =, + or -");
        if (formats.Contains(SrsFormat.Database) && options.Database.Length == 0) found.Add("Database = '': name the LMDB file of the format database");
        if (options.Database.Length > 0 && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(options.Database)))) found.Add($"Database = '{options.Database}': there is no directory to make it in");
        if (options.OnInvalid == PolicyAction.Tag) found.Add("OnInvalid = 'tag': must be accept, hold, bounce, discard or defer");
    }

    private static List<byte[]> Secrets(SrsOptions options, List<string> found)
    {
        var secrets = new List<byte[]>();
        if (options.Secrets.Count == 0) found.Add("Secrets = '': name at least one file with a secret");
        foreach (var path in options.Secrets)
        {
            if (!SrsSecrets.TryRead(path, out var secret, out var fault)) found.Add($"Secrets = '{path}': {fault}");
            else if (SrsSecrets.IsReadableByOthers(path)) found.Add($"Secrets = '{path}': can be read by everybody on this host; take that away (chmod o=)");
            else secrets.Add(secret);
        }
        return secrets;
    }

    private static LookupList List(string key, List<string> items, LookupKind kind, TimeProvider clock, List<string> found)
    {
        if (LookupList.TryParse(items, kind, out var list, out var error, clock)) return list;
        found.Add($"{key} = {error}");
        return LookupList.Empty;
    }
}
