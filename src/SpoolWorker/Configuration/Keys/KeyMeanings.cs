// What keys and their words mean, for people at a terminal: from docs/configuration.md, which is written from the summaries beside the settings and
// lies within the program. Tests hold the page against the summaries.
using SpoolWorker.Passes;

namespace SpoolWorker.Configuration.Keys;

/// <summary>The meanings of keys.</summary>
internal static class KeyMeanings
{
    private const string Resource = "configuration.md", EveryPass = "PASS", Words = "## Words";

    // | `key` | default | unit | range | change | meaning |, and below Words | keys | `word` | meaning |
    private const int Columns = 6, WordColumns = 3;

    private static readonly Lazy<(Dictionary<string, string> Keys, Dictionary<string, List<(string Word, string Meaning)>> Words)> Page = new(Read);

    /// <summary>What a key means; empty for one that is not on the page.</summary>
    public static string Of(SettingKey key) => Page.Value.Keys.TryGetValue(key.Key, out var meaning)
        || (key.Property.DeclaringType == typeof(PassOptions) && Page.Value.Keys.TryGetValue($"{EveryPass}:{key.Property.Name}", out meaning)) ? meaning : "";

    /// <summary>The words a key takes, with what each means.</summary>
    public static IReadOnlyList<(string Word, string Meaning)> WordsOf(SettingKey key)
    {
        if (Page.Value.Words.TryGetValue(key.Key, out var words)) return words;
        return key.Property.DeclaringType == typeof(PassOptions) ? Page.Value.Words.GetValueOrDefault($"{EveryPass}:{key.Property.Name}", []) : [];
    }

    private static (Dictionary<string, string> Keys, Dictionary<string, List<(string Word, string Meaning)>> Words) Read()
    {
        using var text = new StreamReader(typeof(KeyMeanings).Assembly.GetManifestResourceStream(Resource)!);
        var keys = new Dictionary<string, string>();
        var words = new Dictionary<string, List<(string Word, string Meaning)>>();
        IReadOnlyList<string> taking = [];
        var isBelowWords = false;
        while (text.ReadLine() is { } line)
        {
            isBelowWords |= line == Words;
            // What stands before the first bar is empty.
            var columns = 1 + (isBelowWords ? WordColumns : Columns);
            var cells = line.Split('|', columns);
            if (cells.Length != columns) continue;
            var (first, last) = (cells[1].Trim(), cells[^1].TrimEnd('|', ' ').Trim());
            if (!isBelowWords && first is ['`', .. var key, '`']) keys[key] = Plain(last);
            if (!isBelowWords || cells[2].Trim() is not ['`', .. var word, '`']) continue;
            if (first.Length > 0) taking = [.. first.Split(", ").Select(k => k.Trim('`'))];
            foreach (var taker in taking)
            {
                if (!words.TryGetValue(taker, out var list)) words[taker] = list = [];
                list.Add((word, Plain(last)));
            }
        }
        return (keys, words);
    }

    private static string Plain(string markdown) => markdown.Replace("`", "", StringComparison.Ordinal);
}
