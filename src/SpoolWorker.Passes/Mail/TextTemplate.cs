// The words of mail that the worker itself writes, one file a language, all of it: nothing in the code is in any language. A file gives texts by
// name, `[failed]` and so on, with placeholders in braces. TryLoad refuses a file with a text missing, a name or a
// placeholder nobody knows, so that a mistake shows at the start and not in a stranger's mailbox.
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

#pragma warning disable RS0030 // reads the operator's texts and our own, which are UTF-8

namespace SpoolWorker.Passes.Mail;

/// <summary>What texts there are of one sort of mail.</summary>
/// <param name="BuiltIn">What the names of the built-in files begin with: <c>dsn-</c>.</param>
/// <param name="Key">The setting with the operator's directory.</param>
/// <param name="Names">All of its texts; those that end with <c>-subject</c> are one line.</param>
/// <param name="Placeholders">What may stand in braces.</param>
public sealed record TextTemplateKind(string BuiltIn, string Key, IReadOnlyList<string> Names, IReadOnlyList<string> Placeholders);

/// <summary>The texts of one language.</summary>
public sealed partial class TextTemplate
{
    // Texts are a few lines; what is larger is some other file.
    private const int MostBytes = 256 * 1024;
    private readonly Dictionary<string, string> _texts;

    private TextTemplate(string language, Dictionary<string, string> texts)
    {
        Language = language;
        _texts = texts;
    }

    /// <summary>Its language tag (RFC 5646), the name of its file.</summary>
    public string Language { get; }

    /// <summary>Reads a language's file from a directory, or the built-in one.</summary>
    public static bool TryLoad(TextTemplateKind kind, string directory, string language, [NotNullWhen(true)] out TextTemplate? template, [NotNullWhen(false)] out string? error)
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
            if (File.Exists(file)) return TryParse(kind, language, file, File.ReadAllText(file), out template, out error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
            return false;
        }
        using var builtIn = typeof(TextTemplate).Assembly.GetManifestResourceStream($"{kind.BuiltIn}{language}.txt");
        if (builtIn is not null)
        {
            using var reader = new StreamReader(builtIn, Encoding.UTF8);
            return TryParse(kind, language, "the built-in text", reader.ReadToEnd(), out template, out error);
        }
        error = file.Length > 0 ? $"no file {file}, and none built in; built in are {BuiltIn(kind)}" : $"not built in (those are {BuiltIn(kind)}); put {language}.txt into the directory {kind.Key}";
        return false;
    }

    /// <summary>A text with its placeholders filled in; those without a value stay empty.</summary>
    public string Text(string name, IReadOnlyDictionary<string, string> values) => Braces().Replace(_texts[name], found => values.GetValueOrDefault(found.Groups[1].Value, ""));

    private static string BuiltIn(TextTemplateKind kind) =>
        string.Join(", ", typeof(TextTemplate).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(kind.BuiltIn, StringComparison.Ordinal)).Select(n => n[kind.BuiltIn.Length..^4]).Order(StringComparer.Ordinal));

    private static bool TryParse(TextTemplateKind kind, string language, string file, string content, out TextTemplate? template, [NotNullWhen(false)] out string? error)
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
                if (!kind.Names.Contains(name)) error ??= $"{file}: no text is named [{name}]; they are {string.Join(", ", kind.Names)}";
                texts[name] = "";
            }
            else if (name.Length > 0) texts[name] += line + "\n";
        }
        foreach (var key in texts.Keys) texts[key] = texts[key].Trim('\n');
        foreach (var needed in kind.Names)
        {
            if (!texts.TryGetValue(needed, out var text) || text.Length == 0) error ??= $"{file}: the text [{needed}] is missing";
            else if (needed.EndsWith("-subject", StringComparison.Ordinal) && text.Contains('\n', StringComparison.Ordinal)) error ??= $"{file}: [{needed}] must be one line";
            else if (Braces().Matches(text).FirstOrDefault(m => !kind.Placeholders.Contains(m.Groups[1].Value)) is { } unknown) error ??= $"{file}: [{needed}] has {unknown.Value}; known are {string.Join(", ", kind.Placeholders)}";
        }
        if (error is null) template = new TextTemplate(language, texts);
        return error is null;
    }

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Braces();
}
