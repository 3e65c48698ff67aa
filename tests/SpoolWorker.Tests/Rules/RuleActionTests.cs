using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dcc;
using SpoolWorker.Tests.Registration;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Rules;

/// <summary>What a rule can have done: several things at once, each for whom it holds alone.</summary>
public sealed class RuleActionTests
{
    private static readonly string[] Three = ["a@r.example", "b@r.example", "c@lab.example"];

    private static RuleOptions Tag(string when, Action<RuleOptions>? more = null)
    {
        var rule = new RuleOptions { When = when, Then = PolicyAction.Tag };
        more?.Invoke(rule);
        return rule;
    }

    private static async Task<PassResult> ResultOf(PassContext context, params RuleOptions[] rules)
    {
        var options = new RulesOptions { List = [.. rules] };
        RulesPass.Faults(options, ResultNamesTests.Place("rules", "rules")).Should().BeEmpty();
        return (await new RulesPass(options).RunAsync(context, CancellationToken.None)).AsDeclaredBy("rules");
    }

    private static async Task<string[]> LinesOf(string[] headers, params RuleOptions[] rules)
    {
        var context = Message(headers: headers);
        return Lines(await ResultOf(context, rules), context);
    }

    private static string[] Copies(PassResult result) =>
        [.. result.Envelope.OfType<EnvelopeEdit.AddCopy>().Select(c => $"{DccScene.Text(c.Address)} of {string.Join(' ', c.Of.Select(DccScene.Text))}")];

    [Fact]
    public async Task One_rule_does_all_of_them()
    {
        var context = Message(headers: ["X-Spam-Flag: NO\n", "x-spam-score: 0\n", "X-Spammer: me\n", "Subject: a test\n"]);
        var result = await ResultOf(context, Tag("sender", r => (r.HeaderRemove, r.Header, r.Subject, r.Redirect, r.CopyTo) = (["X-Spam-*"], "X-Spam-Flag: YES", "[SPAM]", "junk@r.example", "abuse@r.example")));

        Lines(result, context).Should().Equal("X-Spammer: me\n", "X-Spam-Flag: YES\n", "Subject: [SPAM] a test\n");
        Redirected(result).Should().Equal("a@r.example junk@r.example");
        Copies(result).Should().Equal("abuse@r.example of a@r.example");
        Kinds(result, context).Should().Equal("a@r.example continue");
        result.Results["rules_result"].Should().Be("header_remove,tag,subject_tag,redirect,copy_to");
    }

    [Fact]
    public async Task What_holds_for_one_recipient_is_done_for_him_alone_and_he_goes_apart()
    {
        RuleOptions[] rules = [Tag("recipient = b@r.example", r => r.Subject = "[B]"), Tag("sender", r => r.Header = "X-All: yes"), new() { When = "recipient_domain = lab.example", Then = PolicyAction.Hold }];
        var first = Message(recipients: Three);
        var result = await ResultOf(first, rules);
        Kinds(result, first).Should().Equal("a@r.example continue", "b@r.example defer", "c@lab.example hold");
        result.Recipients.Single(r => r.Disposition.IsTurn).Disposition.NextTry.Should().Be(first.Now, "the turn comes at once");
        Lines(result, first).Should().Contain("X-All: yes\n").And.Contain("Subject: a test\n\tfolded\n");
        result.Results["rules_recipients"].Should().Be("tag 2, hold 1");

        var second = Message(recipients: ["b@r.example"]);
        Lines(await ResultOf(second, rules), second).Should().Contain("X-All: yes\n").And.Contain("Subject: [B] a test\n\tfolded\n");
    }

    [Fact]
    public async Task Whom_a_rule_has_decided_about_no_later_one_does_anything_for()
    {
        var context = Message(recipients: Three);
        var result = await ResultOf(context, new RuleOptions { When = "recipient_domain = lab.example" }, new RuleOptions { When = "sender", Then = PolicyAction.Discard, CopyTo = "abuse@r.example" });
        Kinds(result, context).Should().Equal("a@r.example discard", "b@r.example discard", "c@lab.example continue");
        Copies(result).Should().Equal("abuse@r.example of a@r.example b@r.example");
    }

