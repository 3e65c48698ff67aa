using System.Text.RegularExpressions;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Registration;

/// <summary>What passes say of themselves. That they return nothing else, their own tests see: see <see cref="DeclaredResults.AsDeclaredBy"/> and <see cref="WatchedPass"/>.</summary>
public sealed partial class DeclaredResultsTests
{
    private static IEnumerable<NamedResult> All => DeclaredResults.Known.Passes.SelectMany(p => p.Results);

    [Fact]
    public void A_name_is_one_thing_with_one_meaning_whichever_pass_finds_it()
    {
        All.Distinct().Select(r => r.Name).Should().OnlyHaveUniqueItems();
        All.Distinct().Select(r => r.Word).Where(w => w.Length > 0).Should().OnlyHaveUniqueItems();
        All.Should().OnlyContain(r => NameForm().IsMatch(r.Name) && r.Meaning.Length > 0 && !r.Meaning.EndsWith('.') && !r.Meaning.Contains('|'));
    }

    [Theory]
    [InlineData("authenticate", 14)]
    [InlineData("arc-seal", 5)]
    [InlineData("clamd", 4)]
    [InlineData("dcc", 5)]
    [InlineData("dkim-sign", 0)]
    [InlineData("dsn", 0)]
    [InlineData("notices", 0)]
    [InlineData("dsn-info", 1)]
    [InlineData("rules", 2)]
    [InlineData("rspamd", 7)]
    [InlineData("spamd", 7)]
    [InlineData("srs", 6)]
    public void Each_pass_declares_what_it_finds(string pass, int count) => DeclaredResults.Of(pass).Should().HaveCount(count);

    [Fact]
    public void Sources_speak_of_declared_results_only()
    {
        var known = All.Select(r => r.Name).ToHashSet();
        Directory.EnumerateFiles(Path.Combine(Suites.Repository, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => ResultLiteral().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value).Where(name => !known.Contains(name)).Select(name => $"{Path.GetFileName(f)}: {name}")).Should().BeEmpty();
    }

    [Fact]
    public void Features_are_no_steps_of_the_chain()
    {
        DeclaredResults.Known.Passes.Where(p => p.Create is null).Select(p => p.Name).Should().Equal(DsnFeature.Name, "notices");
        typeof(DsnFeature).Should().NotBeAssignableTo<IMessagePass>();
    }

    [Fact]
    public async Task The_log_has_the_short_words_that_passes_declare_in_their_order()
    {
        await using var rig = new EngineRig();
        rig.With(Finding("second", "b_state", "one"), results: [new NamedResult("b_state", "x", "b"), new NamedResult("b_note", "x")]);
        rig.With(Finding("first", "a_state", "two"), results: [new NamedResult("a_state", "x", "a")]);
        rig.With(Finding("third", "c_state", "three"), results: [new NamedResult("c_other", "x", "c")]);
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Log.Count("requeued: 1 recipient b=one a=two; from ").Should().Be(1, rig.Log.All);
    }

    private static TestPass Finding(string pass, string name, string value) => new(pass, _ => new PassResult { Results = new Dictionary<string, string> { [name] = value, ["b_note"] = "n" } });

    [GeneratedRegex("^[a-z]+(_[a-z]+)+$")]
    private static partial Regex NameForm();

    // Of the passes there are; -dsn_ret and its like are options of -H.
    [GeneratedRegex("\"((?:spf|dkim|dmarc|arc|dcc|srs|virus|spamd|rspamd)_[a-z_]+|dsn_info)\"")]
    private static partial Regex ResultLiteral();
}
