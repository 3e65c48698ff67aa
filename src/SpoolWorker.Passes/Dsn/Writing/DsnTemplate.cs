// The words of notifications, one file a language, all of it: nothing in the code is in any language. A file gives texts by
// name, `[failed]` and so on, with placeholders in braces. TryLoad refuses a file with a text missing, a name or a
// placeholder nobody knows, so that a mistake shows at the start and not in a stranger's mailbox.
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // reads the operator's texts and our own, which are UTF-8

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>The texts of one language.</summary>
public sealed partial class DsnTemplate
{
    // Texts are a few lines; what is larger is some other file.
    private const int MostBytes = 256 * 1024;
    private static readonly string[] Names =
        ["failed-subject", "failed", "delayed-subject", "delayed", "until", "relayed-subject", "relayed", "returned-headers", "returned-full", "returned-not-full"];

    private static readonly string[] Placeholders = ["host", "id", "sender", "arrived", "until", "date", "recipients", "returned"];
    private readonly Dictionary<string, string> _texts;

    private DsnTemplate(string language, Dictionary<string, string> texts)
    {
        Language = language;
        _texts = texts;
    }

    /// <summary>Its language tag (RFC 5646), the name of its file.</summary>
    public string Language { get; }

    /// <summary>Reads a language's file from a directory, or the built-in one.</summary>
    public static bool TryLoad(string directory, string language, [NotNullWhen(true)] out DsnTemplate? template, [NotNullWhen(false)] out string? error)
    {
        template = null;
        if (language.Length == 0 || !language.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            error = "must be a language tag such as de";
            return false;
        }
        var file = directory.Length > 0 ? Path.Combine(directory, $"{language}.txt") : "";
        try
        {
            if (File.Exists(file)) return TryParse(language, file, File.ReadAllText(file), out template, out error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
            return false;
        }
        using var builtIn = typeof(DsnTemplate).Assembly.GetManifestResourceStream($"dsn-{language}.txt");
        if (builtIn is not null)
        {
            using var reader = new StreamReader(builtIn, Encoding.UTF8);
            return TryParse(language, "the built-in text", reader.ReadToEnd(), out template, out error);
        }
        error = file.Length > 0 ? $"no file {file}, and none built in; built in are {BuiltIn}" : $"not built in (those are {BuiltIn}); put {language}.txt into the directory Dsn:Templates";
        return false;
    }

    /// <summary>A text with its placeholders filled in; those without a value stay empty.</summary>
    public string Text(string name, IReadOnlyDictionary<string, string> values) => Braces().Replace(_texts[name], found => values.GetValueOrDefault(found.Groups[1].Value, ""));

    /// <summary>The language the message asks for among those there are, else the first: Accept-Language (RFC 3282) before Content-Language.</summary>
    public static DsnTemplate Choose(IReadOnlyList<DsnTemplate> templates, HeaderFile message)
    {
        foreach (var field in new[] { "Accept-Language", "Content-Language" })
        {
            foreach (var wanted in Wanted(message, field))
            {
                if (templates.FirstOrDefault(t => t.Language.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } exact) return exact;
                if (templates.FirstOrDefault(t => Primary(t.Language).Equals(Primary(wanted), StringComparison.OrdinalIgnoreCase)) is { } near) return near;
            }
        }
        return templates[0];
    }

    private static string BuiltIn => string.Join(", ", typeof(DsnTemplate).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("dsn-", StringComparison.Ordinal)).Select(n => n[4..^4]).Order(StringComparer.Ordinal));

    private static bool TryParse(string language, string file, string content, out DsnTemplate? template, [NotNullWhen(false)] out string? error)
    {
        var texts = new Dictionary<string, string>();
        template = null;
        error = content.Length > MostBytes ? $"{file} is above {MostBytes} bytes" : null;
        var name = "";
        foreach (var line in error is null ? content.ReplaceLineEndings("\n").Split('\n') : [])
        {
            if (line.Length > 2 && line[0] == '[' && line[^1] == ']')
            {
                name = line[1..^1];
                if (!Names.Contains(name)) error ??= $"{file}: no text is named [{name}]; they are {string.Join(", ", Names)}";
                texts[name] = "";
            }
            else if (name.Length > 0) texts[name] += line + "\n";
        }
        foreach (var key in texts.Keys) texts[key] = texts[key].Trim('\n');
        foreach (var needed in Names)
        {
            if (!texts.TryGetValue(needed, out var text) || text.Length == 0) error ??= $"{file}: the text [{needed}] is missing";
            else if (needed.EndsWith("-subject", StringComparison.Ordinal) && text.Contains('\n', StringComparison.Ordinal)) error ??= $"{file}: [{needed}] must be one line";
            else if (Braces().Matches(text).FirstOrDefault(m => !Placeholders.Contains(m.Groups[1].Value)) is { } unknown) error ??= $"{file}: [{needed}] has {unknown.Value}; known are {string.Join(", ", Placeholders)}";
        }
        if (error is null) template = new DsnTemplate(language, texts);
        return error is null;
    }

    // "de-AT, de;q=0.8, *;q=0.1" in the order of preference
    private static IEnumerable<string> Wanted(HeaderFile message, string field)
    {
        var line = message.Headers.FirstOrDefault(h => !h.IsDeleted && h.Is(Encoding.ASCII.GetBytes(field)));
        if (line is null) return [];
        return Encoding.Latin1.GetString(line.Value).Split(',').Select(item => item.Split(';')).Select(parts => (Tag: parts[0].Trim(), Quality: Quality(parts)))
            .Where(w => w.Tag.Length > 0 && w.Quality > 0).OrderByDescending(w => w.Quality).Select(w => w.Tag);
    }

    private static double Quality(string[] parts)
    {
        var q = Array.Find(parts, p => p.Trim().StartsWith("q=", StringComparison.OrdinalIgnoreCase));
        return q is null ? 1 : double.TryParse(q.Trim().AsSpan(2), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    private static string Primary(string tag) => tag.Split('-')[0];

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Braces();
}
