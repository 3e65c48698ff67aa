using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Documentation;

/// <summary>What the pages name exists, and what they show is taken.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Pages => [.. DocumentationFiles.Pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string page)
    {
        var lost = new List<string>();
        foreach (var link in Link().Matches(DocumentationFiles.Prose(page)).Select(m => m.Groups[1].Value).Where(l => !l.StartsWith("https://www.exim.org/", StringComparison.Ordinal)))
        {
            var (path, anchor) = link.IndexOf('#', StringComparison.Ordinal) is var hash and >= 0 ? (link[..hash], link[(hash + 1)..]) : (link, "");
            var target = path.Length == 0 ? page : Path.GetRelativePath(DocumentationFiles.Root, Path.GetFullPath(Path.Combine(DocumentationFiles.Root, Path.GetDirectoryName(page)!, path)));
            if (!Path.Exists(Path.Combine(DocumentationFiles.Root, target)) || (anchor.Length > 0 && !DocumentationFiles.Anchors(target).Contains(anchor))) lost.Add(link);
        }
        lost.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Files_of_the_repository_that_are_named_exist(string page)
    {
        var top = Directory.EnumerateDirectories(DocumentationFiles.Root).Select(Path.GetFileName).Append(".ci").ToHashSet();
        DocumentationFiles.InlineCode(page).Concat(DocumentationFiles.Blocks(page).SelectMany(b => b.Text.Split([' ', '\n'])))
            .Where(c => RepositoryPath().IsMatch(c) && top.Contains(c.Split('/')[0]) && !c.Contains("NAME", StringComparison.Ordinal))
            .Where(c => !Path.Exists(Path.Combine(DocumentationFiles.Root, c))).Should().BeEmpty();
    }

    // Flow and states names sources without their folder.
    [Fact]
    public void Source_files_that_are_named_exist()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(DocumentationFiles.Root, "src"), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileName).ToHashSet();
        DocumentationFiles.Pages.SelectMany(DocumentationFiles.InlineCode).Where(c => SourceName().IsMatch(c) && !sources.Contains(c)).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Command_lines_that_are_shown_are_understood(string page)
    {
        var faults = new List<string>();
        foreach (var line in DocumentationFiles.Blocks(page).SelectMany(b => b.Text.Split('\n')).Select(l => CommandInBlock().Match(l)).Where(m => m.Success).Select(m => m.Groups["line"].Value))
        {
            var (arguments, settings) = CommandLine.Split(Words(line));
            var common = new CommonOptions { Settings = settings };
            faults.AddRange(CommandLine.Faults(CommandCatalog.Parse(CommandCatalog.Root(common), arguments), common, arguments).Select(f => $"{line}: {f}"));
        }
        faults.Should().BeEmpty();
    }

    // In prose a command line is often not whole: its command and its options exist.
    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_and_options_that_are_named_exist(string page)
    {
        var root = CommandCatalog.Root(new CommonOptions());
        var faults = new List<string>();
        foreach (var line in DocumentationFiles.InlineCode(page).Where(c => c.StartsWith("spoolworker ", StringComparison.Ordinal)))
        {
            System.CommandLine.Command command = root;
            foreach (var word in Words(line["spoolworker ".Length..]))
            {
                if (command.Subcommands.FirstOrDefault(c => c.Name == word) is { } sub) command = sub;
                else if (command.Subcommands.Count > 0 && char.IsAsciiLetterLower(word[0])) faults.Add($"{line}: no command {word}");
                else if (word.StartsWith("--", StringComparison.Ordinal) && !command.Options.Concat(root.Options).Any(o => o.Name == word) && !word.Contains(':', StringComparison.Ordinal)) faults.Add($"{line}: no option {word}");
            }
        }
        faults.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Configurations_that_are_shown_are_taken(string page)
    {
        var faults = new List<string>();
        var known = CommonOptions.Known();
        foreach (var block in DocumentationFiles.Blocks(page).Where(b => b.Language == "json"))
        {
            using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(block.Text));
            // Its blocks are what the program prints, no configuration.
            if (page == JsonPage.Path)
            {
                System.Text.Json.JsonDocument.Parse(stream).Dispose();
                continue;
            }
            var root = new ConfigurationBuilder().AddJsonStream(stream).Build();
            var reader = new SettingsReader();
            var settings = new Settings();
            reader.Bind(root, settings, new HashSet<string>(known.Within(""), StringComparer.OrdinalIgnoreCase));
            foreach (var pass in known.Passes) known.Bind(root, reader, pass.Section, pass.NewOptions());
            foreach (var section in known.Sections) known.Bind(root, reader, section.Section, section.NewOptions());
            faults.AddRange(reader.Faults.Concat(SettingsValidator.Faults(settings, known.Passes).Where(f => f.StartsWith("Passes", StringComparison.Ordinal))));
        }
        faults.Should().BeEmpty();
    }

    // In a block where its passes say; in a line of text behind all of them.
    [Theory]
    [MemberData(nameof(Pages))]
    public void Rules_that_are_shown_are_taken(string page)
    {
        var passes = CommonOptions.Known().Passes;
        var faults = new List<string>();
        var blocks = page == JsonPage.Path ? [] : DocumentationFiles.Blocks(page).Where(b => b.Language == "json").Select(b => b.Text);
        foreach (var text in blocks.Concat(DocumentationFiles.InlineCode(page).Where(c => c.StartsWith("{ \"When\"", StringComparison.Ordinal)).Select(rule => $"{{ \"Rules\": {{ \"List\": [ {rule} ] }} }}")))
        {
            using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
            var root = new ConfigurationBuilder().AddJsonStream(stream).Build();
            var rules = root.GetSection("Rules").Get<SpoolWorker.Passes.Rules.RulesOptions>() ?? new();
            var order = root.GetSection("Passes").Get<string[]>() ?? [.. passes.Select(p => p.Name).Where(name => name != "rules"), "rules"];
            faults.AddRange(SpoolWorker.Passes.Rules.RulesPass.Faults(rules, new SpoolWorker.Passes.PassPlace("rules", order, passes)));
        }
        faults.Should().BeEmpty();
    }

    [Fact]
    public void Keys_that_are_named_exist()
    {
        var known = ConfigurationPage.All().Select(row => row.Key).Concat(["Logging:Console:FormatterName", "Logging:LogLevel:Default"]).ToHashSet(StringComparer.Ordinal);
        var lost = DocumentationFiles.Pages.Where(p => p != ConfigurationPage.Path).SelectMany(page => DocumentationFiles.InlineCode(page).Select(c => (Page: page, Key: Key().Match(c).Groups[1].Value)))
            .Where(n => n.Key.Length > 0 && !known.Contains(n.Key) && !known.Any(k => k.StartsWith(n.Key + ":", StringComparison.Ordinal)));
        lost.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Results_that_are_named_exist(string page)
    {
        var known = CommonOptions.Known().Passes.SelectMany(p => p.Results).Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        DocumentationFiles.InlineCode(page).Concat(DocumentationFiles.Blocks(page).Select(b => b.Text)).SelectMany(c => Result().Matches(c)).Select(m => m.Value).Where(name => !known.Contains(name)).Should().BeEmpty();
    }

    /// <summary>Words as a shell has them, up to a comment, a pipe or a redirection; in --help a comment stands behind several blanks.</summary>
    private static string[] Words(string line) => [.. ShellWord().Matches(Ending().Split(line)[0]).Select(m => m.Value.Replace("'", "", StringComparison.Ordinal))];

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^\w+\.cs$")]
    private static partial Regex SourceName();

    [GeneratedRegex(@"^\.?[\w.-]+(/[\w.-]+)+/?$")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"(^|[|] )\s*(spoolworker|dotnet run --project src/SpoolWorker --) (?<line>[a-z](?!.*\[options\]).*)$")]
    private static partial Regex CommandInBlock();

    [GeneratedRegex(@" [#|<]|\s>{1,2}\s|\s{3,}")]
    private static partial Regex Ending();

    [GeneratedRegex(@"('[^']*'|[^\s'])+")]
    private static partial Regex ShellWord();

    // What a pass's or a method's name begins; not what Exim has, such as $acl_m_srs_status and srs_encode.
    [GeneratedRegex(@"(?<![\w$])(spf|dkim|dmarc|arc|dcc|srs|dsn|virus|spamd|rspamd|rules)_(?!encode\b|ret\b|envid\b|tld\b|proxy\b)[a-z][a-z_]*\b")]
    private static partial Regex Result();

    [GeneratedRegex(@"^([A-Z][A-Za-z]+(:[A-Z][A-Za-z]*)+)\b")]
    private static partial Regex Key();
}
