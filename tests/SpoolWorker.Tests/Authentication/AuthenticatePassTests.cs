using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Authentication;

/// <summary>The pass with all its methods, keys and policies from a DNS server over sockets.</summary>
public sealed class AuthenticatePassTests : IDisposable
{
    private const string Id = "mx.example.net";

    private readonly TestDnsServer _dns = new(new Zone()
        .Txt("example.org", "v=spf1 ip4:192.0.2.0/24 -all").Txt("_dmarc.example.org", "v=DMARC1; p=reject")
        .Txt("r1._domainkey.example.org", Mail.Record(KeyType.Rsa)).Txt("e1._domainkey.example.org", Mail.Record(KeyType.Ed25519))
        .Fault("broken.example", ZoneFault.ServerFailure).Fault("_dmarc.broken.example", ZoneFault.ServerFailure));

    public void Dispose() => _dns.Dispose();

    [Fact]
    public async Task All_methods_in_one_line_on_top()
    {
        var body = new MemoryBody("Hello\n");
        var message = Received(Mail.Message(Mail.Plain).Sign(body, Mail.Signer(KeyType.Rsa)).Sign(body, Mail.Signer(KeyType.Ed25519, "simple/relaxed")));
        body = new MemoryBody("Hello\n");
        var result = await RunAsync(message, body);
        result.Disposition.Kind.Should().Be(DispositionKind.Continue);
        var line = Top(result);
        line.Should().MatchRegex("""
            ^Authentication-Results: mx\.example\.net;
            	spf=pass smtp\.mailfrom=joe@example\.org;
            	dkim=pass header\.d=example\.org header\.s=e1 header\.a=ed25519-sha256
            	header\.b=\S+;
            	dkim=pass header\.d=example\.org header\.s=r1 header\.a=rsa-sha256
            	header\.b=\S+;
            	dmarc=pass header\.from=example\.org policy\.dmarc=reject;
            	arc=none
            $
            """.ReplaceLineEndings("\n").Replace("\n$", "$", StringComparison.Ordinal).Replace("arc=none$", "arc=none\n$", StringComparison.Ordinal));
        Lines(result)[1].Should().StartWith("Received-SPF: pass (mx.example.net: domain of joe@example.org designates 192.0.2.7 as permitted sender)".Replace(" designates", "\n\tdesignates", StringComparison.Ordinal)[..40]);
        result.Results.Should().Contain("spf_result", "pass").And.Contain("dkim_result", "pass").And.Contain("dkim_domains", "example.org").And.Contain("dmarc_result", "pass")
            .And.Contain("dmarc_policy", "reject").And.Contain("dmarc_domain", "example.org").And.Contain("arc_state", "none").And.ContainKeys("spf_header_comment", "spf_received", "spf_smtp_comment");
        body.Opened.Should().Be(1, "one reading serves all signatures");
    }

    [Theory]
    [InlineData("simple/simple", "arc-seal")]
    [InlineData("relaxed/relaxed", "arc-seal")]
    [InlineData("simple/simple", "dkim-sign", "arc-seal")]
    [InlineData("relaxed/relaxed", "dkim-sign", "arc-seal")]
    public async Task The_body_is_read_once_for_judging_and_for_signing(string form, params string[] signers)
    {
        var body = new MemoryBody("Hello\n");
        var message = Received(Mail.Message(Mail.Plain).Sign(body, Mail.Signer(KeyType.Rsa, form)));
        body = new MemoryBody("Hello\n");
        using var folder = new TempDirectory();
        var key = folder.At("key");
        await File.WriteAllTextAsync(key, Mail.RsaPem);
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        await using var provider = Provider();
        var passes = new List<IMessagePass>();
        foreach (var name in (string[])["authenticate", .. signers])
        {
            var known = Registrations.In(Services());
            var registration = known.Passes.Single(p => p.Name == name);
            var options = registration.NewOptions();
            if (options is AuthenticateOptions own) own.AuthservId = Id;
            if (options is ArcSealOptions seal) (seal.AdmdId, seal.Domain, seal.Selector, seal.PrivateKeyFile) = (Id, "sealer.example", "s", key);
            if (options is DkimSignOptions sign) (sign.Keys, sign.Hosts) = ([new DkimKeyOptions { Domain = "example.org", Selector = "r1", PrivateKeyFile = key, Canonicalization = "relaxed/simple" }], ["192.0.2.7"]);
            known.FaultsOf(registration, options, [name]).Should().BeEmpty();
            passes.Add(registration.Create!(options, provider));
        }
        foreach (var pass in passes)
        {
            var result = await pass.RunAsync(new PassContext(message, body, [], 1, new Dictionary<string, string>(), Mail.Now), CancellationToken.None);
            result.AsDeclaredBy(pass.Name).Headers.OfType<HeaderEdit.AddOnTop>().Should().NotBeEmpty(pass.Name);
            foreach (var edit in result.Headers.OfType<HeaderEdit.AddOnTop>()) message = message.WithHeaderOnTop(edit.Line);
        }
        (body.Opened, BodyHashes.Of(body).Readings).Should().Be((1, 1));
    }

