using SpoolWorker.Passes.Conditions;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Conditions;

/// <summary>What may be asked where.</summary>
public sealed class ConditionNamesTests
{
    private const string Everything = "id and age > 1s and recipients and pending and frozen and place = held and state = held and reason ~ x and pass = dcc and next_try and body_size and size > 1K and attempt and spf_result = fail and recipient = * and h_x and acl_m0";

    [Fact]
    public void Of_the_workers_own_mail_everything_is_known() => Fault(ConditionNames.OfMail(Passes), Everything).Should().BeNull();

    [Theory]
    [InlineData("id and recipient = b and sender = a and age > 4d and reason and state = done", null)]
    [InlineData("frozen", "at character 1: 'frozen' is not known in the audit*")]
    [InlineData("not (pending > 0)", "at character 6: 'pending' is not known in the audit*")]
    [InlineData("place = held", "at character 1: 'place' is not known in the audit*")]
    [InlineData("pass = dcc", "at character 1: 'pass' is not known in the audit*")]
    [InlineData("spf_result = fail", "at character 1: 'spf_result' is what a pass finds, which is not known in the audit*")]
    [InlineData("spf_reslt", "at character 1: 'spf_reslt' is no name; did you mean spf_result?")]
    public void In_the_audit_what_its_rows_do_not_keep_is_refused_by_name(string text, string? expected) => Fault(ConditionNames.OfAudit(Passes), text).Should().Match(f => Fits(f, expected));

    [Theory]
    [InlineData("id and age > 1s and recipients > 1 and pending and recipient = * and h_x and acl_m0 and host_address and not frozen", null)]
    [InlineData("size > 1", "at character 1: 'size' is not known before the first pass, where -H alone is looked at*")]
    [InlineData("sender and body_size", "at character 12: 'body_size' is not known before the first pass*")]
    [InlineData("next_try", "at character 1: 'next_try' is not known before the first pass*")]
    [InlineData("reason = x", "at character 1: 'reason' is not known before the first pass*")]
    [InlineData("attempt = 1", "at character 1: 'attempt' is not known before the first pass*")]
    [InlineData("spf_result = fail", "at character 1: 'spf_result' is what a pass finds, which is not known before the first pass*")]
    [InlineData("spf_reslt", "at character 1: 'spf_reslt' is no name; did you mean spf_result?")]
    public void Before_the_first_pass_results_and_sizes_are_refused_by_name(string text, string? expected) => Fault(ConditionNames.OfHeader(Passes), text).Should().Match(f => Fits(f, expected));

    [Theory]
    [InlineData("size > 1 and place = spool and state = frozen and recipient = a", null)]
    [InlineData("dcc_result = R", "at character 1: 'dcc_result' is what a pass finds, which is not known of a message in another spool. Ask for something else")]
    public void Of_a_strange_spool_no_results_are_known(string text, string? expected) => Fault(ConditionNames.OfPairs(Passes), text).Should().Match(f => Fits(f, expected));

    [Fact]
    public void No_result_is_called_as_a_name_of_the_message() =>
        DeclaredResults.Known.Passes.SelectMany(p => p.Results).Select(r => r.Name).Where(name => NamesOfMessage.Find(name) is not null).Should().BeEmpty("it would hide the result");

    [Fact]
    public void Every_name_is_found_in_the_documentation()
    {
        var page = File.ReadAllText(Path.Combine(Suites.Repository, "docs/conditions.md"));
        NamesOfMessage.All.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Fact]
    public void What_a_condition_needs_is_told()
    {
        Needs("sender and age > 1").Should().Be(ConditionNeeds.Envelope);
        Needs("not (sender or recipient = a and size > 1)").Should().Be(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Body);
        Needs("id = x or age > 1").Should().Be(ConditionNeeds.Id);
        Needs("spf_result or h_x or state = held").Should().Be(ConditionNeeds.Results | ConditionNeeds.Header | ConditionNeeds.Reasons);
    }

    private static ConditionNeeds Needs(string text) => Condition.TryParse(text, ConditionNames.OfMail(Passes), out var condition, out var error) ? condition.Needs : throw new InvalidOperationException(error);

    private static IEnumerable<SpoolWorker.Passes.PassRegistration> Passes() => DeclaredResults.Known.Passes;

    private static string? Fault(ConditionNames names, string text) => Condition.TryParse(text, names, out _, out var error) ? null : error;

    private static bool Fits(string? fault, string? expected) => expected is null ? fault is null : fault is not null && new Wildcard(expected, StringComparison.Ordinal).Matches(fault);
}
