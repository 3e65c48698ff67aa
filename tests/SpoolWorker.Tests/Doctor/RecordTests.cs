using System.Net;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Records;
using SpoolWorker.Passes.Dns;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Doctor;

/// <summary>Name servers and records of ours: each finding provoked, and gone when it is mended.</summary>
public sealed class RecordTests : IDisposable
{
    private const string Name = "s._domainkey.d.example";

    private readonly Playground _play = new();
    private readonly Zone _zone = new();
    private readonly TestDnsServer _server;

    public RecordTests()
    {
        _server = new TestDnsServer(_zone);
        _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Made("spool/msglog"));
    }

    public void Dispose()
    {
        _server.Dispose();
        _play.Dispose();
    }

    [Theory]
    [InlineData("rsa2048")]
    [InlineData("ed25519")]
    public void A_record_is_compared_with_its_key(string type)
    {
        var made = _play.Run("keygen", "--type", type, "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/k", "--json").Json;
        var record = made.GetProperty("record").GetString()!;
        string[] sign = [.. Dns, "--Passes:0=dkim-sign", "--Dkim:Sign:Keys:0:Domain=d.example", "--Dkim:Sign:Keys:0:Selector=s", $"--Dkim:Sign:Keys:0:PrivateKeyFile={_play.Path}/k"];

        var missing = DoctorRun.Of(_play, sign).Find("key-record-missing");
        missing.GetProperty("subject").GetString().Should().Be("Dkim:Sign:Keys:0");
        missing.GetProperty("cure").GetString().Should().Be($"publish {Name} TXT \"{record}\"");
        Publish(record);
        DoctorRun.Of(_play, sign).Names.Should().NotContain(n => n.StartsWith("key-record"));
        Publish(record + "; t=y");
        DoctorRun.Of(_play, sign).Names.Should().Contain("key-record-testing");
        Publish(record + "; h=sha1");
        DoctorRun.Of(_play, sign).Find("key-record-unusable").GetProperty("text").GetString().Should().EndWith("h= does not name sha256");
        Publish("v=DKIM1; p=");
        DoctorRun.Of(_play, sign).Find("key-record-unusable").GetProperty("text").GetString().Should().Contain("revoked");
        Publish("v=DKIM1; p=???");
        DoctorRun.Of(_play, sign).Names.Should().Contain("key-record-unusable");
        Publish(_play.Run("keygen", "--type", type, "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/other", "--json").Json.GetProperty("record").GetString()!);
        DoctorRun.Of(_play, sign).Find("key-record-differs").GetProperty("text").GetString().Should().Be($"{Name} is not of {_play.Path}/k");
        _zone.Fault(Name, ZoneFault.ServerFailure);
        DoctorRun.Of(_play, sign).Find("key-record-unknown").GetProperty("severity").GetString().Should().Be("unknown");
    }

    [Fact]
    public void The_key_that_seals_is_looked_at_too()
    {
        _play.Run("keygen", "--type", "rsa2048", "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/k").ExitCode.Should().Be(0);
        DoctorRun.Of(_play, [.. Dns, "--Passes:0=arc-seal", "--Arc:Seal:AdmdId=mx.example", "--Arc:Seal:Domain=d.example", "--Arc:Seal:Selector=s", $"--Arc:Seal:PrivateKeyFile={_play.Path}/k"])
            .Find("key-record-missing").GetProperty("subject").GetString().Should().Be("Arc:Seal");
    }

    [Fact]
    public async Task The_domain_of_srs_addresses_takes_mail_and_lets_us_send()
    {
        var dns = new DnsResolver(new DnsOptions { Servers = [_server.Address], CacheBytes = 0 }, TimeProvider.System);
        async Task<IEnumerable<string>> Of(params string[] own) => (await SrsRecordChecks.OfAsync("srs.example", [.. own.Select(IPAddress.Parse)], dns, TimeProvider.System, CancellationToken.None)).Select(f => f.Kind?.Name ?? f.Text);
        (await Of()).Should().Equal("srs-domain-without-mx", "srs-domain-without-spf");
        _zone.Mx("srs.example", 10, "mx.srs.example");
        (await Of()).Should().Contain("srs-domain-without-mx", "its host has no address");
        _zone.A("mx.srs.example", "192.0.2.1").Txt("srs.example", "v=spf1 ip4:192.0.2.1 -all");
        (await Of("192.0.2.1")).Should().Equal("mail to srs.example goes to mx.srs.example", "srs.example has an SPF policy that lets 192.0.2.1 send");
        (await Of("192.0.2.1", "192.0.2.9")).Should().Contain("srs-domain-spf-fails");
        _zone.Fault("srs.example", ZoneFault.ServerFailure);
        (await Of()).Should().Equal("srs-domain-unknown", "srs-domain-unknown");
        _zone.Mx("null.example", 0, "");
        (await SrsRecordChecks.OfAsync("null.example", [], dns, TimeProvider.System, CancellationToken.None))[0].Kind.Should().Be(RecordKinds.SrsMx);
    }

    [Fact]
    public void A_name_server_that_is_silent_is_told_and_one_of_two_only_costs_time()
    {
        _zone.Fault("localhost", ZoneFault.ServerFailure);
        string[] asks = ["--Passes:0=authenticate", "--Authentication:AuthservId=mx.example"];
        DoctorRun.Of(_play, [.. Dns, .. asks]).Find("dns-silent").GetProperty("severity").GetString().Should().Be("error");
        using var other = new TestDnsServer(new Zone());
        DoctorRun.Of(_play, [.. Dns, $"--Dns:Servers:1={other.Address}", .. asks]).Find("dns-silent").GetProperty("severity").GetString().Should().Be("warning");
        DoctorRun.Of(_play, [.. Dns, $"--Dns:Servers:1={_server.Address}", .. asks]).All("dns-silent").Select(f => f.GetProperty("severity").GetString()).Should().Equal(["error", "error"], "nobody is left to ask");
        _zone.Fault("localhost", ZoneFault.None);
        DoctorRun.Of(_play, [.. Dns, .. asks]).Names.Should().NotContain("dns-silent");
        // Nobody asks it: nobody cares.
        _zone.Fault("localhost", ZoneFault.ServerFailure);
        DoctorRun.Of(_play, Dns).Names.Should().NotContain("dns-silent");
    }

    private string[] Dns => [$"--Dns:Servers:0={_server.Address}", "--Dns:Timeout=5s", "--Dns:Retries=0"];

    private void Publish(string record)
    {
        _zone.Remove(Name);
        _zone.Txt(Name, record);
    }
}
