using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Results as $acl_m_NAME in -H (Results:Write).</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed partial class ResultVariableTests : IAsyncLifetime
{
    private static readonly NamedResult Word = new("dcc_result", "A letter") { IsOwnWord = true };
    private static readonly NamedResult Text = new("dcc_header", "A header");
    private readonly EngineRig _rig = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task What_was_asked_for_goes_on_with_the_message_and_a_strangers_text_is_marked()
    {
        _rig.Settings.Results.Write = ["dcc_*", "spf_result"];
        With(("dcc_result", "S"), ("dcc_header", "X-DCC-x: bulk"), ("dmarc_result", "pass"));
        new PairFactory { Recipients = ["a@b.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        var header = EngineRig.Pairs(_rig.Target).Single().Header;
        Line(header, "_dcc_result").Should().Be("-aclm _dcc_result 1\nS\n");
        Line(header, "_dcc_header").Should().Be("--aclm _dcc_header 13\nX-DCC-x: bulk\n");
        header.AclVariable('m', "_dmarc_result").Should().BeNull();
        header.AclVariable('m', "_spf_result").Should().BeNull("it was not found");
    }

    [Fact]
    public async Task What_is_held_has_them_too()
    {
        _rig.Settings.Results.Write = ["dcc_result"];
        With(("dcc_result", "R"));
        _rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold("bulk"))));
        new PairFactory { Recipients = ["a@b.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        Line(EngineRig.Pairs(_rig.Held).Single().Header, "_dcc_result").Should().Be("-aclm _dcc_result 1\nR\n");
    }

    [Theory]
    [InlineData("pass", false)]
    [InlineData("ok, not-needed", false)]
    [InlineData("p/../ass", true)]
    [InlineData("${run{x}}", true)]
    public void A_word_with_other_characters_is_marked_all_the_same(string value, bool tainted) => Added("dcc_result", value).Tainted.Should().Be(tainted);

    [Theory]
    [InlineData("a\nb", "a b")]
    [InlineData("a\r\n\tb\n", "a \n\tb")]
    [InlineData("a\0\u001b[2Jb", "a  [2Jb")]
    [InlineData("gr\u00fcn", "gr\u00fcn")]
    [InlineData("gr\u00c3\u00bcn", "gr\u00fcn")]
    [InlineData("\u20ac\u00fc", "\u20ac\u00fc")]
    [InlineData("", "")]
    public void Values_are_UTF8_and_begin_no_line_of_their_own(string value, string expected) => Encoding.UTF8.GetString(Added("dcc_header", value).Value.Span).Should().Be(expected);

    [Fact]
    public void What_Exim_could_not_be_asked_for_is_not_written_and_what_is_too_long_is_cut_between_characters()
    {
        var variables = new ResultVariables(["*"], [Word, Text]);
        var header = Plain();
        var results = new Dictionary<string, string> { ["a b"] = "1", ["a\nb"] = "2", [""] = "3", [new string('x', 250)] = "4", [new string('y', 249)] = "5", ["long"] = new string('\u20ac', 30_000) };
        var names = variables.AddTo(header, results).Variables.Where(v => v.IsAcl).ToDictionary(v => v.AclName!);
        names.Keys.Should().BeEquivalentTo("_" + new string('y', 249), "_long");
        names["_long"].Value.Length.Should().Be(65_535, "three bytes each");
    }

    [Fact]
    public void The_mark_is_that_of_the_new_value()
    {
        var header = Plain().WithVariable("aclm_dcc_result", "A", tainted: true).WithVariable("aclm_dcc_header", "x", tainted: false);
        var changed = new ResultVariables(["dcc_*"], [Word, Text]).AddTo(header, new Dictionary<string, string> { ["dcc_result"] = "R", ["dcc_header"] = "y" });
        changed.AclVariable('m', "_dcc_result")!.Tainted.Should().BeFalse();
        changed.AclVariable('m', "_dcc_header")!.Tainted.Should().BeTrue();
    }

    [Fact]
    public void What_no_pass_finds_is_a_fault_that_says_what_is_found()
    {
        var known = CommonOptions.Known();
        ConfigurationLoader.Load(ConfigurationFile.None, ["--Passes:0=dcc", "--Results:Write:0=dcc_*", "--Results:Write:1=spf_result"], known).Faults.Should()
            .ContainSingle(f => f.StartsWith("Results:Write", StringComparison.Ordinal)).Which.Should().Be("Results:Write:1 = 'spf_result': no pass among Passes finds that; found here are: dcc_header, dcc_note, dcc_recipients, dcc_result, dcc_skipped");
        ConfigurationLoader.Load(ConfigurationFile.None, ["--Results:Write=x"], known).Faults.Should().Contain("Results:Write:0 = 'x': no pass among Passes finds that; none of the passes here finds anything");
    }

    [Fact]
    public void All_results_have_names_that_Exim_can_be_asked_for() =>
        CommonOptions.Known().Passes.SelectMany(p => p.Results).Should().OnlyContain(r => EximName().IsMatch(r.Name));

    [GeneratedRegex("^[a-z][a-z0-9_]{0,100}$")]
    private static partial Regex EximName();

    private static HeaderFile Plain()
    {
        var pair = new PairFactory();
        HeaderFileReader.TryRead(pair.HeaderFile, pair.MessageId, out var header, out var error).Should().BeTrue("{0}", error);
        return header!;
    }

    private static SpoolVariable Added(string name, string value) =>
        new ResultVariables(["*"], [Word, Text]).AddTo(Plain(), new Dictionary<string, string> { [name] = value }).AclVariable('m', "_" + name)!;

    // As it stands in the file.
    private static string Line(HeaderFile header, string name)
    {
        var alone = header with { Variables = [header.AclVariable('m', name)!] };
        var file = Encoding.UTF8.GetString(HeaderFileWriter.ToArray(alone));
        var start = file.IndexOf("\n-", StringComparison.Ordinal) + 1;
        return file[start..file.IndexOf("XX\n", start, StringComparison.Ordinal)];
    }

    private void With(params (string Name, string Value)[] results) =>
        _rig.With(new TestPass("found", _ => new PassResult { Results = results.ToDictionary(r => r.Name, r => r.Value) }), results: [Word, Text, new NamedResult("dmarc_result", "x")]);
}