    [Fact]
    public async Task The_first_address_counts_and_one_copy_is_enough()
    {
        var context = Message(recipients: Three);
        var result = await ResultOf(context, Tag("recipient = a@*", r => r.Redirect = "first@r.example"), Tag("sender", r => (r.Redirect, r.CopyTo) = ("second@r.example", "abuse@r.example")),
            Tag("sender", r => r.CopyTo = "ABUSE@r.example"), Tag("recipient = c@*", r => r.CopyTo = "lab@r.example"));
        Redirected(result).Should().Equal("a@r.example first@r.example", "b@r.example second@r.example", "c@lab.example second@r.example");
        Copies(result).Should().HaveCount(2).And.Contain("lab@r.example of c@lab.example");
    }

    [Fact]
    public async Task No_rule_is_asked_about_one_who_only_gets_a_copy_and_he_goes_with_those_whose_turn_it_is()
    {
        var context = Message(recipients: Three);
        context = context with { Copies = new HashSet<ReadOnlyMemory<byte>>([context.Recipients[0].Address], BytesComparer.Instance) };
        var result = await ResultOf(context, new RuleOptions { When = "sender", Then = PolicyAction.Discard });
        Kinds(result, context).Should().Equal("a@r.example continue", "b@r.example discard", "c@lab.example discard");
        var alone = context with { Recipients = [context.Recipients[0]] };
        (await ResultOf(alone, new RuleOptions { When = "sender", Then = PolicyAction.Discard })).Should().BeSameAs(PassResult.Continue);
    }

    [Theory]
    [InlineData("Subject: hello\n", "Subject: [A] [B] hello\n")]
    [InlineData("Subject:hello\n", "Subject: [A] [B] hello\n")]
    [InlineData("Subject:=?utf-8?Q?gr=C3=BCn?=\n", "Subject: [A] [B] =?utf-8?Q?gr=C3=BCn?=\n")]
    [InlineData("subject : \n\thello\n", "Subject: [A] [B] \n\thello\n")]
    [InlineData("Subject:\n", "Subject: [A] [B]\n")]
    [InlineData("Subject: [A] hello\n", "Subject: [B] [A] hello\n")]
    [InlineData("Subject: [B][A] hello\n", "Subject: [B][A] hello\n")]
    [InlineData("Subject: Re: [A] hello\n", "Subject: [A] [B] Re: [A] hello\n")]
    [InlineData("X-Other: 1\n", "X-Other: 1\nSubject: [A] [B]\n")]
    [InlineData("Subject: 1\nX-Other: 1\nSubject: 2\nSubject: 1\n", "X-Other: 1\nSubject: [A] [B] 1\nSubject: [A] [B] 2\nSubject: [A] [B] 1\n")]
    public async Task A_mark_stands_once_before_each_subject(string headers, string expected) =>
        string.Concat(await LinesOf([.. headers.Split('\n', StringSplitOptions.None).Aggregate(new List<string>(), Folded)], Tag("sender", r => r.Subject = "[A]"), Tag("sender", r => r.Subject = "[B] "))).Should().Be(expected);

    private static List<string> Folded(List<string> lines, string line)
    {
        if (line.Length == 0) return lines;
        if (line[0] == '\t') lines[^1] += line + "\n";
        else lines.Add(line + "\n");
        return lines;
    }

    [Fact]
    public async Task A_subject_of_60_kB_is_marked_and_one_that_is_taken_out_is_not_marked_but_replaced()
    {
        var folded = "Subject: " + string.Concat(Enumerable.Repeat("word\n ", 10_000)) + "end\n";
        (await LinesOf([folded], Tag("sender", r => r.Subject = "[A]"))).Should().Equal("Subject: [A]" + folded["Subject:".Length..]);
        (await LinesOf(["Subject: secret\n"], Tag("sender", r => (r.HeaderRemove, r.Subject) = (["Subject"], "[A]")))).Should().Equal("Subject: [A]\n");
    }

