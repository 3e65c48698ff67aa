using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Rules;

namespace SpoolWorker.Tests.Conditions;

public class ConditionTests
{
    private static readonly ConditionNames Names = ConditionNames.At(ResultNamesTests.Place("rules", "authenticate,dsn-info,rules"));

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
    [InlineData("size > 3K or size <= 3", false)]
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
    [InlineData("id = 1xVVht-000477-0i", true)]
    [InlineData("id = 1xvvht-000477-0i", false)]
    [InlineData("sender and id = *-0i", true)]
    [InlineData("age = 119s and age = 119", true)]
    [InlineData("age > 1m and age < 2m and age >= 0.0005d", true)]
    [InlineData("recipients = 2 and pending = 2", true)]
    [InlineData("recipients > 1 and not recipients > 2", true)]
    // 2000 of body, 99 of header lines, and the empty line between them
    [InlineData("body_size = 2000 and size = 2100", true)]
    [InlineData("body_size >= 1.9K and body_size < 2K and size > 2k and size < 3m", true)]
    [InlineData("tls_cipher = *AES*", true)]
    [InlineData("localerror and localerror = 1", true)]
    [InlineData("frozen", false)]
    [InlineData("spam_score > -2 and spam_score < -1.1", true)]
    [InlineData("interface_address = 192.0.2.1", true)]
    [InlineData("originator_login = exim and originator_uid = 1", true)]
    [InlineData("N or manual_thaw or dsn_ret", false)]
    [InlineData("h_utf = 'GRÜN' and h_utf ~ grün", true)]
    [InlineData("h_latin = gr\u00fcn", true)]
    public void Holds(string text, bool expected)
    {
        Condition.TryParse(text, Names, out var condition, out var error).Should().BeTrue(error);
        condition!.Matches(Message()).Should().Be(expected);
    }

    [Theory]
    [InlineData("", "at character 1: a name must stand here")]
    [InlineData("spf_reslt = fail", "at character 1: 'spf_reslt' is no name; did you mean spf_result?")]
    [InlineData("spf_result =", "at character 13: a value must stand here*")]
    [InlineData("spf_result = fail dmarc_result", "at character 19: 'and', 'or' or the end*")]
    [InlineData("(spf_result", "at character 12: ')' must stand here")]
    [InlineData("sender ~ '('", "at character 10: *")]
    [InlineData("sender = 'x", "at character 10: the ' is not closed")]
    [InlineData("size > big", "at character 8: a number must stand here, as in 100 or 10M")]
    [InlineData("size > 5d", "at character 8: 'd' is no unit of bytes, which size is: 10K, 2M or 1G")]
    [InlineData("size > NaN", "at character 8: a number*")]
    [InlineData("size > 1e999", "at character 8: a number*")]
    [InlineData("size > -1", "at character 8: size is never below 0")]
    [InlineData("age > -5m", "at character 7: age is never below 0")]
    [InlineData("age > 5M", "at character 7: 'M' is no unit of time, which age is: 90s, 5m, 2h or 4d")]
    [InlineData("age = soon", "at character 7: a number must stand here, as in 90s, 5m, 2h or 4d")]
    [InlineData("recipients > 3K", "at character 14: recipients is a count and has no unit")]
    [InlineData("acl_m_x > 5m", "at character 11: 5m may be minutes or megabytes: say 5M, or the seconds")]
    [InlineData("acl_m_x > 5y", "at character 11: 'y' is no unit: K, M, G for bytes, s, h, d for times")]
    [InlineData("sender == a", "at character 8: '=' stands alone here")]
    [InlineData("sender =~ a", "at character 8: a pattern stands behind '~' alone")]
    [InlineData("$sender = a", "at character 1: a name must stand here, without $")]
    [InlineData("sender\0 = a", "at character 7: a NUL character stands here")]
    [InlineData("\0", "at character 1: a name must stand here")]
    [InlineData("sender and", "at character 11: a name must stand here")]
    [InlineData("sender_address = a", "at character 1: 'sender_address' is called sender here")]
    [InlineData("message_size > 1", "at character 1: 'message_size' is called size here")]
    [InlineData("recipiant = a", "at character 1: 'recipiant' is no name; did you mean recipient*")]
    [InlineData("tls_ciper", "at character 1: 'tls_ciper' is no name; did you mean tls_cipher?")]
    [InlineData("h_", "at character 1: 'h_' is no whole name; header lines are h_subject*")]
    [InlineData("xq", "at character 1: 'xq' is no name. Names are sender, *docs/conditions.md")]
    [InlineData("state = held", "at character 1: 'state' is not known in a pass. Ask for something else: sender, age, a header line")]
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
        late.Disposition.Reason.Should().StartWith("the patterns of the conditions took longer than ");
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

