using System.Net;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spf;

namespace SpoolWorker.Tests.Dmarc;

/// <summary>DMARC by vectors, through a DNS server over real sockets.</summary>
public sealed class DmarcTests
{
    // A lookup's time limit is counted by a clock that only the zone's silence moves: a busy machine makes none of them late.
    private static DmarcEvaluator Evaluator(TestDnsServer server, FakeClock? clock = null) =>
        new(new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = Zone.Silence, Retries = 0, CacheFailures = TimeSpan.FromMinutes(1) }, clock ?? new FakeClock()), new DmarcOptions(), new FakeClock());

    private static ReadOnlyMemory<byte> From(string text) => Encoding.UTF8.GetBytes($" {text}\n");

    private static SpfOutcome Spf(string result, string domain) =>
        new(SpfResults.TryParse(result, out var parsed) ? parsed : throw new InvalidDataException(result), null, null, null, SpfIdentity.MailFrom, domain, new SpfQuery(IPAddress.Loopback, "h.example", $"a@{domain}", ""));

    [Fact]
    public async Task Late_answers_all_the_way_up_end_at_the_deadline()
    {
        var clock = new FakeClock();
        var zone = new Zone { TimeGoesBy = clock.Advance };
        foreach (var name in new[] { "a.b.c.d.e.example", "b.c.d.e.example", "c.d.e.example", "d.e.example", "e.example", "example" }) zone.Delay($"_dmarc.{name}", TimeSpan.FromSeconds(0.6));
        using var server = new TestDnsServer(zone);
        var resolver = new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = Zone.Silence, Retries = 0 }, clock);
        var outcome = await new DmarcEvaluator(resolver, new DmarcOptions { Timeout = TimeSpan.FromSeconds(1) }, clock).EvaluateAsync([From("a@a.b.c.d.e.example")], null, [], CancellationToken.None);
        (outcome.Result, outcome.Domain, outcome.Reason).Should().Be((DmarcResult.TempError, "a.b.c.d.e.example", "took longer than 1 seconds"));
        server.Queries.Should().Be(2, "the second answer comes behind the deadline");
    }

    [Fact]
    public async Task All_vectors_give_their_results()
    {
        var count = 0;
        foreach (var file in Directory.GetFiles(Path.Combine(Suites.Repository, "tests/SpoolWorker.Tests/Dmarc/vectors"), "*.yml"))
        {
            foreach (var scenario in SpfVectors.Documents(file))
            {
                var clock = new FakeClock();
                var zone = SpfVectors.ZoneOf(scenario);
                zone.TimeGoesBy = clock.Advance;
                using var server = new TestDnsServer(zone);
                var evaluator = Evaluator(server, clock);
                foreach (var (name, value) in (List<(string, object)>)SpfVectors.Get(scenario, "tests")!)
                {
                    var map = (List<(string, object)>)value;
                    List<string> Strings(string key) => SpfVectors.Get(map, key) switch { null => [], string one => [one], var list => [.. ((List<object>)list).Cast<string>()] };
                    var spf = Strings("spf");
                    var signatures = Strings("dkim").Chunk(2).Select(s => new DmarcSignature(s[0], s[1] == "pass", s[1] == "temperror")).ToList();
                    var outcome = await evaluator.EvaluateAsync([.. Strings("from").Select(From)], spf.Count == 0 ? null : Spf(spf[0], spf[1]), signatures, CancellationToken.None);
                    string[] got = [outcome.Result.Token(), outcome.Policy?.Token() ?? "-", outcome.PolicyDomain ?? "-", outcome.Requested.Token()];
                    got.Should().Equal(Strings("expect"), "{0}: {1}", name, outcome.Reason);
                    count++;
                }
            }
        }
        count.Should().BeGreaterThan(120);
    }

    [Fact]
    public async Task A_deep_domain_costs_eight_lookups_and_a_thousand_signatures_few()
    {
        using var server = new TestDnsServer(new Zone());
        var domain = string.Join('.', Enumerable.Repeat("a", 100)) + ".example";
        (await Evaluator(server).EvaluateAsync([From($"x@{domain}")], null, [], CancellationToken.None)).Result.Should().Be(DmarcResult.None);
        server.Queries.Should().Be(8);

        using var signed = new TestDnsServer(new Zone().Txt("_dmarc.own.example", "v=DMARC1; p=reject").Txt("_dmarc.other.own.example", "v=DMARC1; p=none; psd=n"));
        var signatures = Enumerable.Range(0, 1000).Select(i => new DmarcSignature($"s{i}.other.own.example", true)).Concat(Enumerable.Range(0, 1000).Select(i => new DmarcSignature($"s{i}.example", true))).ToList();
        (await Evaluator(signed).EvaluateAsync([From("x@own.example")], null, signatures, CancellationToken.None)).Result.Should().Be(DmarcResult.Fail);
        signed.Queries.Should().BeLessThan(40);
    }

    [Fact]
    public async Task With_no_from_field_or_a_huge_one_there_is_no_domain()
    {
        using var server = new TestDnsServer(new Zone());
        (await Evaluator(server).EvaluateAsync([], null, [], CancellationToken.None)).Result.Should().Be(DmarcResult.PermError);
        var huge = await Evaluator(server).EvaluateAsync([From(string.Join(',', Enumerable.Repeat("a@b.example", 100_000)))], null, [], CancellationToken.None);
        (huge.Result, huge.Domain).Should().Be((DmarcResult.PermError, ""));
        server.Queries.Should().Be(0);
    }

    [Theory]
    [InlineData(DmarcResult.Fail, DmarcPolicy.None, PolicyAction.Tag)]
    [InlineData(DmarcResult.Fail, DmarcPolicy.Quarantine, PolicyAction.Hold)]
    [InlineData(DmarcResult.Fail, DmarcPolicy.Reject, PolicyAction.Bounce)]
    [InlineData(DmarcResult.TempError, DmarcPolicy.Reject, PolicyAction.Defer)]
    [InlineData(DmarcResult.Pass, DmarcPolicy.Reject, PolicyAction.Accept)]
    [InlineData(DmarcResult.PermError, DmarcPolicy.Reject, PolicyAction.Accept)]
    public void What_is_done_is_the_operators_setting(DmarcResult result, DmarcPolicy requested, PolicyAction expected)
    {
        var outcome = new DmarcOutcome(result, "a.example", requested, "a.example", requested, "");
        new DmarcOptions { OnNone = PolicyAction.Tag, OnQuarantine = PolicyAction.Hold, OnReject = PolicyAction.Bounce, OnTempError = PolicyAction.Defer }.ActionFor(outcome).Should().Be(expected);
        new DmarcOptions().ActionFor(outcome).Should().Be(PolicyAction.Accept, "by default it is only recorded");
    }

    [Fact]
    public void Every_result_and_policy_has_its_word()
    {
        Enum.GetValues<DmarcResult>().Select(r => r.Token()).Should().Equal("none", "pass", "fail", "temperror", "permerror");
        Enum.GetValues<DmarcPolicy>().Select(p => p.Token()).Should().Equal("none", "quarantine", "reject");
        DmarcWords.TryParse("Reject", out var policy).Should().BeTrue();
        policy.Should().Be(DmarcPolicy.Reject);
        DmarcWords.TryParse("", out _).Should().BeFalse();
    }
}