    [Fact]
    public async Task Lines_go_by_name_whoever_wrote_them_but_for_what_a_message_needs()
    {
        string[] headers = ["Received: by here\n", "From: a@b.example\n", "To: x\n", "To: y\n", "X-SpoolWorker-Skipped: dcc; by-hand; x\n", "X-A: 1\n\tfolded\n", "no line at all\n", "Xylo: 1\n"];
        (await LinesOf(headers, Tag("sender", r => r.HeaderRemove = ["to", "X-*"]))).Should().Equal(headers[0], headers[1], headers[4], headers[6], headers[7]);
    }

    [Fact]
    public async Task A_large_header_is_looked_through_once_for_all_of_whom_the_same_was_found()
    {
        var recipients = Enumerable.Range(0, 10_000).Select(i => $"r{i}@r.example").ToArray();
        var context = Message(recipients: recipients, headers: [.. Enumerable.Repeat("Subject: x\n", 50_000)]);
        context = context with
        {
            RecipientResults = context.Recipients.Select((r, i) => (r.Address, Own: (IReadOnlyDictionary<string, string>)new Dictionary<string, string> { ["spamd_score"] = i % 2 == 0 ? "7" : "1" })).ToDictionary(r => r.Address, r => r.Own, BytesComparer.Instance),
        };
        RuleOptions[] rules = [new() { When = "h_subject = nobody", Then = PolicyAction.Discard }, new() { When = "spamd_score >= 5", Then = PolicyAction.Hold }];
        var result = await new RulesPass(new RulesOptions { List = [.. rules] }).RunAsync(context, CancellationToken.None);
        result.Recipients.Count(r => r.Disposition.Kind == DispositionKind.Hold).Should().Be(5_000);
    }

    [Fact]
    public async Task Without_room_for_a_copy_its_mail_is_held()
    {
        var context = Message(recipients: [.. Enumerable.Range(0, SpoolLimits.MaxRecipients).Select(i => $"r{i}@r.example")]);
        var result = await ResultOf(context, Tag("recipient = r7@*", r => r.CopyTo = "abuse@r.example"));
        var held = result.Recipients.Should().ContainSingle(r => r.Disposition.Kind == DispositionKind.Hold).Which;
        (DccScene.Text(held.Recipient), held.Disposition.Reason).Should().Be(("r7@r.example", "there is no room for a copy (CopyTo): Exim reads no message with more than 16384 recipients"));
        Copies(result).Should().BeEmpty();
    }

