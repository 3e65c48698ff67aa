using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dns;

/// <summary>Trouble of the DNS as a whole is said, once, and its end.</summary>
public class DnsOutageTests
{
    [Fact]
    public async Task An_outage_is_one_warning_and_its_end_one_line()
    {
        var zone = new Zone().Txt("up.example", "yes");
        foreach (var name in new[] { "a.example", "_dmarc.b.example", "c.example", "d.example" }) zone.Fault(name, ZoneFault.ServerFailure);
        using var server = new TestDnsServer(zone);
        var log = new LogLines();
        var dns = new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(5), Retries = 0 }, TimeProvider.System, new Logger<DnsResolver>(log));

        foreach (var name in new[] { "a.example", "_dmarc.b.example", "c.example", "d.example" }) await dns.TxtAsync(name, CancellationToken.None);
        log.Count("Warning: DNS:").Should().Be(1);
        log.All.Should().Contain("c.example (server failure)");
        await dns.TxtAsync("up.example", CancellationToken.None);

        log.Count("lookups are answered again").Should().Be(1);
        log.Count("DNS:").Should().Be(2);
    }

    [Fact]
    public void A_domain_in_trouble_is_no_outage()
    {
        var log = new LogLines();
        var outage = new DnsOutage(new Logger<DnsResolver>(log));
        for (var message = 0; message < 20; message++)
        {
            foreach (var name in new[] { "dead.example", "_dmarc.dead.example", "s1._domainkey.dead.example" }) outage.Note(name, DnsStatus.TimeOut);
            outage.Note("alive.example", DnsStatus.NoData);
        }
        outage.Note("x..y", DnsStatus.BadName);

        log.All.Should().BeEmpty();
    }

    [Fact]
    public void When_nothing_but_one_domain_is_asked_for_it_takes_longer_to_be_sure()
    {
        var log = new LogLines();
        var outage = new DnsOutage(new Logger<DnsResolver>(log));
        for (var i = 0; i < 7; i++) outage.Note("only.example", DnsStatus.TimeOut);
        log.All.Should().BeEmpty();

        for (var i = 0; i < 7; i++) outage.Note("only.example", DnsStatus.TimeOut);

        log.Count("8 lookups in a row were not answered").Should().Be(1);
    }
}
