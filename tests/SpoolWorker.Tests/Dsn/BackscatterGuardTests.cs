using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dsn;

/// <summary>Who is told nothing, and why.</summary>
public class BackscatterGuardTests
{
    [Theory]
    [InlineData("List-Id: <l.example>\n", "mail of a list (List-Id)")]
    [InlineData("Precedence: bulk\n", "mail of a list (Precedence: bulk)")]
    [InlineData("Precedence: LIST\n", "mail of a list (Precedence: list)")]
    [InlineData("Precedence: first-class\n", null)]
    [InlineData("Precedence: auto_reply\n", "automatic mail (Precedence: auto_reply)")]
    [InlineData("Auto-Submitted: auto-generated\n", "automatic mail (Auto-Submitted: auto-generated)")]
    [InlineData("Auto-Submitted: (a comment) auto-replied; by=me\n", "automatic mail (Auto-Submitted: auto-replied)")]
    [InlineData("Auto-Submitted: (a \\) in a comment) no\n", null)]
    [InlineData("Auto-Submitted: No\n", null)]
    [InlineData("Auto-Submitted: no; x=y\n", null)]
    [InlineData("Auto-Submitted:\n no\n", null)]
    [InlineData("X-Auto-Response-Suppress: OOF, AutoReply\n", null)]
    [InlineData("X-Auto-Response-Suppress: DR, NDR, RN\n", "automatic mail (X-Auto-Response-Suppress)")]
    [InlineData("X-Auto-Response-Suppress: All\n", "automatic mail (X-Auto-Response-Suppress)")]
    [InlineData("X-Failed-Recipients: a@b.example\n", "automatic mail (X-Failed-Recipients)")]
    [InlineData("Content-Type: multipart/report; report-type=delivery-status\n", "automatic mail (multipart/report)")]
    [InlineData("Content-Type: multipart/mixed\n", null)]
    public void Header_lines(string line, string? reason) =>
        Reason(new PairFactory { MoreHeaders = [line] }).Should().Be(reason);

    [Theory]
    [InlineData("Auto-Submitted: no\n", "Auto-Submitted: auto-generated\n", "automatic mail (Auto-Submitted: auto-generated)")]
    [InlineData("Precedence: first-class\n", "Precedence: bulk\n", "mail of a list (Precedence: bulk)")]
    [InlineData("Precedence: first-class\n", "Precedence: auto_reply\n", "automatic mail (Precedence: auto_reply)")]
    [InlineData("X-Auto-Response-Suppress: OOF\n", "X-Auto-Response-Suppress: NDR\n", "automatic mail (X-Auto-Response-Suppress)")]
    public void Of_several_lines_one_is_enough(string first, string second, string reason) =>
        Reason(new PairFactory { MoreHeaders = [first, second] }).Should().Be(reason);

    [Fact]
    public void Lists_and_programs_can_be_let_through()
    {
        var options = DsnSample.Options(o => (o.SuppressLists, o.SuppressAutomatic) = (false, false));
        foreach (var line in new[] { "List-Id: <l.example>\n", "Precedence: bulk\n", "Auto-Submitted: auto-generated\n" }) Reason(new PairFactory { MoreHeaders = [line] }, options: options).Should().BeNull();
    }

    [Fact]
    public void The_null_sender_never_gets_anything()
    {
        var options = DsnSample.Options(o => (o.SuppressLists, o.SuppressAutomatic, o.SuppressSpf, o.SuppressDmarc) = (false, false, [], []));

        Reason(new PairFactory { Sender = "" }, options: options).Should().Be("null sender");
        Reason(new PairFactory { Options = "-localerror\n" }, options: options).Should().Be("it is a notification itself");
        Reason(new PairFactory { Sender = "MAILER-DAEMON@x.example" }).Should().Be("automatic mail (sender mailer-daemon)");
    }

    [Theory]
    [InlineData("spf_result", "fail", "SPF fail")]
    [InlineData("spf_result", "softfail", null)]
    [InlineData("spf_result", "pass", null)]
    [InlineData("dmarc_result", "fail", "DMARC fail")]
    [InlineData("dmarc_result", "pass", null)]
    [InlineData("dkim_result", "fail", null)]
    public void Failed_authentication(string name, string value, string? reason) =>
        Reason(new PairFactory(), new Dictionary<string, string> { [name] = value }).Should().Be(reason);

    [Fact]
    public void Which_results_count_is_the_operators_choice() =>
        Reason(new PairFactory(), new Dictionary<string, string> { ["spf_result"] = "softfail" }, DsnSample.Options(o => o.SuppressSpf = ["fail", "softfail"])).Should().Be("SPF softfail");

    [Theory]
    [InlineData(DsnAction.Failed, "X-Auto-Response-Suppress: NDR\n", true)]
    [InlineData(DsnAction.Delayed, "X-Auto-Response-Suppress: NDR\n", false)]
    [InlineData(DsnAction.Relayed, "X-Auto-Response-Suppress: DR\n", true)]
    [InlineData(DsnAction.Failed, "X-Auto-Response-Suppress: DR\n", false)]
    public void Each_kind_of_report_has_its_own_word(DsnAction action, string line, bool suppressed) =>
        (BackscatterGuard.ReasonFor(DsnSample.Read(new PairFactory { MoreHeaders = [line] }), new Dictionary<string, string>(), action, DsnSample.Options()) is not null).Should().Be(suppressed);

    private static string? Reason(PairFactory pair, Dictionary<string, string>? results = null, DsnOptions? options = null) =>
        BackscatterGuard.ReasonFor(DsnSample.Read(pair), results ?? [], DsnAction.Failed, options ?? DsnSample.Options());
}
