// Work, lookups and memory are bounded whatever comes, and a usual message costs little memory whatever its body.
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcLimitTests
{
    // Of this thread's own processor time, so that nobody else's work counts: far above the second it takes, far below the minutes of work without a
    // bound. What is done for a line cannot be counted from outside.
    private static readonly TimeSpan MostWork = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Fifty_sets_of_fifty_keys_with_a_megabyte_of_header_are_verified()
    {
        var dns = new FakeDns();
        foreach (var i in Enumerable.Range(1, 50)) dns.Txt($"k{i}._domainkey.{ArcPeers.Domain}", KeyRecord);
        var chain = Encoding.Latin1.GetString(ManyKeys(50, $"X-Filler: {new string('x', 900)}\n"));
        var filler = string.Concat(Enumerable.Range(0, 1100).Select(i => $"X-Filler: {i} {new string('x', 900)}\n"));
        var before = ThreadTime.Now;
        var verifying = ArcMessage.Verify(Encoding.Latin1.GetBytes(filler + chain), dns);
        verifying.IsCompleted.Should().BeTrue("nothing is waited for");
        (ThreadTime.Now - before).Should().BeLessThan(MostWork);
        var result = await verifying;
        result.State.Should().Be(ArcState.Pass, "{0}", result.ReasonText);
        result.OldestPass.Should().Be(1);
        dns.Queries.Should().Be(50);
    }

    [Fact]
    public async Task A_51st_set_or_a_set_above_the_limit_costs_no_lookup()
    {
        using var dns = new TestDnsServer(Keys(new Zone(), 50));
        var chain = ManyKeys(3, "");
        var above = Encoding.Latin1.GetBytes(Regex.Replace(Encoding.Latin1.GetString(chain), @"(ARC-[A-Za-z-]+: i=)3;", "${1}51;"));
        (await ArcMessage.Verify(above, ArcMessage.Resolver(dns))).Reason.Should().Be(ArcReason.InstanceInvalid);
        (await ArcMessage.Verify(chain, ArcMessage.Resolver(dns), new ArcOptions { MaxSets = 2 })).Reason.Should().Be(ArcReason.TooManySets);
        dns.Queries.Should().Be(0);
    }

    [Fact]
    public async Task Thousands_of_lines_that_repeat_are_passed_over()
    {
        var dns = new FakeDns();
        foreach (var line in new[] { "ARC-Seal: i=1; cv=none\n", "ARC-Seal: i=0\n", "ARC-Seal: \n", "ARC-Authentication-Results: i=50; x\n", "ARC-Message-Signature: i=7; =\n", $"ARC-Authentication-Results: {new string('(', 90)} i=1\n" })
        {
            var before = ThreadTime.Now;
            var verifying = ArcMessage.Verify(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(line, 20_000)) + "\nbody\n"), dns);
            verifying.IsCompleted.Should().BeTrue("nothing is waited for");
            (ThreadTime.Now - before).Should().BeLessThan(MostWork);
            (await verifying).State.Should().Be(ArcState.Fail);
        }
        dns.Queries.Should().Be(0, "a malformed chain costs no lookup");
    }

    [Fact]
    public async Task Nonsense_in_ARC_lines_never_throws()
    {
        string[] words = ["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results", ":", ": ", "i=1", "i=2", ";", "; ", "a=rsa-sha256", "b=AAAA", "bh=AA==", "cv=none", "d=x.example", "s=s", "h=from", "\n", "\n ", "(", ")",
            "\"", "\\", "\0", "\u00e9", "mx.example", "spf=pass", "=", "c=relaxed/relaxed", "l=99999999999999999999", "x=-1", "t="];
        using var dns = new TestDnsServer(new Zone());
        var (resolver, random, sealer) = (ArcMessage.Resolver(dns), new Random(7), new ArcSealer("mx.example", SealTimes.Default, ArcSealOptions.DefaultNames));
        for (var round = 0; round < 800; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => words[random.Next(words.Length)])) + "\n\nbody\n";
            var bytes = Encoding.Latin1.GetBytes("Authentication-Results: mx.example; none\n" + text);
            var result = await ArcMessage.Verify(bytes, resolver);
            result.State.Should().NotBe(ArcState.Pass);
            var message = ArcMessage.Read(bytes);
            var made = sealer.Seal(message, ArcChain.Read(message.Headers, ArcInstance.Max), ArcPeers.Key(ed: true), false, ArcChainTests.Now, CancellationToken.None);
            made.Outcome.Should().BeOneOf(SealOutcome.Sealed, SealOutcome.ChainClosed, SealOutcome.ChainFull);
            made.Lines.Should().HaveCount(made.Outcome == SealOutcome.Sealed ? 3 : 0);
        }
    }

    [Fact]
    public async Task Lookups_keep_to_the_deadline_of_all_of_them()
    {
        // Each answer comes, but late: 20 of them would take 4 seconds. Time goes by with the answers alone.
        using var dns = new TestDnsServer(Keys(new Zone(), 20));
        var clock = new Engine.FakeClock();
        clock.Jump(ArcChainTests.Clock(ArcChainTests.Now).GetUtcNow() - clock.GetUtcNow());
        var late = new LateDns(ArcMessage.Resolver(dns), clock, TimeSpan.FromMilliseconds(200));
        var result = await ArcMessage.Verify(ManyKeys(20, ""), late, new ArcOptions { Deadline = TimeSpan.FromMilliseconds(500) }, clock);
        (result.State, result.Reason).Should().Be((ArcState.TempError, ArcReason.KeyUnavailable));
        dns.Queries.Should().Be(3, "the fourth would begin after the deadline");
    }

    private sealed class LateDns(IDnsResolver dns, Engine.FakeClock clock, TimeSpan wait) : IDnsResolver
    {
        public async ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken)
        {
            var answer = await dns.TxtAsync(name, cancellationToken);
            clock.Advance(wait);
            return answer;
        }

        public ValueTask<DnsAnswer<System.Net.IPAddress>> AddressesAsync(string name, System.Net.Sockets.AddressFamily family, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DnsAnswer<string>> PtrAsync(System.Net.IPAddress address, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(3_000_000)]
    public async Task Memory_for_a_message_is_small_whatever_its_body(int body)
    {
        var text = Encoding.Latin1.GetString(ArcChainTests.Plain).Replace("Hello\n", string.Concat(Enumerable.Repeat("some words of a line  \n", body / 23)), StringComparison.Ordinal);
        var one = Seal(Encoding.Latin1.GetBytes(text));
        var dns = new OneKey();
        var cache = new KeyCache();
        var verifier = new ArcVerifier(new ArcOptions(), ArcChainTests.Clock(ArcChainTests.Now));
        var key = ArcPeers.Key();
        var sealer = new ArcSealer(ArcPeers.Admd, SealTimes.Default, ArcSealOptions.DefaultNames);
        var (headers, bytes) = Parts(one);
        var (verifying, sealing) = (long.MaxValue, long.MaxValue);
        for (var round = 0; round < 20; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var message = new SignedMessage(headers, new BodyHashes(new MemoryBody(bytes)));
            var pending = verifier.VerifyAsync(message, new KeyLookups(dns, cache, ArcVerifier.MaxLookups), CancellationToken.None);
            pending.IsCompletedSuccessfully.Should().BeTrue("nothing is waited for with warm keys");
            var result = await pending;
            var between = GC.GetAllocatedBytesForCurrentThread();
            var made = sealer.Seal(new SignedMessage(headers, new BodyHashes(new MemoryBody(bytes))), ArcChain.Read(message.Headers, ArcInstance.Max), key, true, ArcChainTests.Now, CancellationToken.None);
            var after = GC.GetAllocatedBytesForCurrentThread();
            result.State.Should().Be(ArcState.Pass);
            made.Outcome.Should().Be(SealOutcome.Sealed);
            // The least of several rounds: pools and compiled code are there then.
            (verifying, sealing) = (Math.Min(verifying, between - before), Math.Min(sealing, after - between));
        }
        verifying.Should().BeLessThan(4096);
        sealing.Should().BeLessThan(16384);
    }

    private static (System.Collections.Immutable.ImmutableArray<SpoolWorker.Spool.HeaderLine> Headers, ReadOnlyMemory<byte> Body) Parts(byte[] message)
    {
        var section = SpoolWorker.Commands.Input.HeaderSection.Read(message, isWhole: true)!;
        return (section.Lines, message.AsMemory(section.BodyStart));
    }

    private static byte[] Seal(byte[] message)
    {
        byte[] whole = [.. Encoding.Latin1.GetBytes($"Authentication-Results: {ArcPeers.Admd}; spf=pass smtp.mfrom=a@a.example; arc=none\n"), .. message];
        return ArcMessage.With(whole, new ArcSealer(ArcPeers.Admd, SealTimes.Default, ArcSealOptions.DefaultNames).Seal(ArcMessage.Read(whole), null, ArcPeers.Key(), false, ArcChainTests.Now, CancellationToken.None).Lines);
    }

    private static string KeyRecord => $"v=DKIM1; k=ed25519; p={ArcPeers.Key(ed: true).Private.PublicBase64()}";

    private static Zone Keys(Zone zone, int count)
    {
        for (var i = 1; i <= count; i++) zone.Txt($"k{i}._domainkey.{ArcPeers.Domain}", KeyRecord);
        return zone;
    }

    // Each set under a selector of its own.
    private static byte[] ManyKeys(int sets, string between)
    {
        var message = ArcChainTests.Plain;
        for (var i = 1; i <= sets; i++)
        {
            byte[] whole = [.. Encoding.Latin1.GetBytes($"Authentication-Results: {ArcPeers.Admd}; arc=pass\n{between}"), .. message];
            var read = ArcMessage.Read(whole);
            var key = ArcPeers.Key(ed: true) with { Selector = $"k{i}" };
            var made = new ArcSealer(ArcPeers.Admd, SealTimes.Default, ArcSealOptions.DefaultNames).Seal(read, ArcChain.Read(read.Headers, ArcInstance.Max), key, true, ArcChainTests.Now, CancellationToken.None);
            message = ArcMessage.With(message, made.Lines);
        }
        return message;
    }

    /// <summary>The answer from memory, as a resolver's cache gives it: without waiting.</summary>
    private sealed class OneKey : IDnsResolver
    {
        private readonly DnsAnswer<ReadOnlyMemory<byte>> _answer = new(DnsStatus.Success, [Encoding.ASCII.GetBytes($"v=DKIM1; k=rsa; p={ArcPeers.Key().Private.PublicBase64()}")]);

        public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken) => new(_answer);

        public ValueTask<DnsAnswer<System.Net.IPAddress>> AddressesAsync(string name, System.Net.Sockets.AddressFamily family, CancellationToken cancellationToken) => throw new InvalidOperationException("ARC asks for keys only");

        public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => throw new InvalidOperationException("ARC asks for keys only");

        public ValueTask<DnsAnswer<string>> PtrAsync(System.Net.IPAddress address, CancellationToken cancellationToken) => throw new InvalidOperationException("ARC asks for keys only");
    }
}
