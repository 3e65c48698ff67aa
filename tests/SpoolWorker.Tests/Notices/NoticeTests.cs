using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Schedule;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Notices;

/// <summary>Administrators are told of what is held: once each, or counted.</summary>
public sealed class NoticeTests
{
    private static readonly string[] Admins = ["postmaster@one.example", "Second <second@two.example>"];

    [Fact]
    public async Task A_hold_is_told_with_what_is_known_of_the_message_and_nothing_of_its_body()
    {
        await using var rig = Rig(new NoticeOptions());
        var outcomes = new List<Outcome>();
        var pair = new PairFactory { Recipients = ["bob@r.example", "carol@r.example"], Body = "the virus itself\n"u8.ToArray() }.In(rig.Intake);
        rig.Start().Engine.Outcomes.Published += outcomes.Add;
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        var notice = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        (notice.Header.IsNullSender, notice.Pending).Should().BeEquivalentTo((true, new[] { "postmaster@one.example", "second@two.example" }));
        Lines(notice).Should().Contain(["Auto-Submitted: auto-generated\n", "Subject: Held: virus Eicar says clamd\n", "From: Mail Delivery System <Mailer-Daemon@mx.here.example>\n"]);
        var text = Text(notice);
        text.Should().Contain("Found:      virus Eicar says clamd\n").And.Contain("Held by:    clamd\n").And.Contain("From:       <alice@sender.example>\n")
            .And.Contain("For:        <bob@r.example>, <carol@r.example>\n").And.Contain("Client:     client.test.example [127.0.0.1]:40908\n").And.Contain("Subject:    a test\n")
            .And.Contain($"spoolworker show {pair.Id}\n").And.Contain($"spoolworker release {pair.Id}\n").And.NotContain("the virus itself").And.NotContain("more were held");
        outcomes.Should().ContainSingle(o => o.AdminsTold == true).Which.Reason.Should().Contain($"told postmaster@one.example, second@two.example as {notice.Id}");
        outcomes[0].Is(OutcomeKind.Held).Should().BeTrue();
    }

    [Theory]
    [InlineData("virus_result = virus", "clean", false)]
    [InlineData("pass = clamd", "clean", true)]
    [InlineData("pass = rules or reason = '*says clamd'", "clean", true)]
    [InlineData("recipient = bob@r.example and virus_name = Eicar", "virus", true)]
    [InlineData("h_subject = nothing", "virus", false)]
    [InlineData("body_size > 1M", "virus", false)]
    public async Task What_is_told_of_is_what_the_condition_says(string when, string result, bool isTold)
    {
        await using var rig = Rig(new NoticeOptions { When = when }, result);
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        EngineRig.Pairs(rig.Target).Should().HaveCount(isTold ? 1 : 0);
    }