    // Kleene: unknown is neither, and what does not hang on it is as ever. spf_result is fail; what dcc_result would have been is unknown.
    [Theory]
    [InlineData("dcc_result", false)]
    [InlineData("not dcc_result", false)]
    [InlineData("dcc_result = accept", false)]
    [InlineData("dcc_result != accept", false)]
    [InlineData("dcc_result = ''", false)]
    [InlineData("dcc_result ~ a", false)]
    [InlineData("dcc_result !~ a", false)]
    [InlineData("dcc_result >= 0", false)]
    [InlineData("not not dcc_result", false)]
    [InlineData("spf_result = fail and dcc_result", false)]
    [InlineData("spf_result = fail and not dcc_result", false)]
    [InlineData("spf_result = pass and dcc_result", false)]
    [InlineData("not (spf_result = pass and dcc_result)", true)]
    [InlineData("not (dcc_result and spf_result = pass)", true)]
    [InlineData("not (spf_result = fail and dcc_result)", false)]
    [InlineData("spf_result = fail or dcc_result", true)]
    [InlineData("dcc_result or spf_result = fail", true)]
    [InlineData("spf_result = pass or dcc_result", false)]
    [InlineData("not (spf_result = pass or dcc_result)", false)]
    [InlineData("not (spf_result = fail or dcc_result)", false)]
    [InlineData("dcc_result or not dcc_result", false)]
    [InlineData("spf_result = fail", true)]
    [InlineData("not dmarc_policy", true)]
    public void What_a_skipped_pass_would_have_found_is_unknown_and_not_unset(string text, bool expected)
    {
        Condition.TryParse(text, ConditionNames.Checked, out var condition, out var error).Should().BeTrue(error);
        condition!.Matches(Message() with { Unknown = new HashSet<string> { "dcc_result" } }).Should().Be(expected);
    }

    [Fact]
    public void FaultsNameKeyAndValue() =>
        RulesPass.Faults(new RulesOptions { List = [new RuleOptions { When = "x" }, new RuleOptions { When = "recipient", Then = PolicyAction.Tag, Header = "no line" }] }, ResultNamesTests.Place("rules", "rules"))
            .Should().SatisfyRespectively(f => f.Should().StartWith("List:0:When = 'x': at character 1"), f => f.Should().StartWith("List:1:Header = 'no line'"));

    private static PassContext Message(string more = "")
    {
        var id = MessageId.TryParse("1xVVht-000477-0i".AsSpan(), out var parsed) ? parsed : default;
        var header = new HeaderFile { Id = id, Login = "exim"u8.ToArray(), Uid = 1, Gid = 1, Sender = "joe@mail.example"u8.ToArray(), ReceivedTime = 1, WarningCount = 0 }
            .WithVariable("host_address", "[2001:db8::1]:25").WithVariable("interface_address", "192.0.2.1.25").WithVariable("tls_cipher", "TLS1.3:AES:256").WithFlag("localerror").WithVariable("spam_score", "-1.5").WithVariable("aclm_flag", "yes")
            .WithRecipients([new Recipient("x@a.example"u8.ToArray()), new Recipient("y@b.example"u8.ToArray())]);
        foreach (var line in new[] { "Subject: Hello\n World\n", "Received: one\n", "Received: by two here\n", more }) header = line.Length == 0 ? header : header.WithHeaderAtEnd(HeaderLine.Create(line));
        header = header with
        {
            Headers = header.Headers.Add(new HeaderLine(' ', "Broken: two\nwords\n"u8.ToArray())).Add(new HeaderLine(' ', "Utf: gr\u00fcn\n"u8.ToArray())).Add(new HeaderLine(' ', Encoding.Latin1.GetBytes("Latin: gr\u00fcn\n")))
                .Add(new HeaderLine('*', "Deleted: and not counted\n"u8.ToArray())),
        };
        return new PassContext(header, new MemoryBody(new byte[2000]), header.Recipients, 3, new Dictionary<string, string> { ["spf_result"] = "fail", ["dmarc_result"] = "temperror", ["dsn_info"] = "1 of 2 recipients" }, DateTimeOffset.UnixEpoch.AddSeconds(120));
    }
}
