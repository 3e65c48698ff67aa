// Names of keys as people type them: in any case, as in a file, in the environment or on the command line, with the number of an element or without.
using System.Globalization;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Configuration.Keys;

/// <summary>Finds keys by name.</summary>
internal static class KeyNames
{
    // A few slips in a long name; as many names as fit a line.
    private const int MostEdits = 6, MostNamed = 3;

    // Twice the longest key; comparing costs the product of both lengths.
    private const int MostLetters = 100;

    /// <summary>A key with <c>N</c> in place of numbers: Dkim:Sign:Keys:0:Domain as Dkim:Sign:Keys:N:Domain.</summary>
    public static string InGeneral(string key) => string.Join(':', key.Split(':').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit) ? "N" : part));

    /// <summary>As <see cref="InGeneral"/>, of what somebody typed: --Engine:Workers=4, SPOOLWORKER_Engine__Workers.</summary>
    public static string Typed(string text)
    {
        var name = text.TrimStart('-').Split('=', 2)[0];
        if (name.StartsWith(ConfigurationLoader.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) name = name[ConfigurationLoader.EnvironmentPrefix.Length..];
        return InGeneral(name.Replace("__", ":", StringComparison.Ordinal).Trim(':'));
    }

    /// <summary>The keys that a name is nearest to, the nearest first; none when it is like none of them.</summary>
    public static IReadOnlyList<string> Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > MostLetters) return [];
        var typed = name.ToLower(CultureInfo.InvariantCulture);
        return
        [
            .. known.Distinct().Select(key => (Key: key, Edits: Distance(typed, key.ToLower(CultureInfo.InvariantCulture))))
                .Where(k => k.Edits <= MostEdits).OrderBy(k => k.Edits).ThenBy(k => k.Key, StringComparer.Ordinal).Take(MostNamed).Select(k => k.Key),
        ];
    }

    // The last part alone is what most people remember.
    private static int Distance(string typed, string key)
    {
        var last = key[(key.LastIndexOf(':') + 1)..];
        var part = typed[(typed.LastIndexOf(':') + 1)..];
        var whole = Spelling.Edits(typed, key);
        if (part == last) return Math.Min(whole, 1);
        if (part.Length > 2 && Spelling.Edits(part, last) is var edits && edits <= 1 + (part.Length / 4)) return Math.Min(whole, 1 + edits);
        return whole > typed.Length / 2 ? int.MaxValue : whole;
    }
}