    [Fact]
    public async Task Above_the_limit_they_are_counted_and_told_with_the_next_also_behind_a_restart()
    {
        await using var rig = Rig(new NoticeOptions { RateLimit = 2 });
        for (var n = 1; n <= 5; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().HaveCount(5);
        EngineRig.Pairs(rig.Target).Should().HaveCount(2).And.OnlyContain(p => !Text(p).Contains("more were held"));
        rig.Ledger.Untold.Count.Should().Be(3);
        rig.Log.Count("nobody told: 2 notices within 1h; it is counted").Should().Be(3);
        await rig.RestartAsync();

        new PairFactory { Id = PairFactory.ShortId(6) }.In(rig.Intake);
        await rig.DrainAsync();
        rig.Ledger.Untold.Count.Should().Be(4);
        rig.Clock.Advance(TimeSpan.FromMinutes(31));
        var before = EngineRig.Pairs(rig.Target).Select(p => p.Id).ToHashSet();
        new PairFactory { Id = PairFactory.ShortId(7) }.In(rig.Intake);
        await rig.DrainAsync();
        Text(EngineRig.Pairs(rig.Target).Single(p => !before.Contains(p.Id))).Should().Contain("\n4 more were held for such a reason since ");
        rig.Ledger.Untold.Count.Should().Be(0);
    }

    [Fact]
    public async Task What_no_later_hold_tells_goes_in_a_notice_of_its_own_once()
    {
        var options = new NoticeOptions { RateLimit = 1, RatePer = TimeSpan.FromMinutes(10) };
        await using var rig = Rig(options);
        for (var n = 1; n <= 3; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(rig.Intake);
        await rig.DrainAsync();
        var sender = new UntoldSender(rig.Engine, rig.Notices!, NullLogger<UntoldSender>.Instance);
        sender.Run().Should().Be(0, "none may go yet");
        rig.Clock.Advance(TimeSpan.FromMinutes(11));
        sender.Run().Should().Be(2);
        sender.Run().Should().Be(0);
        (EngineRig.Pairs(rig.Target).Count, rig.Ledger.Untold.Count).Should().Be((2, 0));
        var summary = EngineRig.Pairs(rig.Target).Single(p => Lines(p).Contains("Subject: Held: 2 messages more\n"));
        Text(summary).Should().Contain("\n2 more were held for such a reason since ");
        summary.Header.IsNullSender.Should().BeTrue();
        // It took its place among those that may go.
        new PairFactory { Id = PairFactory.ShortId(4) }.In(rig.Intake);
        await rig.DrainAsync();
        rig.Ledger.Untold.Count.Should().Be(1);
    }

    [Theory]
    [InlineData("=?utf-8?B?cmVjaG51bmcNCkJjYzogeEB5LmV4YW1wbGU=?=")]
    [InlineData("\xff\xfe\x01raw \x1b[2J bytes\x7f")]
    [InlineData("=?utf-8?Q?=00=0D=0A=E2=80=AEexe.cod?=")]
    [InlineData("=?no-such-charset?Q?=ff?= =?broken")]
    public async Task A_subject_cannot_be_more_than_a_line_of_text(string subject)
    {
        await using var rig = Rig(new NoticeOptions());
        new PairFactory { MoreHeaders = [$"Subject: {subject}\n"] }.In(rig.Intake);
        var bytes = File.ReadAllBytes($"{rig.Intake}/1xVVht-000477-0i-H");
        File.WriteAllText($"{rig.Intake}/1xVVht-000477-0i-H", Encoding.Latin1.GetString(bytes).Replace("016  Subject: a test\n", "", StringComparison.Ordinal), Encoding.Latin1);
        await rig.DrainAsync();
        var notice = EngineRig.Pairs(rig.Target).Should().ContainSingle(rig.Log.All).Subject;
        Lines(notice).Count(l => l.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase)).Should().Be(0);
        var text = Text(notice);
        text.Split('\n').Count(l => l.StartsWith("Subject: ", StringComparison.Ordinal)).Should().Be(1);
        text.Split('\n').Should().NotContain(l => l.StartsWith("Bcc", StringComparison.Ordinal));
        text.EnumerateRunes().Should().NotContain(r => (Rune.IsControl(r) && r.Value != '\n') || r.Value == 0x202e);
    }

    [Fact]
    public async Task Names_of_any_length_and_many_recipients_make_a_letter_of_a_few_lines()
    {
        await using var rig = Rig(new NoticeOptions(), reason: $"virus {new string('x', 60_000)}\r\nBcc: y@z.example\0 says clamd");
        new PairFactory
        {
            Sender = $"{new string('s', 500)}@{new string('d', 200)}.example",
            Recipients = [.. Enumerable.Range(0, 1000).Select(n => $"r{n}@r.example")],
            MoreHeaders = [$"X-Long: {new string('y', 60_000)}\n"],
        }.In(rig.Intake);
        await rig.DrainAsync();
        var notice = EngineRig.Pairs(rig.Target).Should().ContainSingle(rig.Log.All).Subject;
        notice.Body.Length.Should().BeLessThan(4000);
        Text(notice).Split('\n').Max(l => l.Length).Should().BeLessThan(400);
        Text(notice).Should().Contain("<r4@r.example> +995\n").And.NotContain("\nBcc");
        Lines(notice).Should().NotContain(l => l.StartsWith("Bcc", StringComparison.Ordinal)).And.OnlyContain(l => l.Split('\n').All(part => part.Length < 998));
    }

    [Theory]
    [InlineData("x", 190)]
    [InlineData("\u00e4\u6f22", 90)]
    public async Task Long_addresses_make_no_line_that_Exim_refuses_to_send(string local, int times)
    {
        await using var rig = Rig(new NoticeOptions());
        // Bytes of UTF-8, as the -H has them.
        var many = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(local, times))));
        new PairFactory { Recipients = [.. Enumerable.Range(0, 5).Select(n => $"{many}{n}@r.example")] }.In(rig.Intake);
        await rig.DrainAsync();
        var notice = EngineRig.Pairs(rig.Target).Should().ContainSingle(rig.Log.All).Subject;
        var longest = Text(notice).Split('\n').Max(Encoding.UTF8.GetByteCount);
        longest.Should().BeLessThanOrEqualTo(998, "that is what smtp's message_linelength_limit lets through");
        Encoding.Latin1.GetString(notice.Header.Find("max_received_linelength")!.Value.Span).Should().Be($"{longest}");
        Text(notice).Should().Contain("> +4\n");
    }

    [Theory]
    [InlineData("x ")]
    [InlineData("\u00e4\u6f22")]
    public async Task A_line_of_a_template_that_names_much_is_folded_as_Exim_sends_no_longer_one(string text)
    {
        using var directory = new TempDirectory();
        File.WriteAllText($"{directory}/nl.txt", "[held-subject]\n{found}\n[held]\n{found} {sender} {recipients} {client} {subject} {found} {subject} {sender} {found} end\n[command]\n{id}\n[untold]\n{count}\n[summary-subject]\n{count}\n[summary]\n{untold}\n");
        await using var rig = Rig(new NoticeOptions { Templates = directory, Language = "nl" }, reason: string.Concat(Enumerable.Repeat(text, 300)));
        new PairFactory { Sender = $"{new string('s', 190)}@s.example", Recipients = [$"{new string('r', 190)}@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        var notice = EngineRig.Pairs(rig.Target).Should().ContainSingle(rig.Log.All).Subject;
        var lines = Text(notice).TrimEnd('\n').Split('\n');
        var longest = lines.Max(Encoding.UTF8.GetByteCount);
        longest.Should().BeInRange(500, 998, "that is what smtp's message_linelength_limit lets through");
        Encoding.Latin1.GetString(notice.Header.Find("max_received_linelength")!.Value.Span).Should().Be($"{longest}");
        lines.Length.Should().BeGreaterThan(1);
        lines[^1].Should().EndWith(" end", "nothing is left out");
        Text(notice).Should().NotContain("\ufffd", "no character is torn");
    }

    [Fact]
    public async Task A_notice_that_comes_through_the_worker_and_is_held_is_told_to_nobody()
    {
        await using var rig = Rig(new NoticeOptions());
        string[] marks = ["Auto-Submitted: auto-generated\n"];
        new PairFactory { Id = PairFactory.ShortId(1), Sender = "", Recipients = ["POSTMASTER@one.example", "second@two.example"], MoreHeaders = marks }.In(rig.Intake);
        await rig.DrainAsync();
        (EngineRig.Pairs(rig.Held).Count, EngineRig.Pairs(rig.Target).Count, rig.Ledger.Untold.Count).Should().Be((1, 0, 0));
        // To somebody else, or from somebody, it is none.
        new PairFactory { Id = PairFactory.ShortId(2), Sender = "", Recipients = ["second@two.example", "bob@r.example"], MoreHeaders = marks }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(3), Recipients = ["second@two.example"], MoreHeaders = marks }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().HaveCount(2);
    }

    [Theory]
    [InlineData("de", "=?utf-8?q?Zur=C3=BCckgehalten=3A?=", "Ansehen:    spoolworker show 1xVVht-000477-0i\n")]
    [InlineData("fr", "Message retenu :", "Le voir :       spoolworker show 1xVVht-000477-0i\n")]
    public async Task In_the_language_of_the_operator(string language, string subject, string text)
    {
        await using var rig = Rig(new NoticeOptions { Language = language });
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        var notice = EngineRig.Pairs(rig.Target).Single();
        Lines(notice).Should().ContainSingle(l => l.StartsWith("Subject: ", StringComparison.Ordinal)).Which.Should().Contain(subject);
        Text(notice).Should().Contain(text);
    }

    [Fact]
    public void Settings_that_cannot_work_are_faults_at_the_start()
    {
        using var directory = new TempDirectory();
        File.WriteAllText($"{directory}/nl.txt", "[held]\n{who}\n");
        var place = Place("clamd", "rules", "notices");
        Faults(new NoticeOptions { To = ["postmaster@one.example"] }, place).Should().BeEmpty();
        Faults(new NoticeOptions(), place).Should().ContainSingle().Which.Should().Be("To: empty. Name at least one address, such as postmaster@example.org");
        Faults(new NoticeOptions { To = ["nobody", "b\u00fcro@one.example", "a@b.example\nBcc: c@d.example"] }, place).Should().HaveCount(3).And.OnlyContain(f => f.StartsWith("To:", StringComparison.Ordinal));
        Faults(new NoticeOptions { To = ["a@b.example"], From = "@", Language = "xx", Templates = "/nonexistent" }, place).Should().HaveCount(3);
        Faults(new NoticeOptions { To = ["a@b.example"], Language = "nl", Templates = directory }, place).Should().ContainSingle().Which.Should().Contain("[held-subject] is missing");
        Faults(new NoticeOptions { To = ["a@b.example"] }, Place("rules", "notices")).Should().ContainSingle().Which.Should().Contain("clamd, which finds it, is not among Passes");
        Faults(new NoticeOptions { To = ["a@b.example"] }, Place("notices", "clamd")).Should().BeEmpty("its place does not matter");
        Faults(new NoticeOptions { To = ["a@b.example"], When = "virus_result =" }, place).Should().ContainSingle().Which.Should().StartWith("When = 'virus_result =': ");
        Faults(new NoticeOptions { To = ["a@b.example"], When = "attempt > 2" }, place).Should().ContainSingle().Which.Should().Contain("not known of mail that is being held");
    }

    private static IReadOnlyList<string> Faults(NoticeOptions options, PassPlace place) => [.. NoticeOptions.Faults(options, place)];

    private static PassPlace Place(params string[] order) => new("notices", order, DeclaredResults.Known.Passes);

    private static IReadOnlyList<string> Lines(Found message) => [.. message.Header.Headers.Select(h => Encoding.Latin1.GetString(h.Text.Span))];

    private static string Text(Found message) => Encoding.UTF8.GetString(message.Body);

    // As clamd finds and holds.
    private static EngineRig Rig(NoticeOptions options, string result = "virus", string reason = "virus Eicar says clamd")
    {
        options.To = [.. Admins];
        var rig = new EngineRig { Notices = new NoticesFeature(options, "mx.here.example") };
        rig.With(new TestPass("clamd", _ => new PassResult { Disposition = Disposition.Hold(reason), Results = new Dictionary<string, string> { ["virus_result"] = result, ["virus_name"] = "Eicar" } }));
        return rig;
    }
}
