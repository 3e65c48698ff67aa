// The settings of the pass, checked and ready, or all that is wrong with them. A secret that others can read is a fault: whoever has it can
// have this host send bounces anywhere. Faults never name a secret's content.
using System.Security.Cryptography;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using RuleCondition = SpoolWorker.Passes.Conditions.Condition;

#pragma warning disable RS0030 // asks whether the directory of a setting is there

namespace SpoolWorker.Passes.Srs;

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
        Make(options, TimeProvider.System, ConditionNames.At(place), out var faults)?.Forget();
        return faults;
    }

    /// <summary>Makes a plan of settings that nothing is wrong with.</summary>
    public static SrsPlan Of(SrsOptions options, TimeProvider clock) =>
        Make(options, clock, ConditionNames.Checked, out var faults) ?? throw new ArgumentException(string.Join("; ", faults), nameof(options));

    /// <summary>Forgets the secrets; it cannot be used any more.</summary>
    public void Forget()
    {
        foreach (var secret in Rules.Secrets) CryptographicOperations.ZeroMemory(secret);
    }

    private static SrsPlan? Make(SrsOptions options, TimeProvider clock, ConditionNames names, out List<string> faults)
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
        if (options.LocalDomains.Count == 0 && options.Direction != SrsDirection.Reverse) found.Add("LocalDomains = '': name the domains whose mail stays here");
        var local = List("LocalDomains", options.LocalDomains, LookupKind.Domain, clock, found);
        var forwarded = List("Forwarded", options.Forwarded, LookupKind.Address, clock, found);
        RuleCondition? condition = null;
        if (options.Condition.Length > 0 && !RuleCondition.TryParse(options.Condition, names, out condition, out var error)) found.Add($"Condition = '{options.Condition}': {error}");
        Numbers(options, formats, found);
        Idle(options, found);
        if (found.Count == 0) return new SrsPlan(options.RulesOf(formats, secrets), local, forwarded, condition);
        foreach (var secret in secrets) CryptographicOperations.ZeroMemory(secret);
        return null;
    }

    private static void Numbers(SrsOptions options, List<SrsFormat> formats, List<string> found)
    {
        if (options.HashMin > options.RulesOf(formats, []).HashLength) found.Add($"HashMin = '{options.HashMin}': must be 1 to HashLength, or 0 for HashLength");
        if (options.Separator is not ("=" or "+" or "-")) found.Add($"Separator = '{options.Separator}': must be =, + or -");
        if (formats.Contains(SrsFormat.Database) && options.Database.Length == 0) found.Add("Database = '': name the LMDB file of the format database");
        if (options.Database.Length > 0 && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(options.Database)))) found.Add($"Database = '{options.Database}': there is no directory to make it in");
        if (options.OnInvalid == PolicyAction.Tag) found.Add("OnInvalid = 'tag': must be accept, hold, bounce, discard or defer");
    }

    // What is asked of one direction alone.
    private static void Idle(SrsOptions options, List<string> found)
    {
        if (options.Direction != SrsDirection.Reverse) return;
        if (options.Condition.Length > 0) found.Add($"Condition = '{options.Condition}': Direction = 'reverse' rewrites no sender; take it out, or make Direction both");
        if (options.Forwarded.Count > 0) found.Add($"Forwarded = '{options.Forwarded[0]}': Direction = 'reverse' rewrites no sender; take it out, or make Direction both");
    }

    private static List<byte[]> Secrets(SrsOptions options, List<string> found)
    {
        var secrets = new List<byte[]>();
        // Its first field is a secret, which no fault shows.
        if (!SrsConfig.TryParse(options.Config, out var config, out var unreadable)) found.Add($"Config: {unreadable}");
        found.AddRange(options.Contradictions());
        if (options.Secrets.Count == 0 && (config ?? SrsConfig.None).Secret is null && unreadable is null) found.Add("Secrets = '': name at least one file with a secret");
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
