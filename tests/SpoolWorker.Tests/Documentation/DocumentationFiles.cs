using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace SpoolWorker.Tests.Documentation;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the repository.</param>
/// <param name="Language">The word behind the fence; empty: none.</param>
/// <param name="Text">Its lines.</param>
internal sealed record CodeBlock(string Page, string Language, string Text);

/// <summary>The pages of the repository for people, found by listing.</summary>
internal static partial class DocumentationFiles
{
    public static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourceFile())!, "../../.."));

    /// <summary>Pages relative to the repository.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        .. Directory.EnumerateFiles(Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Append(Path.Combine(Root, "spool-samples/README.md")).Select(p => Path.GetRelativePath(Root, p)).Order(StringComparer.Ordinal),
    ];

    public static string Read(string page) => File.ReadAllText(Path.Combine(Root, page));

    /// <summary>A page without its fenced blocks.</summary>
    public static string Prose(string page) => Fence().Replace(Read(page), "");

    public static IEnumerable<CodeBlock> Blocks(string page) => Fence().Matches(Read(page)).Select(m => new CodeBlock(page, m.Groups["language"].Value, m.Groups["text"].Value));

    /// <summary>What stands in backticks outside fenced blocks.</summary>
    public static IEnumerable<string> InlineCode(string page) => Inline().Matches(Prose(page)).Select(m => m.Groups[1].Value.ReplaceLineEndings(" "));

    /// <summary>The anchors a page has, as they are made of its headings.</summary>
    public static IEnumerable<string> Anchors(string page) =>
        Heading().Matches(Prose(page)).Select(m => string.Concat(m.Groups[1].Value.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is '-' or '_' or ' ')).Replace(' ', '-'));

    private static string SourceFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
