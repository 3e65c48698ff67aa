using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Rules;

public class ConditionTests
{
    private static readonly RuleNames Names = RuleNames.At(ResultNamesTests.Place("rules", "authenticate,dsn-info,rules"));

    [Theory]
    [InlineData("spf_result = fail", true)]
    [InlineData("spf_result=pass:fail", true)]
    [InlineData("spf_result=pass : !pass", true)]
    [InlineData("spf_result=!fail", false)]
    [InlineData("spf_result=!fail:fail", true)]
    [InlineData("spf_result != fail", false)]
    [InlineData("spf_result = FAIL", true)]
    [InlineData("spf_result = err_perm", false)]
    [InlineData("dmarc_result = err_temp", true)]
    [InlineData("dkim_result", false)]
    [InlineData("dkim_result = ''", true)]
    [InlineData("spf_result", true)]
    [InlineData("not spf_result", false)]
    [InlineData("sender_domain = *.example", true)]
    [InlineData("sender_domain = example", false)]
    [InlineData("sender = 'joe@mail.example'", true)]
    [InlineData("sender ~ ^JOE@", true)]
    [InlineData("sender !~ ^joe@", false)]
    [InlineData("host_address = '2001:db8::1'", true)]
    [InlineData("size > 1K", true)]
    [InlineData("size > 2K or size <= 3", false)]
    [InlineData("acl_m_flag and h_subject ~ 'hello world'", true)]
    [InlineData("h_received = *two*", true)]
    [InlineData("h_missing", false)]
    [InlineData("spf_result = pass or spf_result = fail and dmarc_result = pass", false)]
    [InlineData("(spf_result = pass or spf_result = fail) and (dmarc_result = temperror)", true)]
    [InlineData("not (spf_result = pass) and not dkim_result", true)]
    [InlineData("attempt >= 3", true)]
    [InlineData("dsn_info = '* of 2 recipients'", true)]
    [InlineData("sender = JOE*.exam*", true)]
    [InlineData("sender = *joe*joe*", false)]
    [InlineData("sender = joe@mail.example*joe@mail.example", false)]
    [InlineData("sender = *", true)]
    [InlineData("h_broken = 'two words'", true)]
    public void Holds(string text, bool expected)
    {
        Condition.TryParse(text, Names, out var condition, out var error).Should().BeTrue(error);
        condition!.Matches(Message()).Should().Be(expected);
    }

    [Theory]
    [InlineData("", "at character 1: a name must stand here")]
    [InlineData("spf_reslt = fail", "at character 1: 'spf_reslt' is no name. Known: sender*")]
    [InlineData("spf_result =", "at character 13: a value must stand here*")]
    [InlineData("spf_result = fail dmarc_result", "at character 19: 'and', 'or' or the end*")]
    [InlineData("(spf_result", "at character 12: ')' must stand here")]
    [InlineData("sender ~ '('", "at character 10: *")]
    [InlineData("sender = 'x", "at character 10: the ' is not closed")]
    [InlineData("size > big", "at character 8: a number*")]
    [InlineData("sender ~ '(a+)+\\1$'", "at character 10: the pattern (a+)+\\1$ needs backtracking*")]
    [InlineData("sender ~ '^(?!joe@)'", "at character 10: the pattern*")]
    [InlineData("sender ~ '(a{1000}){1000}'", "at character 10: the pattern*")]
    public void SaysWhereItIsWrong(string text, string expected)
    {
        Condition.TryParse(text, Names, out _, out var error).Should().BeFalse();
        error.Should().Match(expected);
    }

    [Fact]
    public void DepthIsBounded()
    {
        Condition.TryParse(new string('(', 100_000) + "sender", Names, out _, out var error).Should().BeFalse();
        error.Should().Contain("more than 100");
        Condition.TryParse(string.Concat(Enumerable.Repeat("not ", 100_000)) + "sender", Names, out _, out error).Should().BeFalse();
    }

    [Fact]
    public void A_condition_of_any_length_takes_no_stack()
    {
        foreach (var word in new[] { "and", "or" })
        {
            Condition.TryParse(string.Join($" {word} ", Enumerable.Repeat("spf_result = fail", 400_000)), Names, out var condition, out var error).Should().BeTrue(error);
            condition!.Matches(Message()).Should().BeTrue();
            condition.AsksRecipient.Should().BeFalse();
        }
        Condition.TryParse(string.Join(" and ", Enumerable.Repeat("sender ~ x", 1001)), Names, out _, out var tooMany).Should().BeFalse();
        tooMany.Should().EndWith("more than 1000 patterns");
    }

