using System.Globalization;
using System.Net;
using System.Text;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Spf;

/// <summary>Parts of SPF: words, macros, header line, hostile records, deadline, guess.</summary>
public sealed class SpfPartTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static SpfEvaluator Evaluator(TestDnsServer server, SpfOptions? options = null, double timeout = 20) =>
        new(new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(timeout), Retries = 0 }, TimeProvider.System), options ?? new SpfOptions(), TimeProvider.System);

    private static SpfQuery Query(string sender, string ip = "192.0.2.1", string helo = "mail.example.org") => new(IPAddress.Parse(ip), helo, sender, "mx.receiver.example");

    [Fact]
    public void Every_result_has_its_word_and_exims_words_are_known()
    {
        Enum.GetValues<SpfResult>().Select(r => r.Token()).Should().Equal("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror");
        foreach (var result in Enum.GetValues<SpfResult>())
        {
            SpfResults.TryParse(result.Token().ToUpperInvariant(), out var parsed).Should().BeTrue();
            parsed.Should().Be(result);
        }
        SpfResults.TryParse("err_perm", out var perm).Should().BeTrue();
        SpfResults.TryParse("err_temp", out var temp).Should().BeTrue();
        (perm, temp).Should().Be((SpfResult.PermError, SpfResult.TempError));
        SpfResults.TryParse("passed", out _).Should().BeFalse();
        Enum.GetValues<SpfIdentity>().Select(i => i.Token()).Should().Equal("mailfrom", "helo");
        Enum.GetValues<SpfMechanism>().Select(m => m.Token()).Should().Equal("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists");
        Enum.GetValues<DnsStatus>().Select(s => s.Token()).Distinct().Should().HaveCount(7);
    }

    // RFC 7208, 7.4, and what its examples leave out
    [Theory]
    [InlineData("%{s}", "strong-bad@email.example.com")]
    [InlineData("%{o}", "email.example.com")]
    [InlineData("%{d}", "email.example.com")]
    [InlineData("%{d4}", "email.example.com")]
    [InlineData("%{d3}", "email.example.com")]
    [InlineData("%{d2}", "example.com")]
    [InlineData("%{d1}", "com")]
    [InlineData("%{dr}", "com.example.email")]
    [InlineData("%{d2r}", "example.email")]
    [InlineData("%{l}", "strong-bad")]
    [InlineData("%{l-}", "strong.bad")]
    [InlineData("%{lr}", "strong-bad")]
    [InlineData("%{lr-}", "bad.strong")]
    [InlineData("%{l1r-}", "strong")]
    [InlineData("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{S}", "strong-bad%40email.example.com")]
    [InlineData("%{DR2}", null)]
    [InlineData("%{D2R}", "example.email")]
    [InlineData("%{d128}", "email.example.com")]
    [InlineData("%{d99999999999999999999}", "email.example.com")]
    [InlineData("%{d0}", null)]
    [InlineData("%{d00}", null)]
    [InlineData("%{s.-@}", null)]
    [InlineData("%{s-_=/,+.}", "strong.bad@email.example.com")]
    [InlineData("%%%_%-", "% %20")]
    [InlineData("%{c}", null)]
    [InlineData("%{d", null)]
    [InlineData("%", null)]
    [InlineData("%d", null)]
    [InlineData("a b", null)]
    public void Macros_expand_as_the_rfc_has_it(string text, string? expected)
    {
        var values = new MacroValues("strong-bad", "email.example.com", "email.example.com", IPAddress.Parse("192.0.2.3"), "helo", "receiver", 0, "unknown");
        var isRight = MacroString.TryParse(text, MacroPlace.Domain, out var macros, out var reason);
        isRight.Should().Be(expected is not null, reason);
        if (isRight) macros.Expand(values).Should().Be(expected);
    }

    [Theory]
    [InlineData("v=spf1 -all moo", 12)]
    [InlineData("v=spf1  a  ip4:1.2.3", 11)]
    [InlineData("v=spf1 a\tmx", 8)]
    [InlineData("v=spf1 redirect=a.example redirect=b.example", 26)]
    [InlineData("v=spf2 a", 0)]
    [InlineData("v=spf1\u00e9", 0)]
    [InlineData("v=spf1 \u00e9", 7)]
    public void A_refused_record_says_where(string text, int offset)
    {
        SpfRecordParser.TryParse(Encoding.Latin1.GetBytes(text), out _, out var error).Should().BeFalse();
        error.Offset.Should().Be(offset, error.Reason);
    }

    [Theory]
    [InlineData("ip6:1:2:3:4:5:6:7:8", true)]
    [InlineData("ip6:1:2:3:4:5:6:7::", true)]
    [InlineData("ip6:::1.2.3.4/128", true)]
    [InlineData("ip6:::1.2.3.04", false)]
    [InlineData("ip6:1:2:3:4:5:6:7:8:9", false)]
    [InlineData("ip6:1::2::3", false)]
    [InlineData("ip6:fe80::1%eth0", false)]
    [InlineData("ip6:[::1]", false)]
    [InlineData("ip6:12345::", false)]
    [InlineData("ip6:192.0.2.1", false)]
    [InlineData("ip4:0300.0.2.1", false)]
    [InlineData("ip4:1.2.3.4.5", false)]
    [InlineData("ip4:1.2.3.4/", false)]
    [InlineData("ip4:256.1.1.1", false)]
    [InlineData("ip4:1.2.3.4/0", true)]
    [InlineData("a/0//0", true)]
    [InlineData("a/", false)]
    [InlineData("a//", false)]
    [InlineData("a:x.example//", false)]
    [InlineData("a:x.example/9999999999", false)]
    [InlineData("A:x.Example", true)]
    [InlineData("++a", false)]
    [InlineData("ptr:", false)]
    [InlineData("exists:%{l}", true)]
    [InlineData("a:%{d}.", false)]
    [InlineData("a:x.example.", true)]
    [InlineData("a:x.1-2", true)]
    [InlineData("a:x.12", false)]
    [InlineData("redirect=x.example/24", false)]
    [InlineData("Redirect=x.example", true)]
    [InlineData("x=%{t}", false)]
    [InlineData("1x=a", false)]
    public void Terms_are_held_to_the_grammar(string term, bool isRight) =>
        SpfRecordParser.TryParse(Encoding.ASCII.GetBytes($"v=spf1 {term}"), out _, out var error).Should().Be(isRight, error.Reason);

    [Fact]
    public async Task The_header_line_tells_everything_and_cannot_be_broken_out_of()
    {
        using var server = new TestDnsServer(new Zone().Txt("example.org", "v=spf1 ip4:192.0.2.0/24 -all exp=why.example.org").Txt("why.example.org", "no %{s} from %{c} for %{r} %{h}"));
        var pass = await Evaluator(server).EvaluateAsync(Query("user@example.org"), None);
        Encoding.ASCII.GetString(ReceivedSpf.Line(pass).Text.Span).Should().Be(
            "Received-SPF: pass (mx.receiver.example: domain of user@example.org designates\n\t192.0.2.1 as permitted sender) receiver=mx.receiver.example;\n\tidentity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org;\n\tenvelope-from=\"user@example.org\"; mechanism=\"ip4:192.0.2.0/24\"\n");
        ReceivedSpf.SmtpComment(pass).Should().BeEmpty();

        var fail = await Evaluator(server).EvaluateAsync(Query("\"a\\b) (x\"@example.org", ip: "2001:db8::1", helo: "evil\r\nX-Injected: yes\u00e9\";"), None);
        fail.Explanation.Should().Be("no \"a\\b) (x\"@example.org from 2001:db8::1 for mx.receiver.example evil??X-Injected: yes?\";");
        var line = Encoding.ASCII.GetString(ReceivedSpf.Line(fail).Text.Span);
        line.Replace("\n\t", " ", StringComparison.Ordinal).Should().Contain("\"a\\\\b\\) \\(x\"@example.org does").And.Contain("client-ip=\"2001:db8::1\"").And.Contain("envelope-from=\"\\\"a\\\\b) (x\\\"@example.org\"")
            .And.Contain("helo=\"evil??X-Injected: yes?\\\";\"");
        line.TrimEnd('\n').Split('\n').Skip(1).Should().OnlyContain(l => l.StartsWith('\t'));
        ReceivedSpf.SmtpComment(fail).Should().StartWith("SPF MAIL FROM check failed: the domain example.org explains: no ");
    }

    [Fact]
    public async Task A_null_sender_means_helo_and_odd_senders_are_results()
    {
        using var server = new TestDnsServer(new Zone().Txt("mail.example.org", "v=spf1 -all").Txt("example.org", "v=spf1 +all").Txt("xn--bcher-kva.example", "v=spf1 exists:%{l}.example.org ?all"));
        var spf = Evaluator(server);
        var helo = await spf.EvaluateAsync(Query("<>"), None);
        (helo.Result, helo.Identity, helo.Domain).Should().Be((SpfResult.Fail, SpfIdentity.Helo, "mail.example.org"));
        Encoding.ASCII.GetString(ReceivedSpf.Line(helo).Text.Span).Should().Contain("identity=helo").And.NotContain("envelope-from");
        (await spf.EvaluateAsync(Query("<user@Example.ORG.>"), None)).Result.Should().Be(SpfResult.Pass);
        (await spf.EvaluateAsync(Query("\"x@y\"@example.org"), None)).Result.Should().Be(SpfResult.Pass);
        (await spf.EvaluateAsync(Query("example.org"), None)).Result.Should().Be(SpfResult.Pass);
        // RFC 8616: a U-label is looked up as A-label, and a local part outside ASCII matches nothing
        (await spf.EvaluateAsync(Query("us\u00c3\u00a9r@b\u00c3\u00bccher.example"), None)).Result.Should().Be(SpfResult.Neutral);
        foreach (var (sender, name) in new[] { ("", ""), ("", "[192.0.2.1]"), ("", "localhost"), ("a@", "x"), ("a@\u00ff.example", "x"), ($"a@{new string('x', 64)}.example", "x"), ($"a@{string.Join('.', Enumerable.Repeat("abcdefg", 40))}", "x") })
        {
            (await spf.EvaluateAsync(Query(sender, helo: name), None)).Result.Should().Be(SpfResult.None, $"'{sender}' '{name}'");
        }
    }

    [Fact]
    public async Task Hostile_records_cost_little()
    {
        var zone = new Zone().Txt("terms.example", "v=spf1 " + string.Join(' ', Enumerable.Repeat("ip4:198.51.100.1 a:void.example", 500)) + " -all")
            .Txt("macros.example", "v=spf1 " + string.Join(' ', Enumerable.Repeat("exists:" + string.Concat(Enumerable.Repeat("%{s}", 400)) + ".example", 5)) + " -all")
            .Txt("explain.example", "v=spf1 -all exp=words.example").Txt("words.example", string.Concat(Enumerable.Repeat("%{s}", 5000)))
            .Txt("label.example", "v=spf1 " + new string('a', 60_000));
        foreach (var i in Enumerable.Range(0, 30)) zone.Txt($"r{i.ToString(CultureInfo.InvariantCulture)}.example", $"v=spf1 include:r{(i + 1).ToString(CultureInfo.InvariantCulture)}.example redirect=r{(i + 2).ToString(CultureInfo.InvariantCulture)}.example");
        using var server = new TestDnsServer(zone);
        var spf = Evaluator(server);
        (await spf.EvaluateAsync(Query("a@terms.example"), None)).Result.Should().Be(SpfResult.PermError);
        (await spf.EvaluateAsync(Query("a@macros.example"), None)).Result.Should().Be(SpfResult.Fail, "names that cannot be made match nothing");
        var explained = await spf.EvaluateAsync(Query("a@explain.example"), None);
        (explained.Result, explained.Explanation).Should().Be((SpfResult.Fail, null));
        (await spf.EvaluateAsync(Query("a@label.example"), None)).Result.Should().Be(SpfResult.PermError);
        (await spf.EvaluateAsync(Query("a@r0.example"), None)).Result.Should().Be(SpfResult.PermError);
        server.Queries.Should().BeLessThan(40);
    }

    [Fact]
    public async Task A_silent_dns_is_a_temperror_at_the_deadline()
    {
        var clock = new FakeClock();
        var zone = new Zone { TimeGoesBy = clock.Advance }.Txt("example.org", "v=spf1 a:s1.example a:s2.example a:s3.example a:s4.example -all").Txt("late.example", "v=spf1 -all exp=s1.example");
        foreach (var name in new[] { "s1.example", "s2.example", "s3.example", "s4.example" }) zone.Fault(name, ZoneFault.Silent);
        using var server = new TestDnsServer(zone);
        var spf = new SpfEvaluator(new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = 2 * Zone.Silence, Retries = 0 }, clock), new SpfOptions { Timeout = TimeSpan.FromSeconds(1) }, clock);
        var outcome = await spf.EvaluateAsync(Query("a@example.org"), None);
        (outcome.Result, outcome.Problem).Should().Be((SpfResult.TempError, "took longer than 1 seconds"));
        var late = await spf.EvaluateAsync(Query("a@late.example"), None);
        (late.Result, late.Explanation).Should().Be((SpfResult.Fail, null), "an explanation that does not come is none");
        server.Queries.Should().Be(4, "each waits for one silent name");
        using var leave = new CancellationTokenSource();
        await leave.CancelAsync();
        await FluentActions.Awaiting(() => spf.EvaluateAsync(Query("a@example.org"), leave.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task The_guess_is_made_by_the_operators_policy_and_never_called_spf()
    {
        using var server = new TestDnsServer(new Zone().A("guess.example", "192.0.2.200").Empty("nothing.example").Txt("guess.example", "v=spf1 -all"));
        var spf = Evaluator(server);
        var guess = await spf.EvaluateGuessAsync(Query("a@guess.example"), None);
        (guess.Result, guess.Mechanism).Should().Be((SpfResult.Pass, "a/24"));
        Encoding.ASCII.GetString(ReceivedSpf.Line(guess, ReceivedSpf.GuessFieldName).Text.Span).Should().StartWith("X-SPF-Guess: pass (");
        (await spf.EvaluateAsync(Query("a@guess.example"), None)).Result.Should().Be(SpfResult.Fail, "the record itself is another matter");
        (await spf.EvaluateGuessAsync(Query("a@nothing.example"), None)).Result.Should().Be(SpfResult.Neutral, "nothing to be found is no error here");
        (await Evaluator(server, new SpfOptions { Guess = "v=spf1 a/32 -all" }).EvaluateGuessAsync(Query("a@guess.example"), None)).Result.Should().Be(SpfResult.Fail);
        SpfOptions.Faults(new SpfOptions { Guess = "v=spf1 bogus" }).Should().ContainSingle();
        SpfOptions.Faults(new SpfOptions()).Should().BeEmpty();
    }

    [Fact]
    public async Task Everything_comes_from_the_cache_the_second_time()
    {
        using var server = new TestDnsServer(new Zone().Txt("example.org", "v=spf1 include:other.example mx -all").Txt("other.example", "v=spf1 a:x.example ?all").A("x.example", "198.51.100.9")
            .Mx("example.org", 10, "mx.example.org").A("mx.example.org", "192.0.2.1"));
        var spf = Evaluator(server);
        (await spf.EvaluateAsync(Query("a@example.org"), None)).Mechanism.Should().Be("mx");
        var asked = server.Queries;
        (await spf.EvaluateAsync(Query("b@example.org"), None)).Result.Should().Be(SpfResult.Pass);
        server.Queries.Should().Be(asked);
    }
}