    [Theory]
    [InlineData("tag", "", "List:0:Then = 'tag': give a Header, Subject, HeaderRemove, Redirect or CopyTo")]
    [InlineData("discard", "Subject=[A]", "List:0:Then = 'discard': Header, Subject and HeaderRemove go with accept, tag and hold alone")]
    [InlineData("hold", "Redirect=a@b.example", "List:0:Then = 'hold': Redirect goes with accept and tag alone")]
    [InlineData("defer", "CopyTo=a@b.example", "List:0:Then = 'defer': CopyTo does not go with defer, as nothing leaves yet")]
    [InlineData("tag", "Subject=a\r\nBcc: b", "List:0:Subject = 'a\r\nBcc: b': must be at most 100 characters of printable ASCII")]
    [InlineData("tag", "Header=no line", "List:0:Header = 'no line': must be a header line in ASCII, as in 'X-Spam-Flag: YES'")]
    [InlineData("tag", "Header=X-A: 1\nX-B: 2", "List:0:Header = 'X-A: 1\nX-B: 2': must be a header line*")]
    [InlineData("tag", "Redirect=nobody", "List:0:Redirect = 'nobody': must be one address with a domain, without blanks, brackets or quotes")]
    [InlineData("tag", "CopyTo=a b@c.example", "List:0:CopyTo = 'a b@c.example': must be one address*")]
    [InlineData("tag", "CopyTo=a@b.example,c@d.example", "List:0:CopyTo = 'a@b.example,c@d.example': must be one address*")]
    [InlineData("tag", "CopyTo=<a@b.example>", "List:0:CopyTo = '<a@b.example>': must be one address*")]
    [InlineData("tag", "CopyTo=A <a@b.example>", "List:0:CopyTo = 'A <a@b.example>': must be one address*")]
    [InlineData("tag", "CopyTo=a@b.example\n", "List:0:CopyTo = 'a@b.example\n': must be one address*")]
    [InlineData("tag", "Redirect=@b.example", "List:0:Redirect = '@b.example': must be one address*")]
    [InlineData("tag", "HeaderRemove=x-spoolworker-skipped", "List:0:HeaderRemove:0 = 'x-spoolworker-skipped': is the worker's own word*")]
    [InlineData("tag", "HeaderRemove=X-A:", "List:0:HeaderRemove:0 = 'X-A:': must be the name of a header line, without a colon; a '?' at its end*")]
    [InlineData("tag", "HeaderRemove=*", "List:0:HeaderRemove:0 = '?': must be the name*")]
    [InlineData("tag", "HeaderRemove=X-*-B", "List:0:HeaderRemove:0 = 'X-?-B': must be the name*")]
    [InlineData("tag", "HeaderRemove=", "List:0:HeaderRemove:0 = '': must be the name*")]
    [InlineData("tag", "HeaderRemove=received", "List:0:HeaderRemove:0 = 'received': takes Received out, which a message needs. Name the others one by one")]
    [InlineData("tag", "HeaderRemove=Fro*", "List:0:HeaderRemove:0 = 'Fro?': takes From out*")]
    [InlineData("tag", "HeaderRemove=C*", "List:0:HeaderRemove:0 = 'C?': takes Content-Type out*")]
    public void What_makes_no_sense_is_told_at_start(string then, string setting, string expected)
    {
        var rule = new RuleOptions { When = "sender", Then = Enum.Parse<PolicyAction>(then, ignoreCase: true) };
        var (key, value) = setting.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? (setting[..at], setting[(at + 1)..]) : ("", "");
        if (key == "HeaderRemove") rule.HeaderRemove = [value];
        else if (key.Length > 0) typeof(RuleOptions).GetProperty(key)!.SetValue(rule, value);
        RulesPass.Faults(new RulesOptions { List = [rule] }, ResultNamesTests.Place("rules", "rules")).Should().ContainSingle().Which.Should().Match(expected);
    }

    // Word for word as docs/mailscanner.md has them.
    [Theory]
    [InlineData("h_content-type = multipart/encrypted*:*enveloped-data* or attachment_type = application/pgp-encrypted", "multipart/encrypted; protocol=\"application/pgp-encrypted\"", "text/plain")]
    [InlineData("h_content-type = multipart/encrypted*:*enveloped-data* or attachment_type = application/pgp-encrypted", "application/pkcs7-mime; smime-type=enveloped-data", "application/pkcs7-mime; smime-type=signed-data")]
    [InlineData("h_content-type = message/partial*", "message/partial; id=1; number=1", "text/plain")]
    [InlineData("h_content-type = message/external-body*", "message/external-body; access-type=URL", "message/rfc822")]
    public async Task Conditions_for_those_who_come_from_MailScanner_hold_for_what_they_mean(string when, string held, string passed)
    {
        File.ReadAllText(Path.Combine(SpoolWorker.Testing.Sources.Folder, "docs/mailscanner.md")).Should().Contain($"\"When\": \"{when}\"");
        foreach (var (type, kind) in new[] { (held, "hold"), (passed, "continue") })
        {
            var context = Message(headers: ["MIME-Version: 1.0\n", $"Content-Type: {type}\n"]);
            Kinds(await ResultOf(context, new RuleOptions { When = when, Then = PolicyAction.Hold }), context).Should().Equal($"a@r.example {kind}");
        }
    }

