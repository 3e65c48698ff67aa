// The note beside a held pair: a line a recipient, "address: pass: reason", or without a pass where the worker itself held it.
namespace SpoolWorker.Operations.Listing;

/// <summary>Reads notes.</summary>
internal static class HeldNote
{
    /// <summary>The passes that seem to be named, each once: for what has no record, which knows.</summary>
    public static IReadOnlyList<string> PassesIn(string note)
    {
        if (note.Length == 0) return [];
        var passes = new List<string>();
        foreach (var line in note.Split('\n'))
        {
            var parts = line.Split(": ", 3);
            if (parts.Length == 3 && parts[1].Length > 0 && parts[1].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && !passes.Contains(parts[1])) passes.Add(parts[1]);
        }
        return passes;
    }

    /// <summary>The reasons, each once, without the recipients.</summary>
    public static IReadOnlyList<string> CausesIn(string note) =>
        note.Length == 0 ? [] : [.. note.Split('\n').Select(line => line.IndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? line[(at + 2)..] : line).Distinct()];
}
