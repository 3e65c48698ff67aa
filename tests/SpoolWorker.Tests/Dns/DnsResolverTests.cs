using System.Net;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dns;

/// <summary>The resolver against a server over real sockets, good and bad.</summary>
public sealed class DnsResolverTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static DnsResolver Resolver(TestDnsServer server, double timeout = 5, int retries = 1, TimeProvider? time = null) =>
        new(new DnsOptions { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(timeout), Retries = retries }, time ?? TimeProvider.System);

    [Fact]
    public async Task Records_of_all_types_are_read()
    {
        using var server = new TestDnsServer(new Zone().Txt("example.org", "v=spf1 -all").A("example.org", "192.0.2.1").A("example.org", "192.0.2.2").A("example.org", "2001:db8::1")
            .Mx("example.org", 20, "b.example.org").Mx("example.org", 10, "a.example.org").Mx("null.example.org", 0, ".").HostOf("192.0.2.1", "host.example.org").HostOf("2001:db8::1", "host6.example.org"));
        var dns = Resolver(server);
        Text(await dns.TxtAsync("EXAMPLE.org.", None)).Should().Equal("v=spf1 -all");
        (await dns.AddressesAsync("example.org", AddressFamily.InterNetwork, None)).Records.Should().BeEquivalentTo([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")]);
        (await dns.AddressesAsync("example.org", AddressFamily.InterNetworkV6, None)).Records.Should().Equal(IPAddress.Parse("2001:db8::1"));
        (await dns.MxAsync("example.org", None)).Records.Should().Equal(new MxRecord(20, "b.example.org"), new MxRecord(10, "a.example.org"));
        (await dns.MxAsync("null.example.org", None)).Records.Should().Equal(new MxRecord(0, "."));
        (await dns.PtrAsync(IPAddress.Parse("192.0.2.1"), None)).Records.Should().Equal("host.example.org");
        (await dns.PtrAsync(IPAddress.Parse("::ffff:192.0.2.1"), None)).Records.Should().Equal("host.example.org");
        (await dns.PtrAsync(IPAddress.Parse("2001:db8::1"), None)).Records.Should().Equal("host6.example.org");
    }

    [Fact]
    public async Task Text_keeps_every_byte()
    {
        var all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var tricky = Encoding.Latin1.GetBytes("\\200 \\\\ \" ; \\;\u00e9\u20ac\\044".Replace("\u20ac", "\u00e2\u0082\u00ac", StringComparison.Ordinal));
        using var server = new TestDnsServer(new Zone().TxtStrings("bytes.example", all[..200], [], all[200..], tricky).TxtStrings("empty.example"));
        var dns = Resolver(server);
        (await dns.TxtAsync("bytes.example", None)).Records.Single().ToArray().Should().Equal([.. all, .. tricky]);
        (await dns.TxtAsync("empty.example", None)).Records.Single().Length.Should().Be(0);
    }

    [Fact]
    public async Task Text_keeps_bytes_that_look_like_escapes()
    {
        // Pieces that DnsClient's two forms of a text confuse, in random order.
        var random = new Random(7);
        byte[][] pieces = ["\\130"u8.ToArray(), "\\"u8.ToArray(), "\""u8.ToArray(), "\\226"u8.ToArray(), "a"u8.ToArray(), "13"u8.ToArray(), [0xe2], [0x82], [0xac], [0xff], [0x01], [0xef, 0xbf, 0xbd], [0xe2, 0x82, 0xac]];
        var texts = Enumerable.Range(0, 400).Select(_ => Enumerable.Range(0, random.Next(1, 12)).SelectMany(_ => pieces[random.Next(pieces.Length)]).ToArray()).ToList();
        var zone = new Zone();
        foreach (var text in texts) zone.TxtStrings("many.example", text);
        using var server = new TestDnsServer(zone);
        var answer = await Resolver(server).TxtAsync("many.example", None);
        answer.Records.Select(r => Convert.ToHexString(r.Span)).Should().Equal(texts.Select(t => Convert.ToHexString(t)));
    }

    [Theory]
    [InlineData("plain.example")]
    [InlineData("_dmarc.ex-ample_1.example")]
    [InlineData("user+tag=x.local.example")]
    [InlineData("with space.%~!*'().example")]
    [InlineData("back\\slash.\"quote\".example")]
    [InlineData("xn--caf-dma.example")]
    [InlineData("caf\u00c3\u00a9.example")]
    [InlineData("control\u0001\u007f.example")]
    [InlineData("a.b.c.d.e.f.g.h.i.j.k.example")]
    public async Task Odd_names_reach_the_server_as_they_are(string name)
    {
        using var server = new TestDnsServer(new Zone().Txt(name, "yes"));
        Text(await Resolver(server).TxtAsync(name, None)).Should().Equal("yes");
        server.Asked.Should().ContainSingle().Which.Name.Should().Be(name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.b..")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123.example")]
    [InlineData("\u20ac.example")]
    [InlineData("\u00e9.example")]
    public async Task A_name_nobody_can_ask_for_is_a_result(string name)
    {
        using var server = new TestDnsServer(new Zone());
        (await Resolver(server).TxtAsync(name, None)).Status.Should().Be(DnsStatus.BadName);
        server.Queries.Should().Be(0);
    }

    [Fact]
    public async Task Names_may_have_253_octets_and_no_more()
    {
        var label = new string('a', 62);
        var longest = $"{label}.{label}.{label}.{label}.b";
        longest.Length.Should().Be(253);
        using var server = new TestDnsServer(new Zone().Txt(longest, "yes"));
        Text(await Resolver(server).TxtAsync(longest, None)).Should().Equal("yes");
        (await Resolver(server).TxtAsync("c" + longest, None)).Status.Should().Be(DnsStatus.BadName, "its first label is 63 long, the name 254");
    }

    [Theory]
    [InlineData("nothing.example", DnsStatus.NameError)]
    [InlineData("empty.example", DnsStatus.NoData)]
    [InlineData("above.example", DnsStatus.NoData)]
    [InlineData("fails.example", DnsStatus.ServerFailure)]
    [InlineData("refuses.example", DnsStatus.ServerFailure)]
    [InlineData("bogus.example", DnsStatus.Bogus)]
    [InlineData("garbage.example", DnsStatus.ServerFailure)]
    [InlineData("cut.example", DnsStatus.ServerFailure)]
    [InlineData("wrong-id.example", DnsStatus.ServerFailure)]
    [InlineData("wrong-question.example", DnsStatus.ServerFailure)]
    [InlineData("truncated-always.example", DnsStatus.ServerFailure)]
    [InlineData("silent.example", DnsStatus.TimeOut)]
    [InlineData("late.example", DnsStatus.TimeOut)]
    [InlineData("loop.example", DnsStatus.ServerFailure)]
    public async Task Ways_not_to_answer_are_kept_apart(string name, DnsStatus expected)
    {
        var clock = new FakeClock();
        var zone = new Zone { TimeGoesBy = clock.Advance }.Empty("empty.example").Txt("below.above.example", "x").Cname("loop.example", "loop2.example").Cname("loop2.example", "loop.example")
            .Fault("fails.example", ZoneFault.ServerFailure).Fault("refuses.example", ZoneFault.Refused).Fault("bogus.example", ZoneFault.Bogus)
            .Fault("garbage.example", ZoneFault.Garbage).Fault("wrong-id.example", ZoneFault.WrongId).Fault("wrong-question.example", ZoneFault.WrongQuestion)
            .Fault("silent.example", ZoneFault.Silent).Delay("late.example", Zone.Silence).Txt("late.example", "x").Txt("cut.example", "abcdefgh").Fault("cut.example", ZoneFault.CutOff)
            .Fault("truncated-always.example", ZoneFault.TruncatedAlways);
        using var server = new TestDnsServer(zone);
        var answer = await Resolver(server, timeout: Zone.Silence.TotalSeconds, time: clock).TxtAsync(name, None);
        answer.Status.Should().Be(expected);
        answer.Records.Should().BeEmpty();
        answer.IsTemporary.Should().Be(expected is not (DnsStatus.NameError or DnsStatus.NoData));
    }

    [Theory]
    [InlineData(ZoneFault.Truncated)]
    [InlineData(ZoneFault.Silent)]
    [InlineData(ZoneFault.ServerFailure)]
    [InlineData(ZoneFault.WrongId)]
    [InlineData(ZoneFault.WrongQuestion)]
    [InlineData(ZoneFault.Garbage)]
    public async Task One_bad_answer_is_got_over(ZoneFault fault)
    {
        using var server = new TestDnsServer(new Zone().Txt("once.example", "yes").Fault("once.example", fault, times: 1));
        Text(await Resolver(server, timeout: 2).TxtAsync("once.example", None)).Should().Equal("yes");
    }

    [Fact]
    public async Task A_large_answer_comes_by_tcp()
    {
        var zone = new Zone();
        for (var i = 0; i < 60; i++) zone.Txt("large.example", $"{i} {new string('x', 600)}");
        using var server = new TestDnsServer(zone);
        (await Resolver(server).TxtAsync("large.example", None)).Records.Should().HaveCount(60);
        server.Asked.Select(a => a.Tcp).Should().Equal(false, true);
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_is_silent()
    {
        using var silent = new TestDnsServer(new Zone().Fault("a.example", ZoneFault.Silent));
        using var good = new TestDnsServer(new Zone().Txt("a.example", "yes"));
        var dns = new DnsResolver(new DnsOptions { Servers = [silent.Address, good.Address], Timeout = TimeSpan.FromSeconds(2), Retries = 0 }, TimeProvider.System);
        Text(await dns.TxtAsync("a.example", None)).Should().Equal("yes");
        var refused = new DnsResolver(new DnsOptions { Servers = ["127.0.0.1:1"], Timeout = TimeSpan.FromSeconds(0.2), Retries = 0 }, TimeProvider.System);
        (await refused.TxtAsync("a.example", None)).IsTemporary.Should().BeTrue();
    }

    [Fact]
    public async Task Aliases_are_followed_within_an_answer_and_by_asking_again()
    {
        using var server = new TestDnsServer(new Zone { NegativeTtl = null }.Cname("one.example", "two.example").Cname("two.example", "Three.Example").Txt("three.example", "yes")
            .Cname("dead.example", "nowhere.example"));
        var dns = Resolver(server);
        Text(await dns.TxtAsync("one.example", None)).Should().Equal("yes");
        (await dns.TxtAsync("dead.example", None)).Status.Should().Be(DnsStatus.NameError);
    }

    [Fact]
    public async Task Answers_are_kept_for_their_ttl_and_no_longer()
    {
        var zone = new Zone { Ttl = 60, NegativeTtl = 30 }.Txt("a.example", "old");
        using var server = new TestDnsServer(zone);
        var clock = new FakeClock();
        var dns = Resolver(server, time: clock);
        var first = await dns.TxtAsync("a.example", None);
        (await dns.TxtAsync("A.EXAMPLE.", None)).Should().BeSameAs(first);
        (await dns.TxtAsync("no.example", None)).Status.Should().Be(DnsStatus.NameError);
        (await dns.TxtAsync("no.example", None)).Status.Should().Be(DnsStatus.NameError);
        server.Queries.Should().Be(2);
        zone.Remove("a.example");
        zone.Txt("a.example", "new");
        clock.Advance(TimeSpan.FromSeconds(31));
        Text(await dns.TxtAsync("a.example", None)).Should().Equal("old");
        await dns.TxtAsync("no.example", None);
        server.Queries.Should().Be(3, "the negative answer has run out");
        clock.Advance(TimeSpan.FromSeconds(30));
        Text(await dns.TxtAsync("a.example", None)).Should().Equal("new");
    }

    [Fact]
    public async Task Failures_are_kept_for_seconds_only()
    {
        var zone = new Zone().Txt("a.example", "yes").Fault("a.example", ZoneFault.ServerFailure, times: 2);
        using var server = new TestDnsServer(zone);
        var clock = new FakeClock();
        var dns = Resolver(server, time: clock);
        (await dns.TxtAsync("a.example", None)).Status.Should().Be(DnsStatus.ServerFailure);
        (await dns.TxtAsync("a.example", None)).Status.Should().Be(DnsStatus.ServerFailure);
        server.Queries.Should().Be(2, "one lookup of two tries");
        clock.Advance(TimeSpan.FromSeconds(6));
        Text(await dns.TxtAsync("a.example", None)).Should().Equal("yes");
    }

    [Fact]
    public async Task Equal_questions_at_once_are_asked_once_and_a_caller_may_leave()
    {
        using var server = new TestDnsServer(new Zone().Txt("a.example", "yes").Delay("a.example", TimeSpan.FromSeconds(0.3)));
        var dns = Resolver(server);
        using var leave = new CancellationTokenSource();
        var leaving = dns.TxtAsync("a.example", leave.Token).AsTask();
        var staying = Enumerable.Range(0, 20).Select(_ => dns.TxtAsync("a.example", None).AsTask()).ToList();
        await leave.CancelAsync();
        await FluentActions.Awaiting(() => leaving).Should().ThrowAsync<OperationCanceledException>();
        (await Task.WhenAll(staying)).Should().OnlyContain(a => a.Status == DnsStatus.Success);
        server.Queries.Should().Be(1);
    }

    [Fact]
    public async Task The_cache_stays_within_its_bytes()
    {
        var cache = new DnsCache(100_000, TimeProvider.System);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Add(new DnsKey(DnsClient.QueryType.TXT, $"{i}.example"), $"{i}", TimeSpan.FromMinutes(1), 100);
            cache.Find(new DnsKey(DnsClient.QueryType.TXT, "0.EXAMPLE")).Should().Be("0", "what is used stays");
        }
        cache.Bytes.Should().BeLessThanOrEqualTo(100_000);
        cache.Find(new DnsKey(DnsClient.QueryType.TXT, "9999.example")).Should().Be("9999");
        cache.Find(new DnsKey(DnsClient.QueryType.A, "9999.example")).Should().BeNull();
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData("192.0.2.1:5353", "192.0.2.1:5353")]
    [InlineData("2001:db8::1", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]:99", "[2001:db8::1]:99")]
    [InlineData("", null)]
    [InlineData("ns.example", null)]
    [InlineData("10", null)]
    [InlineData("192.0.2.1:", null)]
    [InlineData("192.0.2.1:0", null)]
    [InlineData("192.0.2.1:70000", null)]
    [InlineData("[192.0.2.1]:53", null)]
    [InlineData("[2001:db8::1]x", null)]
    [InlineData("[2001:db8::1", null)]
    public void Servers_are_addresses_with_or_without_port(string text, string? expected)
    {
        DnsOptions.TryParseServer(text, out var server).Should().Be(expected is not null);
        if (expected is not null) server.ToString().Should().Be(expected);
        DnsOptions.Faults(new DnsOptions { Servers = [text] }).Should().HaveCount(expected is null ? 1 : 0);
    }

    private static IEnumerable<string> Text(DnsAnswer<ReadOnlyMemory<byte>> answer)
    {
        answer.Status.Should().Be(DnsStatus.Success);
        return answer.Records.Select(r => Encoding.Latin1.GetString(r.Span));
    }
}