    [Fact]
    public void All_faults_are_told_together() =>
        RulesPass.Faults(new RulesOptions { List = [new() { When = "x", Then = PolicyAction.Bounce, Subject = "\n", Redirect = "y", CopyTo = "z" }, Tag("sender")] }, ResultNamesTests.Place("rules", "rules")).Should().HaveCount(7);

    [Theory]
    [InlineData("Received: from nowhere")]
    [InlineData("return-path: <a@r.example>")]
    [InlineData("Envelope-to: a@r.example")]
    [InlineData("Delivery-date: Mon, 30 Nov 2026 12:00:00 +0000")]
    [InlineData("Authentication-Results: mx.example; spf=pass")]
    [InlineData("Received-SPF: pass")]
    [InlineData("DKIM-Signature: v=1")]
    [InlineData("ARC-Authentication-Results: i=1; mx.example; none")]
    [InlineData("ARC-Message-Signature: i=1")]
    [InlineData("ARC-Seal: i=1")]
    [InlineData("X-SpoolWorker-Skipped: clamd")]
    public void A_line_that_Exim_or_the_worker_writes_is_none_to_add(string line) =>
        FaultsOf(Tag("sender", r => r.Header = line)).Should().ContainSingle().Which.Should().StartWith($"List:0:Header = '{line}': ").And.ContainEquivalentOf(line.Split(':')[0], Exactly.Twice(), "its name is told").And.Contain("'X-Spam-Flag: YES'");

    [Fact]
    public void Lines_of_other_names_are_added_whatever_they_look_like() =>
        FaultsOf(Tag("sender", r => (r.HeaderRemove, r.Header) = (["Reply-To"], "Reply-To: a@r.example")), Tag("sender", r => r.Header = "X-Received: x"), Tag("sender", r => r.Header = "ARC-Like: x")).Should().BeEmpty();

    [Theory]
    [InlineData(" ")]
    [InlineData("   ")]
    public void A_blank_mark_is_a_fault_and_told_with_the_others(string mark) =>
        FaultsOf(Tag("sender", r => r.Subject = mark), Tag("sender", r => (r.Header, r.Subject) = ("X-Good: yes", mark)), Tag("sender", r => r.Header = "Received: x")).Should().HaveCount(3)
            .And.StartWith([$"List:0:Subject = '{mark}': is blank; leave it out, or give a mark, as in '[SPAM]'", $"List:1:Subject = '{mark}': is blank; leave it out, or give a mark, as in '[SPAM]'"])
            .And.Contain(f => f.StartsWith("List:2:Header = 'Received: x': ", StringComparison.Ordinal));

    // A host that refuses lines of more than 998 characters would refuse all mail with it.
    [Theory]
    [InlineData(998, 0)]
    [InlineData(999, 1)]
    public void A_line_to_add_is_as_long_as_SMTP_takes_them(int length, int faults)
    {
        FaultsOf(Tag("sender", r => r.Header = "X-Long: ".PadRight(length, 'x'))).Should().HaveCount(faults);
        FaultsOf(Tag("sender", r => r.Header = "X-Long: x\n " + new string('x', length - 1) + "\n")).Should().HaveCount(faults);
    }

    private static List<string> FaultsOf(params RuleOptions[] rules) => [.. RulesPass.Faults(new RulesOptions { List = [.. rules] }, ResultNamesTests.Place("rules", "rules"))];

    [Fact]
    public async Task An_old_configuration_does_what_it_did()
    {
        var context = Message(recipients: Three);
        var result = await ResultOf(context, Tag("sender", r => r.Header = "X-Suspect: yes"), new RuleOptions { When = "recipient = a@*", Then = PolicyAction.Hold, Reason = "a is watched" }, new RuleOptions { When = "recipient" });
        Kinds(result, context).Should().Equal("a@r.example hold", "b@r.example continue", "c@lab.example continue");
        DccScene.Edits(result).Should().Equal("+ X-Suspect: yes\n");
        result.Envelope.Should().BeEmpty();
    }
}
