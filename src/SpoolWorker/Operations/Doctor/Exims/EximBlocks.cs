// What `exim -bP transports` and its like print: "NAME transport:", then "option = value" a line, "no_option" for a switch that is off.
namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>A driver and its options.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">What is set, by name.</param>
internal sealed record EximBlock(string Name, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>An option with a value that is not empty.</summary>
    public bool Has(string option) => Options.TryGetValue(option, out var value) && value.Length > 0;

    /// <summary>The value; empty: none.</summary>
    public string this[string option] => Options.GetValueOrDefault(option, "");
}

/// <summary>Reads them.</summary>
internal static class EximBlocks
{
    /// <param name="text">As printed.</param>
    /// <param name="kind"><c>transport</c>, <c>authenticator</c>, <c>router</c>.</param>
    public static IReadOnlyList<EximBlock> Of(string text, string kind)
    {
        var blocks = new List<EximBlock>();
        var options = new Dictionary<string, string>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.EndsWith($" {kind}:", StringComparison.Ordinal)) blocks.Add(new EximBlock(line[..^(kind.Length + 2)], options = []));
            else if (line.IndexOf(" =", StringComparison.Ordinal) is var at and > 0) options[line[..at]] = line[(at + 2)..].Trim();
        }
        return blocks;
    }
}