    [Fact]
    public async Task Submissions_are_checked_for_signatures_only()
    {
        foreach (var message in new[] { Mail.Message(Mail.Plain), Received(Mail.Message(Mail.Plain)).WithVariable("host_auth", "plain") })
        {
            var result = await RunAsync(message, new MemoryBody("x\n"));
            Lines(result).Should().Equal("Authentication-Results: mx.example.net;\n\tdkim=none;\n\tarc=none\n");
            result.Results.Keys.Should().NotContain(["spf_result", "dmarc_result"]);
        }
    }

    [Theory]
    [InlineData("*From: joe@example.org\nFrom: joe@public.example\n", "example.org")]
    [InlineData("*From: joe@example.org\n*From: x@example.org\nFrom: joe@public.example\n", "example.org")]
    [InlineData("From: joe@public.example\n", "public.example")]
    // Removed and added by an ACL: which of the others is new cannot be known.
    [InlineData("*From: joe@example.org\nTo: x\nFrom: joe@public.example\n", "public.example")]
    public async Task The_author_is_who_he_was_before_Exim_rewrote_him(string header, string domain)
    {
        var result = await RunAsync(Received(Mail.Message(header)), new MemoryBody("x\n"));
        result.Results.Should().Contain("dmarc_domain", domain);
    }

    [Theory]
    [InlineData("Authentication-Results: mx.example.net; dkim=pass", true)]
    [InlineData("authentication-results:MX.Example.NET;dkim=pass", true)]
    [InlineData("Authentication-Results: (a (nested) comment) mx.example.net 1; dkim=pass", true)]
    [InlineData("Authentication-Results: mx.example.net 2; dkim=pass", true)]
    [InlineData("Authentication-Results:\n\tmx.example.net;\n\tdkim=pass", true)]
    [InlineData("Authentication-Results: \"mx.example.net\"; dkim=pass", true)]
    [InlineData("Authentication-Results: \"mx\\.example.net\"; dkim=pass", true)]
    [InlineData("Authentication-Results: mx.example.net", true)]
    [InlineData("Authentication-Results: mx.example.net(x); dkim=pass", true)]
    [InlineData("Authentication-Results: old.example.net; dkim=pass", true)]
    [InlineData("Authentication-Results: mx.example.org; dkim=pass", false)]
    [InlineData("Authentication-Results: x.mx.example.net; dkim=pass", false)]
    [InlineData("Authentication-Results:", false)]
    [InlineData("X-Authentication-Results: mx.example.net; dkim=pass", false)]
    public async Task Lines_that_claim_to_be_ours_go(string line, bool goes)
    {
        var message = Mail.Message(line + "\n" + Mail.Plain + line + "\n");
        var result = await RunAsync(message, new MemoryBody("x\n"), o => o.OwnIds = ["old.example.net"]);
        result.Headers.OfType<HeaderEdit.Delete>().Should().HaveCount(goes ? 2 : 0);
    }

    [Theory]
    [InlineData(PolicyAction.Accept, DispositionKind.Continue)]
    [InlineData(PolicyAction.Tag, DispositionKind.Continue)]
    [InlineData(PolicyAction.Hold, DispositionKind.Hold)]
    [InlineData(PolicyAction.Bounce, DispositionKind.Bounce)]
    public async Task The_operator_decides_what_a_policy_does(PolicyAction action, DispositionKind expected)
    {
        var message = Received(Mail.Message(Mail.Plain)).WithVariable("host_address", "[203.0.113.9]:4711");
        var result = await RunAsync(message, new MemoryBody("x\n"), services: s => s.GetRequiredService<DmarcOptions>().OnReject = action);
        result.Disposition.Kind.Should().Be(expected);
        result.Results.Should().Contain("spf_result", "fail").And.Contain("dmarc_result", "fail");
        if (expected != DispositionKind.Continue) result.Disposition.Reason.Should().Be("DMARC of example.org: fail, its owner asks for reject");
        Lines(result).Count(l => l.StartsWith("X-DMARC-Result: fail", StringComparison.Ordinal)).Should().Be(action == PolicyAction.Tag ? 1 : 0);
    }