    [Fact]
    public void A_pattern_that_backtracking_would_take_ages_for_answers()
    {
        Condition.TryParse("h_subject ~ '^(a+)+$' or h_subject ~ '(x+x+)+y'", Names, out var condition, out var error).Should().BeTrue(error);
        condition!.Matches(Message($"Subject: {new string('a', 50_000)}{new string('x', 50_000)}!\n")).Should().BeFalse();
        condition.Matches(Message($"Subject: {new string('a', 50_000)}\n")).Should().BeTrue();
    }

    [Fact]
    public async Task What_patterns_have_no_time_for_is_held_and_not_let_through()
    {
        var rules = new RulesOptions { List = [new RuleOptions { When = "h_subject ~ worm", Then = PolicyAction.Discard }] };
        (await new RulesPass(rules).RunAsync(Message(), CancellationToken.None)).Disposition.Kind.Should().Be(DispositionKind.Continue);
        var late = await new RulesPass(rules, TimeSpan.Zero).RunAsync(Message(), CancellationToken.None);
        late.Disposition.Kind.Should().Be(DispositionKind.Hold);
        late.Disposition.Reason.Should().StartWith("rules: the patterns of the conditions took longer than ");
    }

    [Fact]
    public void Header_lines_are_searched_once_for_all_recipients()
    {
        Condition.TryParse("recipient = * and h_subject ~ hello", Names, out var condition, out _).Should().BeTrue();
        // A clock of one tick has time for the first question only.
        var clock = new PatternClock(TimeSpan.FromTicks(1));
        var message = Message();
        for (var i = 0; i < 100; i++) condition!.Matches(message, message.Recipients[i % 2], clock).Should().BeTrue();
    }

    [Fact]
    public async Task RecipientsAreJudgedOneByOne()
    {
        var pass = new RulesPass(new RulesOptions
        {
            List =
            [
                new RuleOptions { When = "spf_result = fail", Then = PolicyAction.Tag, Header = "X-Suspect: yes" },
                new RuleOptions { When = "recipient_domain = a.example", Then = PolicyAction.Hold, Reason = "a is watched" },
                new RuleOptions { When = "recipient", Then = PolicyAction.Accept },
                new RuleOptions { When = "sender", Then = PolicyAction.Discard },
            ],
        });
        var result = await pass.RunAsync(Message(), CancellationToken.None);
        result.Headers.Should().ContainSingle().Which.Should().BeOfType<HeaderEdit.AddAtEnd>();
        result.Recipients.Select(r => (Encoding.ASCII.GetString(r.Recipient.Span), r.Disposition.Kind, r.Disposition.Reason)).Should().Equal(
            ("x@a.example", DispositionKind.Hold, "a is watched"), ("y@b.example", DispositionKind.Continue, ""));
    }

    [Fact]
    public void FaultsNameKeyAndValue() =>
        RulesPass.Faults(new RulesOptions { List = [new RuleOptions { When = "x" }, new RuleOptions { When = "recipient", Then = PolicyAction.Tag, Header = "no line" }] }, ResultNamesTests.Place("rules", "rules"))
            .Should().SatisfyRespectively(f => f.Should().StartWith("List:0:When = 'x': at character 1"), f => f.Should().StartWith("List:1:Then = 'tag'"), f => f.Should().StartWith("List:1:Header = 'no line'"));

    private static PassContext Message(string more = "")
    {
        var id = MessageId.TryParse("1xVVht-000477-0i".AsSpan(), out var parsed) ? parsed : default;
        var header = new HeaderFile { Id = id, Login = "exim"u8.ToArray(), Uid = 1, Gid = 1, Sender = "joe@mail.example"u8.ToArray(), ReceivedTime = 1, WarningCount = 0 }
            .WithVariable("host_address", "[2001:db8::1]:25").WithVariable("aclm_flag", "yes")
            .WithRecipients([new Recipient("x@a.example"u8.ToArray()), new Recipient("y@b.example"u8.ToArray())]);
        foreach (var line in new[] { "Subject: Hello\n World\n", "Received: one\n", "Received: by two here\n", more }) header = line.Length == 0 ? header : header.WithHeaderAtEnd(HeaderLine.Create(line));
        header = header with { Headers = header.Headers.Add(new HeaderLine(' ', "Broken: two\nwords\n"u8.ToArray())) };
        return new PassContext(header, new MemoryBody(new byte[2000]), header.Recipients, 3, new Dictionary<string, string> { ["spf_result"] = "fail", ["dmarc_result"] = "temperror", ["dsn_info"] = "1 of 2 recipients" }, DateTimeOffset.UnixEpoch);
    }
}
