// What an administrator chooses, and the configuration that says it.
using System.Globalization;
using System.Text;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Operations.Init;

/// <summary>A key that is to be made.</summary>
/// <param name="Domain">Who signs.</param>
/// <param name="Selector">Under which name.</param>
internal sealed record WantedKey(string Domain, string Selector)
{
    /// <summary>Its file.</summary>
    public string Path => $"{InitChoices.Directory}/{Selector}.{Domain}.key";

    /// <summary>Where its public half is published.</summary>
    public string RecordName => $"{Selector}._domainkey.{Domain}";
}

/// <summary>The choices.</summary>
internal sealed record InitChoices
{
    /// <summary>Where configuration, keys and secrets are.</summary>
    public const string Directory = "/etc/spoolworker";

    public const string Authenticate = "authenticate", Sign = "dkim-sign", Seal = "arc-seal", DefaultQueue = "scan";

    /// <summary>The queue that Exim receives into.</summary>
    public required string Queue { get; init; }

    /// <summary>Domains that are signed for; the first one's key seals.</summary>
    public required IReadOnlyList<string> Domains { get; init; }

    /// <summary>The name under which keys are published.</summary>
    public required string Selector { get; init; }

    /// <summary>Passes, in order.</summary>
    public required IReadOnlyList<string> Passes { get; init; }

    /// <summary>Our name in Authentication-Results.</summary>
    public required string AuthservId { get; init; }

    /// <summary>Keys that the passes need.</summary>
    public IReadOnlyList<WantedKey> Keys => Passes.Contains(Sign) || Passes.Contains(Seal) ? [.. Domains.Select(d => new WantedKey(d, Selector))] : [];

    /// <summary>What is taken where nothing is said: all that the domains allow.</summary>
    public static IReadOnlyList<string> PassesFor(IReadOnlyList<string> domains) => domains.Count > 0 ? [Authenticate, Sign, Seal] : [Authenticate];

    /// <summary>A new name each year.</summary>
    public static string SelectorOf(DateTimeOffset now) => $"sw{now.Year.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>What is wrong with them; null when nothing is.</summary>
    /// <param name="known">All passes.</param>
    /// <param name="exim">The Exim.</param>
    public string? Fault(Registrations known, DebianExim exim)
    {
        IReadOnlyList<string> names = [.. known.Passes.Select(p => p.Name)];
        if (Queue.Length == 0 || Queue.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))) return $"--intake '{Queue}': must be letters, digits, - and _: the name of a queue";
        if (Domains.FirstOrDefault(d => !TagValues.IsDomainName(d) || !d.Contains('.', StringComparison.Ordinal)) is { } domain) return $"--sign '{domain}': must be a domain (non-ASCII as xn--)";
        if (!TagValues.IsDomainName(Selector)) return $"--selector '{Selector}': must be one or more labels of a domain";
        if (Passes.FirstOrDefault(p => !names.Contains(p)) is { } pass) return $"--passes '{pass}': there is none; those that are: {string.Join(' ', names)}";
        if (Domains.Count == 0 && Passes.FirstOrDefault(p => p is Sign or Seal) is { } signs) return $"--passes '{signs}': say for which domain, with --sign";
        if (Domains.Count > 0 && Keys.Count == 0) return $"--sign '{Domains[0]}': nothing signs; {Sign} or {Seal} must be among --passes";
        if (Passes.Select(p => Untold(known, p, exim)).FirstOrDefault(f => f is not null) is { } untold) return untold;
        return AuthservId.Length == 0 ? "--authserv-id '': must be this host's name" : null;
    }

    // A pass that does not work with the settings it has when nobody says any: init asks for none but those of its own three.
    private string? Untold(Registrations known, string name, DebianExim exim)
    {
        var pass = known.Passes.First(p => p.Name == name);
        if (name is Authenticate or Sign or Seal || known.FaultsOf(pass, pass.NewOptions(), Passes).FirstOrDefault() is not { } fault) return null;
        var router = name != "srs" ? "" : exim.IsSplit ? $"; its router and transport ('spoolworker exim-config srs') go into {DebianExim.Split}/router and {DebianExim.Split}/transport"
            : $"; for its router and transport ('spoolworker exim-config srs') Debian's unsplit form has no place: set dc_use_split_config='true' in {DebianExim.Answers}";
        return $"--passes '{name}': it has to be told more than is asked here ({fault}). Leave it out now, then name it in {ConfigurationFile.SystemFile} with its settings, and 'spoolworker check-config'{router}";
    }

    /// <summary>The configuration file.</summary>
    public string Configuration(DebianExim exim)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            // Written by 'spoolworker init --debian', once: it is yours.
            // spoolworker.conf(5) has all keys, spoolworker-passes(7) all passes.
            {
              // Where messages come from: the queue that Exim receives into.
              "Intakes": [ { "Path": "{{exim.SpoolDirectory}}/{{Queue}}/input", "Kind": "named-queue" } ],

              // Where they go: the queue that Exim delivers from.
              "Target": { "Path": "{{exim.SpoolDirectory}}/input" },

              // What is done to them, in this order.
              "Passes": [{{(Passes.Count > 0 ? $" {string.Join(", ", Passes.Select(Quoted))} " : "")}}]
            """);
        if (Passes.Contains(Authenticate) || Passes.Contains(Seal)) text.Append(CultureInfo.InvariantCulture, $",\n\n  \"Authenticate\": {{ \"AuthservId\": {Quoted(AuthservId)} }}");
        if (Passes.Contains(Sign)) text.Append(CultureInfo.InvariantCulture, $",\n\n  \"Dkim\": {{\n    \"Sign\": {{\n      // Signed is mail of this host, and of who has logged in;\n      // and of the hosts you relay for, when they are named here.\n      \"Hosts\": [],\n      \"Keys\": [\n{string.Join(",\n", Keys.Select(k => $"        {{\n{KeyOf(k, 10)}\n        }}"))}\n      ]\n    }}\n  }}");
        if (Passes.Contains(Seal)) text.Append(CultureInfo.InvariantCulture, $",\n\n  \"Arc\": {{\n    \"Mode\": \"seal\",\n    \"Seal\": {{\n      \"AdmdId\": {Quoted(AuthservId)},\n{KeyOf(Keys[0], 6)}\n    }}\n  }}");
        return text.Append("\n}\n").ToString();
    }

    private static string KeyOf(WantedKey key, int indent) => string.Join(",\n",
        new[] { ("Domain", key.Domain), ("Selector", key.Selector), ("PrivateKeyFile", key.Path) }.Select(k => $"{new string(' ', indent)}\"{k.Item1}\": {Quoted(k.Item2)}"));

    // Names of domains, passes and hosts: nothing in them has to be escaped but what a wrong one may hold.
    private static string Quoted(string text) => $"\"{System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(text)}\"";
}
