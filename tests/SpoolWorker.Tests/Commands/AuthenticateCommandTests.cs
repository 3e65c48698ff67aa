using System.Text;
using System.Text.Json;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Commands;

/// <summary>spoolworker authenticate, as a process, with a DNS server over real sockets.</summary>
public sealed class AuthenticateCommandTests : IDisposable
{
    private static readonly MemoryBody Body = new("Hello\n"u8.ToArray());

    private readonly Playground _play = new();
    private readonly TestDnsServer _dns = new(new Zone()
        .Txt("example.org", "v=spf1 ip4:192.0.2.0/24 exp=why.example.org -all").Txt("why.example.org", "not from %{c}").Txt("_dmarc.example.org", "v=DMARC1; p=reject")
        .Txt("r1._domainkey.example.org", Mail.Record(KeyType.Rsa)));

    public void Dispose()
    {
        _dns.Dispose();
        _play.Dispose();
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Json_has_every_method(string end)
    {
        var ran = Run(Write(Signed(), end), "--ip", "203.0.113.9", "--helo", "mail.example.org", "--from", "joe@example.org", "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        Values(ran.Json.GetProperty("spf"), "result", "explanation").Should().Equal("fail", "not from 203.0.113.9");
        Values(ran.Json.GetProperty("dkim").EnumerateArray().Single(), "domain", "selector", "result", "reason").Should().Equal("example.org", "r1", "pass", null);
        Values(ran.Json.GetProperty("dmarc"), "result", "policy", "domain").Should().Equal("pass", "reject", "example.org");
        var arc = ran.Json.GetProperty("arc");
        Values(arc, "result", "reason").Should().Equal("none", null);
        (arc.GetProperty("domains").GetArrayLength(), arc.GetProperty("oldestPass").GetInt32()).Should().Be((0, 0));
        ran.Json.GetProperty("added")[0].GetString().Should().StartWith("Authentication-Results: ").And.Contain("dkim=pass").And.Contain("spf=fail");
        _play.LeftInWorkingDirectory().Should().BeEmpty();
    }

    [Fact]
    public void UTF8_of_the_envelope_is_shown_as_it_is()
    {
        string[] envelope = ["--ip", "192.0.2.1", "--helo", "mx.b\u00fccher.example", "--from", "j\u00f6rg@b\u00fccher.example"];
        var ran = Run(Write(Mail.Message(Mail.Plain), "\n"), [.. envelope, "--json"]);
        ran.ExitCode.Should().Be(0, ran.Error);
        var added = string.Concat(ran.Json.GetProperty("added").EnumerateArray().Select(l => l.GetString()));
        added.Should().Contain("smtp.mailfrom=\"j\u00f6rg@b\u00fccher.example\"").And.Contain("helo=\"mx.b\u00fccher.example\"").And.Contain("envelope-from=\"j\u00f6rg@b\u00fccher.example\"");
        ran.Json.GetProperty("results").GetProperty("spf_received").GetString().Should().Contain("domain of j\u00f6rg@b\u00fccher.example");
        Run(Write(Mail.Message(Mail.Plain), "\n"), envelope).Output.Should().Contain("envelope-from=\"j\u00f6rg@b\u00fccher.example\"");
        var spf = _play.Run(["spf", .. envelope, "--dns", _dns.Address, "--json"]);
        spf.Json.GetProperty("header").GetString().Should().Contain("helo=\"mx.b\u00fccher.example\"");
    }

    [Fact]
    public void People_see_results_and_header_lines()
    {
        var ran = Run(Write(Signed().WithHeaderOnTop(HeaderLine.Create("Authentication-Results: me.example; spf=pass\n")), "\n"), "--ip", "::ffff:192.0.2.1", "--from", "joe@example.org", "--Authenticate:AuthservId=me.example");
        ran.Output.Should().MatchRegex("(?m)^spf +pass +me.example: domain of joe@example.org designates 192.0.2.1").And.MatchRegex("(?m)^dkim +pass +d=example.org s=r1 a=rsa-sha256$")
            .And.MatchRegex("(?m)^dmarc +pass").And.MatchRegex("(?m)^arc +none").And.Contain("\nremoved: Authentication-Results: me.example; spf=pass\n").And.Contain("\nAuthentication-Results: me.example;\n\tspf=pass ");
    }

    [Theory]
    [InlineData("11-4.96-plain", "pass", "reject")]
    [InlineData("02-4.96-auth-tls", "none", null)]
    [InlineData("03-4.96-bounce", "none", null)]
    public void A_pair_is_judged_as_the_pass_does_it(string sample, string spf, string? policy)
    {
        var id = Playground.Put(Playground.Valid(sample), _play.Intake);
        var path = $"{_play.Intake}/{id}-H";
        HeaderFileReader.TryRead(File.ReadAllBytes(path), id, out var header, out _).Should().BeTrue();
        var changed = header!.WithSender("joe@example.org"u8.ToArray()) with { Headers = [HeaderLine.Create("From: joe@example.org\n")] };
        if (header.ClientAddress is not null) changed = changed.WithVariable("host_address", "[192.0.2.77]:4711");
        File.WriteAllBytes(path, HeaderFileWriter.ToArray(changed));
        var found = Run(path, "--json").Json;
        (found.GetProperty("spf").GetProperty("result").GetString(), Text(found.GetProperty("dmarc"), "policy")).Should().Be((spf, policy));
        // A client that is given counts, whoever it was.
        var asked = Run(path, "--ip", "203.0.113.9", "--json").Json;
        (asked.GetProperty("spf").GetProperty("result").GetString(), asked.GetProperty("dmarc").GetProperty("result").GetString()).Should().Be(("fail", "fail"));
    }

    [Fact]
    public void A_DNS_server_may_have_a_name()
    {
        var ran = _play.Run("authenticate", Write(Signed(), "\n"), "--json", "--dns", $"localhost:{_dns.Port}");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Json.GetProperty("dkim")[0].GetProperty("result").GetString().Should().Be("pass");
    }

    [Theory]
    [InlineData(64)]
    [InlineData(64, "{file}", "--ip", "10")]
    [InlineData(64, "{file}", "--ip", "fe80::1%1")]
    [InlineData(64, "{file}", "--ip", "[192.0.2.1]")]
    [InlineData(64, "{file}", "--dns", "192.0.2.300")]
    [InlineData(64, "{file}", "--dns", "127.0.0.1:0")]
    [InlineData(64, "{file}", "--dns", "two words:53")]
    [InlineData(66, "no-such-file")]
    [InlineData(66, "/")]
    [InlineData(78, "{file}", "--Authenticate:AuthservId=a;b")]
    public void What_is_wrong_is_told(int code, params string[] arguments)
    {
        var file = Write(Signed(), "\n");
        var ran = _play.Run(["authenticate", .. arguments.Select(a => a.Replace("{file}", file, StringComparison.Ordinal))]);
        ran.ExitCode.Should().Be(code, ran.Error);
        ran.Output.Should().BeEmpty();
        ran.Error.Should().NotBeEmpty();
    }

    private Ran Run(string file, params string[] arguments) => _play.Run(["authenticate", file, "--dns", _dns.Address, .. arguments]);

    private static HeaderFile Signed() => Mail.Message(Mail.Plain).Sign(Body, Mail.Signer(KeyType.Rsa));

    private string Write(HeaderFile message, string end)
    {
        var path = $"{_play.Path}/message.eml";
        var text = string.Concat(message.Headers.Select(h => Encoding.Latin1.GetString(h.Text.Span))) + "\nHello\n";
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text.Replace("\n", end, StringComparison.Ordinal)));
        return path;
    }

    private static IEnumerable<string?> Values(JsonElement element, params string[] names) => names.Select(n => Text(element, n));

    // What has nothing to say is left out.
    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
