// What the shape of the code promises: a newcomer finds a thing by its folder, and may read a folder without those above it.
using FluentAssertions;
using Xunit;

namespace SpoolWorker.Tests.Architecture;

public sealed class ArrowTests
{
    // Agreed: the model of the spool files, and one file a command, may stay flat.
    private static readonly string[] Flat = ["SpoolWorker.Spool", "SpoolWorker.Commands"];

    private const int MostFiles = 15;

    [Fact]
    public void A_namespace_is_its_folder() =>
        SourceTree.Files.Where(f => f.Namespace != f.Folder).Select(f => $"{f.Path}: {f.Namespace}").Should().BeEmpty();

    [Fact]
    public void Projects_point_one_way()
    {
        string[] order = ["SpoolWorker.Spool", "SpoolWorker.Passes", "SpoolWorker"];
        int Rank(string folder) => Array.FindIndex(order, p => folder == p || folder.StartsWith(p + ".", StringComparison.Ordinal));
        SourceTree.Arrows().Where(a => Rank(a.To) > Rank(a.From)).Should().BeEmpty();
    }

    [Fact]
    public void What_serves_http_knows_nothing_of_mail() =>
        SourceTree.Arrows().Where(a => a.From == "SpoolWorker.Http" && a.To != "SpoolWorker.Spool").Should().BeEmpty();

    [Fact]
    public void Commands_are_a_door_that_nobody_else_goes_through()
    {
        static bool IsDoor(string folder) => folder == "SpoolWorker.Commands" || folder.StartsWith("SpoolWorker.Commands.", StringComparison.Ordinal);
        // Program.cs parses the command line.
        SourceTree.Arrows().Where(a => IsDoor(a.To) && !IsDoor(a.From) && a.From != "SpoolWorker").Should().BeEmpty();
    }

    [Fact]
    public void No_folders_use_each_other_in_a_circle() => Circles().Should().BeEmpty();

    [Fact]
    public void No_two_types_have_one_name() =>
        SourceTree.Files.SelectMany(f => f.Types.Distinct().Select(type => (type, f.Folder))).Distinct().GroupBy(t => t.type).Where(g => g.Count() > 1).Select(g => string.Join(", ", g)).Should().BeEmpty();

    [Fact]
    public void A_folder_has_few_files() =>
        SourceTree.Files.GroupBy(f => f.Folder).Where(g => g.Count() > MostFiles && !Flat.Contains(g.Key)).Select(g => $"{g.Key}: {g.Count()} files").Should().BeEmpty();

    [Fact]
    public void The_arrows_are_seen_at_all() => SourceTree.Arrows().Select(a => (a.From, a.To)).Should().Contain(("SpoolWorker.Engine", "SpoolWorker.Engine.Commit"))
        .And.Contain(("SpoolWorker.Commands", "SpoolWorker.Operations.Checks"))
        .And.Contain(("SpoolWorker.Passes.Dkim", "SpoolWorker.Passes.Signing.Keys")).And.Contain(("SpoolWorker.Hosting", "SpoolWorker.Engine"));

    // Every arrow from whose head a way leads back to its tail.
    private static List<string> Circles()
    {
        var arrows = SourceTree.Arrows();
        var heads = arrows.ToLookup(a => a.From, a => a.To);
        var reach = arrows.Select(a => a.From).Distinct().ToDictionary(f => f, f => Reachable(heads, f));
        return [.. arrows.Where(a => reach.TryGetValue(a.To, out var back) && back.Contains(a.From)).Select(a => $"{a.From} -> {a.To}: {a.By}").Distinct().Order(StringComparer.Ordinal)];
    }

    private static HashSet<string> Reachable(ILookup<string, string> heads, string from)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var at))
        {
            foreach (var next in heads[at])
            {
                if (seen.Add(next)) open.Push(next);
            }
        }
        return seen;
    }
}