    [Fact]
    public async Task Trouble_with_the_DNS_waits_as_often_as_asked_for()
    {
        var message = Received(Mail.Message("From: joe@broken.example\n")).WithSender("joe@broken.example"u8.ToArray());
        (await RunAsync(message, new MemoryBody("x\n"), o => o.TempErrorTries = 1)).Disposition.Kind.Should().Be(DispositionKind.Defer);
        var second = await RunAsync(message, new MemoryBody("x\n"), o => o.TempErrorTries = 1, attempt: 2);
        second.Disposition.Kind.Should().Be(DispositionKind.Continue);
        second.Results.Should().Contain("spf_result", "temperror").And.Contain("dmarc_result", "temperror");
    }

    [Fact]
    public async Task A_best_guess_stands_in_its_own_line()
    {
        var message = Received(Mail.Message("From: joe@none.example\n")).WithSender("joe@none.example"u8.ToArray());
        var result = await RunAsync(message, new MemoryBody("x\n"), services: s => s.GetRequiredService<SpfOptions>().GuessEnabled = true);
        result.Results.Should().Contain("spf_result", "none").And.Contain("spf_guess", "neutral");
        Lines(result).Should().ContainSingle(l => l.StartsWith("X-SPF-Guess: neutral", StringComparison.Ordinal));
        Top(result).Should().Contain("spf=none").And.NotContain("guess");
    }

    [Fact]
    public async Task Off_is_off()
    {
        var result = await RunAsync(Received(Mail.Message(Mail.Plain)), new MemoryBody("x\n"), o => o.ReceivedSpf = false, s => s.GetRequiredService<ArcOptions>().Mode = ArcMode.Off);
        Lines(result).Should().ContainSingle().Which.Should().NotContain("\tarc=");
        result.Results.Keys.Should().NotContain("arc_state");
    }

    [Theory]
    [InlineData("mx example", "AuthservId = 'mx example': must be a name*")]
    [InlineData("mx;x", "AuthservId = 'mx;x': must be a name*")]
    public void Ids_are_names(string id, string fault) => AuthenticateOptions.Faults(new AuthenticateOptions { AuthservId = id }).Should().ContainSingle().Which.Should().Match(fault);

    private async Task<PassResult> RunAsync(HeaderFile message, IMessageBody body, Action<AuthenticateOptions>? change = null, Action<IServiceProvider>? services = null, int attempt = 1)
    {
        await using var provider = Provider();
        services?.Invoke(provider);
        var settings = new AuthenticateOptions { AuthservId = Id };
        change?.Invoke(settings);
        var pass = new AuthenticatePass(settings, provider.GetRequiredService<DmarcOptions>(), provider.GetRequiredService<Authenticator>());
        return (await pass.RunAsync(new PassContext(message, body, [], attempt, new Dictionary<string, string>(), Mail.Now), CancellationToken.None)).AsDeclaredBy(pass.Name);
    }

    private static ServiceCollection Services()
    {
        var collection = new ServiceCollection();
        PassCatalog.AddAll(collection);
        return collection;
    }

    private ServiceProvider Provider()
    {
        var collection = Services();
        foreach (var section in Registrations.In(collection).Sections)
        {
            var options = section.NewOptions();
            if (options is DnsOptions dns) dns.Servers = [_dns.Address];
            if (options is ArcOptions arc) arc.Mode = ArcMode.Seal;
            collection.AddSingleton(section.Type, options);
        }
        return collection.BuildServiceProvider();
    }

    private static HeaderFile Received(HeaderFile message) =>
        message.WithVariable("host_address", "[192.0.2.7]:4711").WithVariable("helo_name", "mail.example.org").WithSender("joe@example.org"u8.ToArray());

    // As they would stand in the message, from the top.
    private static List<string> Lines(PassResult result) => [.. result.Headers.OfType<HeaderEdit.AddOnTop>().Reverse().Select(e => Encoding.Latin1.GetString(e.Line.Text.Span))];

    private static string Top(PassResult result) => Lines(result)[0];
}
