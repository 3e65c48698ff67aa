// What a message costs: heap bytes do not grow with the body; a DNS server that is silent, late or wrong costs bounded time.
using System.Text;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dkim;

public sealed class DkimCostTests
{
    [Theory]
    [InlineData(10_000, "relaxed/relaxed")]
    [InlineData(1_000_000, "relaxed/relaxed")]
    [InlineData(1_000_000, "simple/simple")]
    public void Heap_bytes_do_not_grow_with_the_body(int size, string form)
    {
        var body = new MemoryBody(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("All work and no play makes a dull mail queue, and so every line differs\n", size / 72))));
        var plain = Mail.Message(Mail.Plain);
        var signer = Mail.Signer(KeyType.Rsa, form);
        var signed = plain.Sign(body, signer);
        var dns = Mail.Dns();
        var cache = new KeyCache();
        var verifier = new DkimVerifier(new DkimOptions());
        var verify = Least(() =>
        {
            var task = verifier.VerifyAsync(signed, new BodyHashes(body), verifier.Lookups(dns, cache), default);
            if (!task.IsCompletedSuccessfully || task.Result.Result != DkimResult.Pass) throw new InvalidOperationException("not verified");
        });
        verify.Should().BeLessThan(4096);
        Least(() => signer.Sign(new SignedMessage(plain.Headers, new BodyHashes(body)), Mail.Now, default)).Should().BeLessThan(16384);
    }

    [Fact]
    public async Task A_silent_server_is_a_temporary_error_after_bounded_time()
    {
        var clock = new FakeClock();
        var zone = new Zone { TimeGoesBy = clock.Advance };
        var message = Mail.Message(Mail.Plain);
        for (var i = 0; i < 9; i++)
        {
            zone.Fault($"s._domainkey.d{i}.example", ZoneFault.Silent);
            message = message.WithHeaderOnTop(HeaderLine.Create($"DKIM-Signature: v=1; a=rsa-sha256; d=d{i}.example; s=s; h=from; bh=AAAA; b=AAAA\n"));
        }
        using var server = new TestDnsServer(zone);
        var resolver = new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = Zone.Silence, Retries = 0 }, clock);
        var lookups = new KeyLookups(resolver, new KeyCache(), timeAllowed: 1.5 * Zone.Silence, time: clock);
        var found = await new DkimVerifier(new DkimOptions()).VerifyAsync(message, new BodyHashes(MemoryBody.Empty), lookups, default);
        found.Signatures.Should().HaveCount(9).And.OnlyContain(s => s.Result == DkimResult.TempError);
        found.Signatures.Select(s => s.Reason).Should().Contain("no time left for key lookups").And.Contain("key lookup timed out");
        server.Queries.Should().Be(2, "the time is over then");
    }

    [Theory]
    [InlineData(ZoneFault.None, DkimResult.Pass)]
    [InlineData(ZoneFault.Truncated, DkimResult.Pass)]
    [InlineData(ZoneFault.ServerFailure, DkimResult.TempError)]
    [InlineData(ZoneFault.Bogus, DkimResult.TempError)]
    [InlineData(ZoneFault.Garbage, DkimResult.TempError)]
    [InlineData(ZoneFault.WrongId, DkimResult.TempError)]
    public async Task Servers_that_misbehave_never_make_it_fail(ZoneFault fault, DkimResult expected)
    {
        var body = new MemoryBody("x\n"u8.ToArray());
        var signed = Mail.Message(Mail.Plain).Sign(body, Mail.Signer(KeyType.Rsa));
        var zone = new Zone().Txt($"r1._domainkey.{Mail.Domain}", Mail.Record(KeyType.Rsa));
        if (fault != ZoneFault.None) zone.Fault($"r1._domainkey.{Mail.Domain}", fault);
        using var server = new TestDnsServer(zone);
        var resolver = new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = Zone.Silence, Retries = 0 }, TimeProvider.System);
        var verifier = new DkimVerifier(new DkimOptions());
        var found = await verifier.VerifyAsync(signed, new BodyHashes(body), verifier.Lookups(resolver, new KeyCache()), default);
        found.Result.Should().Be(expected, found.Signatures[0].Reason);
    }

    // The first runs make what is kept: compiled code, rented buffers, imported keys.
    private static long Least(Action work)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
