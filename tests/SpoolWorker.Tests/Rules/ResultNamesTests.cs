using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Rules;

/// <summary>A condition may ask for what can be found when it is asked, and for nothing else.</summary>
public sealed class ResultNamesTests
{
    [Theory]
    [InlineData("spf_result = fail", "authenticate,rules", null)]
    [InlineData("not arc_state", "authenticate,rules,arc-seal", null)]
    [InlineData("dcc_result = R and srs_status = ok and dsn_info", "dcc,srs,dsn-info,rules", null)]
    [InlineData("acl_m_srs_status and h_x_dcc = y", "rules", null)]
    [InlineData("sender and spf_reslt = fail", "authenticate,rules", "at character 12: 'spf_reslt' is no name; did you mean spf_result?")]
    [InlineData("dcc_result = R", "authenticate,rules", "at character 1: 'dcc_result' is never set here: dcc, which finds it, is not among Passes. Name it there, before rules")]
    [InlineData("size > 1 and arc_state = fail", "dcc,rules", "at character 14: 'arc_state' is never set here: arc-seal or authenticate, which finds it, is not among Passes*")]
    [InlineData("arc_seal = sealed", "authenticate,rules,arc-seal", "at character 1: 'arc_seal' is never set here: arc-seal, which finds it, runs behind rules.*")]
    [InlineData("not arc_state", "rules,arc-seal", "at character 5: 'arc_state' is never set here: arc-seal, which finds it, runs behind rules.*")]
    public void A_result_that_cannot_be_there_is_a_fault(string text, string passes, string? expected)
    {
        var faults = RulesPass.Faults(new RulesOptions { List = [new RuleOptions { When = text }] }, Place("rules", passes)).ToList();
        if (expected is null) faults.Should().BeEmpty();
        else faults.Should().ContainSingle().Which.Should().Match($"List:0:When = '{text}': {expected}");
    }

    [Theory]
    [InlineData("spf_result = fail", "authenticate,srs", null)]
    [InlineData("spf_result = fail", "srs,authenticate", "*: authenticate, which finds it, runs behind srs.*")]
    [InlineData("srs_status = ok", "srs", "*: srs itself finds it, after this is asked.*")]
    public void So_it_is_in_the_condition_of_srs(string text, string passes, string? expected)
    {
        var registration = DeclaredResults.Known.Passes.Single(p => p.Name == "srs");
        var options = new SpoolWorker.Passes.Srs.SrsOptions { Condition = text };
        var faults = registration.Faults(options, Place("srs", passes)).Where(f => f.StartsWith("Condition", StringComparison.Ordinal)).ToList();
        if (expected is null) faults.Should().BeEmpty();
        else faults.Should().ContainSingle().Which.Should().Match(expected);
    }

    internal static PassPlace Place(string pass, string order) => new(pass, order.Split(','), DeclaredResults.Known.Passes);
}
