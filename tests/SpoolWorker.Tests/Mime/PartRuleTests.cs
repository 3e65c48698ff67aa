using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Tests.Rules;
using static SpoolWorker.Tests.Mime.MimeRig;

namespace SpoolWorker.Tests.Mime;

/// <summary>Rules about attachments: read once, only when asked for, and what cannot be read is no pass.</summary>
public class PartRuleTests
{
    private const string Unreadable = "Content-Transfer-Encoding: base65\n\nx\n";

    [Theory]
    [InlineData("attachment_name = *.exe", true)]
    [InlineData("attachment_name ~ '\\.(exe|scr)$'", true)]
    [InlineData("attachment_type = application/x-dosexec and not archive_encrypted", true)]
    [InlineData("attachment_size > 1K", false)]
    [InlineData("attachment_size <= 1K", true)]
    [InlineData("archive_member = *.exe", false)]
    [InlineData("mime_error", false)]
    public async Task A_rule_asks_for_attachments(string when, bool holds) =>
        (await Run([when], Body(Attached("a.exe", "MZ"u8.ToArray()))) == DispositionKind.Hold).Should().Be(holds);

    [Fact]
    public async Task What_cannot_be_read_is_held_unless_a_rule_knows_better()
    {
        (await Run(["attachment_name = *.exe"], Body(Unreadable))).Should().Be(DispositionKind.Hold);
        (await Run(["size > 100M"], Body(Unreadable))).Should().Be(DispositionKind.Continue, "nobody asked");
        (await Run(["attachment_name = *.exe", "mime_error = *twice*"], Body(Unreadable))).Should().Be(DispositionKind.Continue, "a rule asks for the error itself");
    }

    [Fact]
    public async Task What_was_not_found_in_an_unreadable_message_is_unknown()
    {
        var accept = new RuleOptions { When = "not attachment_name = *.exe", Then = PolicyAction.Bounce };
        var result = await Result([accept], Body(Unreadable));
        result.Recipients.Should().OnlyContain(r => r.Disposition.Kind == DispositionKind.Hold);
    }

    [Fact]
    public async Task The_body_is_read_once_for_all_rules_and_not_before_it_is_needed()
    {
        var body = new MemoryBody(Body(Attached("a.exe", "MZ"u8.ToArray())));
        await Result([Hold("attachment_name = *.com"), Hold("attachment_type = image/png"), Hold("recipient = nobody@to.example and attachment_size > 5M")], body);
        body.Opened.Should().Be(1);
        var other = new MemoryBody(Body());
        await Result([Hold("size > 1"), Hold("attachment_name = *.com")], other);
        other.Opened.Should().Be(0);
    }

    [Fact]
    public void Only_a_pass_can_ask()
    {
        Condition.TryParse("attachment_name = *.exe", ConditionNames.OfMail(() => []), out _, out var error).Should().BeFalse();
        error.Should().Contain("'attachment_name' is not known of mail that waits");
        Condition.TryParse("attachment_name = *.exe", ConditionNames.At(ResultNamesTests.Place("rules", "rules")), out _, out _).Should().BeTrue();
    }

    private static RuleOptions Hold(string when) => new() { When = when, Then = PolicyAction.Hold };

    private static async Task<DispositionKind> Run(string[] when, string body)
    {
        var result = await Result([.. when.Select(Hold)], body);
        return result.Recipients.Count == 0 ? DispositionKind.Continue : result.Recipients[0].Disposition.Kind;
    }

    private static Task<PassResult> Result(List<RuleOptions> rules, string body) => Result(rules, new MemoryBody(body));

    private static async Task<PassResult> Result(List<RuleOptions> rules, IMessageBody body)
    {
        var message = Message(Mixed).WithRecipients([new SpoolWorker.Spool.Recipient("bob@to.example"u8.ToArray())]);
        return await new RulesPass(new RulesOptions { List = rules }).RunAsync(new PassContext(message, body, message.Recipients, 1, new Dictionary<string, string>(), DateTimeOffset.UnixEpoch), CancellationToken.None);
    }
}
