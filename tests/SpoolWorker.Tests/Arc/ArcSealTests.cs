// What a set of ours looks like, when none is made, and how it is chosen whose key makes it.
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Registration;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcSealTests : IDisposable
{
    private const string Headers = "From: a@a.example\nTo: b@b.example\nSubject: s\n";

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Authentication-Results: mx.example; spf=pass\n", "i=1; mx.example; spf=pass")]
    [InlineData("Authentication-Results: mx.example; spf=pass\nAuthentication-Results: other.example; dkim=fail\nAuthentication-Results: MX.example; dkim=pass header.d=a.example; arc=none\n", "i=1; mx.example; spf=pass; dkim=pass header.d=a.example; arc=none")]
    [InlineData("authentication-results:\n\tmx.example 1;\n\tspf=pass;\n\tdkim=none;\n", "i=1; mx.example; spf=pass; dkim=none")]
    [InlineData("Authentication-Results: (comment; with (more)) mx.example (c) ; spf=pass (a; b) smtp.mfrom=a@b\n", "i=1; mx.example; spf=pass (a; b) smtp.mfrom=a@b")]
    [InlineData("Authentication-Results: mx.example; dkim=fail reason=\"a; \\\"b\\\"; c\"; spf=none\n", "i=1; mx.example; dkim=fail reason=\"a; \\\"b\\\"; c\"; spf=none")]
    [InlineData("Authentication-Results: \"mx.example\"; spf=pass\n", "i=1; mx.example; spf=pass")]
    [InlineData("Authentication-Results: mx.example; none\n", "i=1; mx.example; none")]
    [InlineData("Authentication-Results: mx.example\n", "i=1; mx.example; none")]
    [InlineData("Authentication-Results: mx.example; none\nAuthentication-Results: mx.example; spf=pass\n", "i=1; mx.example; spf=pass")]
    [InlineData("Authentication-Results: mx.example;spf=pass;dkim=pass\n", "i=1; mx.example; spf=pass; dkim=pass")]
    [InlineData("Authentication-Results: mx.example; spf=pass\n smtp.mfrom=a@b.example\n\tpolicy.x=1\n", "i=1; mx.example; spf=pass smtp.mfrom=a@b.example\tpolicy.x=1")]
    public void All_results_of_ours_go_in(string lines, string expected) => Unfolded(Seal(lines + Headers).Lines[2]).Should().Be(expected);

    [Theory]
    [InlineData("")]
    [InlineData("Authentication-Results: mx.example.org; spf=pass\n")]
    [InlineData("Authentication-Results: mx.exampl; spf=pass\n")]
    [InlineData("Authentication-Results: mx.example 2; spf=pass\n")]
    [InlineData("Authentication-Results: mx.example spf=pass\n")]
    [InlineData("Authentication-Results: (mx.example); spf=pass\n")]
    [InlineData("Authentication-Results: \"mx.example; spf=pass\n")]
    [InlineData("X-Authentication-Results: mx.example; spf=pass\n")]
    public void Without_results_of_ours_nothing_is_sealed(string lines) => Seal(lines + Headers).Outcome.Should().Be(SealOutcome.NoResults);

    [Fact]
    public void A_line_break_within_a_word_joins_no_words()
    {
        // Exim's spool can hold it; where white space follows, it is folding.
        var results = new HeaderLine(' ', "Authentication-Results: mx.example; spf=fa\nil; dkim=none\n reason=x\n"u8.ToArray());
        var message = new SignedMessage([results, .. ArcMessage.Read(Headers + "\nbody\n").Headers], new BodyHashes(new MemoryBody("body\n"u8.ToArray())));
        var made = new ArcSealer("mx.example", SealTimes.Default, ArcSealOptions.DefaultNames).Seal(message, null, ArcPeers.Key(), false, ArcChainTests.Now, CancellationToken.None);
        Unfolded(made.Lines[2]).Should().Be("i=1; mx.example; spf=fa il; dkim=none reason=x");
    }

    [Fact]
    public void Lines_are_folded_and_none_is_too_long()
    {
        var results = string.Concat(Enumerable.Range(0, 40).Select(i => $";\n dkim=pass header.d=domain-{i}.example header.s=selector-{i} header.b={i}abcdefg reason=\"{new string('r', i * 3)}\""));
        var made = Seal($"Authentication-Results: mx.example{results}\n{string.Concat(Enumerable.Range(0, 60).Select(i => $"DKIM-Signature: v=1; d=x{i}\n"))}{Headers}");
        made.Outcome.Should().Be(SealOutcome.Sealed);
        foreach (var line in made.Lines)
        {
            var rows = Encoding.Latin1.GetString(line.Text.Span).TrimEnd('\n').Split('\n');
            rows.Skip(1).Should().OnlyContain(r => r.StartsWith(' ') && r.Trim().Length > 0);
            rows.Should().OnlyContain(r => r.Length <= 78 || !r.Trim().Contains(' '), "only what has no space may be longer");
            rows.Should().OnlyContain(r => r.Length <= 998);
        }
        Unfolded(made.Lines[1]).Should().Contain("dkim-signature").And.NotContain("authentication-results");
    }

    [Fact]
    public void A_set_has_the_instance_first_and_says_what_it_was_made_of()
    {
        var made = Seal("Authentication-Results: mx.example; none\n" + Headers, SealTimes.Default with { Expires = true, IsOffset = true, Seconds = 60 });
        Unfolded(made.Lines[0]).Should().StartWith("i=1; a=rsa-sha256; cv=none; d=sealer.example; s=sel; t=1795000000; b=").And.NotContain("x=");
        Unfolded(made.Lines[1]).Should().StartWith("i=1; a=rsa-sha256; c=relaxed/relaxed; d=sealer.example; s=sel; t=1795000000; x=1795000060; h=from:from:subject:to; bh=");
        made.Lines.Select(l => Encoding.ASCII.GetString(l.Name)).Should().Equal("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results");
        Unfolded(Seal("Authentication-Results: mx.example; none\n" + Headers, SealTimes.Default with { Timestamps = false }).Lines[0]).Should().NotContain("t=1");
    }

    [Theory]
    [InlineData("", true, false, 0, false)]
    [InlineData("timestamps", true, false, 0, false)]
    [InlineData("no-timestamps", false, false, 0, false)]
    [InlineData("expire", true, true, 2592000, true)]
    [InlineData("timestamps,expire", true, true, 2592000, true)]
    [InlineData("timestamps, expire=+3600", true, true, 3600, true)]
    [InlineData("expire=1893456000", true, true, 1893456000, false)]
    public void Options_have_the_words_of_arc_sign(string options, bool timestamps, bool expires, long seconds, bool isOffset)
    {
        SealTimes.TryParse([options], out var times, out var error).Should().BeTrue(error);
        times.Should().Be(new SealTimes(timestamps, expires, seconds, isOffset));
        times.ExpiryAt(1000).Should().Be(!expires ? null : isOffset ? 1000 + seconds : seconds);
    }

    [Theory]
    [InlineData("timestamp")]
    [InlineData("expire=")]
    [InlineData("expire=+")]
    [InlineData("expire=+0")]
    [InlineData("expire=-5")]
    [InlineData("expire=1h")]
    [InlineData("expire=99999999999999999999")]
    public void Other_options_are_faults(string option)
    {
        SealTimes.TryParse([option], out _, out var error).Should().BeFalse();
        error.Should().Contain(option);
    }

    [Fact]
    public void The_51st_set_is_refused()
    {
        var chain = ArcChainTests.Chain(50);
        var made = Seal("Authentication-Results: mx.example; arc=pass\n" + Encoding.Latin1.GetString(chain), isValid: true);
        made.Outcome.Should().Be(SealOutcome.ChainFull);
        made.Lines.Should().BeEmpty();
    }

    [Fact]
    public void An_expiry_in_the_past_makes_no_set() =>
        Seal("Authentication-Results: mx.example; none\n" + Headers, SealTimes.Default with { Expires = true, Seconds = 1000 }).Should().BeEquivalentTo(new { Outcome = SealOutcome.NotVerified, Reason = ArcReason.TagInvalid });

    [Theory]
    [InlineData("pass", "cv=pass")]
    [InlineData("fail", "cv=fail")]
    [InlineData("none", "cv=pass")]
    [InlineData("", "cv=pass")]
    public async Task The_pass_takes_what_authenticate_found_or_looks_itself(string state, string expected)
    {
        using var dns = new TestDnsServer(ArcPeers.Keys(new Zone()));
        var pass = Pass(Options(), ArcMode.Seal, dns);
        var result = (await pass.RunAsync(Context("Authentication-Results: mx.example; spf=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(2)), "a@a.example", state), CancellationToken.None)).AsDeclaredBy(pass.Name);
        result.Results["arc_seal"].Should().Be("sealed");
        dns.Queries.Should().Be(state is "pass" or "fail" ? 0 : 1);
        // Each edit goes on top: the last one is the topmost line.
        var lines = result.Headers.Cast<HeaderEdit.AddOnTop>().Select(e => e.Line).Reverse().ToList();
        lines.Select(l => Encoding.ASCII.GetString(l.Name)).Should().Equal("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results");
        Unfolded(lines[0]).Should().StartWith("i=3; a=rsa-sha256; " + expected);
    }

    [Theory]
    [InlineData(ArcMode.Off)]
    [InlineData(ArcMode.Verify)]
    public async Task Naming_the_pass_is_the_switch_whatever_the_mode(ArcMode mode)
    {
        using var dns = new TestDnsServer(new Zone());
        var pass = Pass(Options(), mode, dns);
        var result = (await pass.RunAsync(Context("Authentication-Results: mx.example; spf=pass\n" + Headers + "\nbody\n", "a@a.example", ""), CancellationToken.None)).AsDeclaredBy(pass.Name);
        result.Results["arc_seal"].Should().Be("sealed");
        result.Headers.Should().HaveCount(3);
    }

    [Fact]
    public async Task A_key_that_cannot_be_fetched_makes_the_message_wait()
    {
        using var dns = new TestDnsServer(new Zone().Fault($"{ArcPeers.Selector}._domainkey.{ArcPeers.Domain}", ZoneFault.ServerFailure));
        var pass = Pass(Options(), ArcMode.Seal, dns);
        var result = (await pass.RunAsync(Context("Authentication-Results: mx.example; spf=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(1)), "a@a.example", "temperror"), CancellationToken.None)).AsDeclaredBy(pass.Name);
        result.UnavailableReason.Should().Contain("key cannot be fetched");
        result.Headers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("x@list.example", "d=second.example")]
    [InlineData("x@SUB.list.example", "d=second.example")]
    [InlineData("x@own.example", "d=sealer.example")]
    [InlineData("x@elsewhere.example", "d=sealer.example")]
    [InlineData("", "d=sealer.example")]
    [InlineData("x@lost.example", null)]
    public async Task The_signing_table_chooses_the_key(string sender, string? expected)
    {
        using var dns = new TestDnsServer(new Zone());
        var options = Options();
        options.Keys.Add(new ArcKeyOptions { Domain = "second.example", Selector = "two", PrivateKeyFile = KeyFile("two", PrivateKey.NewPem(KeyType.Ed25519)) });
        options.SigningTable = ["list.example: second.example", "*.list.example: second.example", "own.example", "lost.example: third.example"];
        ArcSealOptions.Faults(options).Should().BeEmpty();
        var pass = Pass(options, ArcMode.Seal, dns);
        var result = (await pass.RunAsync(Context("Authentication-Results: mx.example; spf=pass\n" + Headers + "\nbody\n", sender, ""), CancellationToken.None)).AsDeclaredBy(pass.Name);
        if (expected is null) result.UnavailableReason.Should().Contain("third.example");
        else Unfolded(((HeaderEdit.AddOnTop)result.Headers[^1]).Line).Should().Contain(expected).And.Contain(expected.Contains("second", StringComparison.Ordinal) ? "a=ed25519-sha256" : "a=rsa-sha256");
    }

    [Fact]
    public void Faults_name_key_and_value()
    {
        var options = new ArcSealOptions { AdmdId = "two words", Domain = "a..b", Selector = "", PrivateKeyFile = KeyFile("open", PrivateKey.NewPem(KeyType.Ed25519), others: true), Options = ["expires"], SignHeaders = ["subject", "ARC-Seal", "a b"] };
        var faults = ArcSealOptions.Faults(options).ToList();
        faults.Should().HaveCount(7);
        faults[0].Should().StartWith("AdmdId = 'two words': ");
        faults[1].Should().StartWith("Domain = 'a..b': ");
        faults[2].Should().StartWith("Selector = '': ");
        faults[3].Should().StartWith("PrivateKeyFile = '").And.Contain("others can read");
        faults[4].Should().StartWith("Options = 'expires': ");
        faults[5].Should().StartWith("SignHeaders = 'ARC-Seal': must not");
        faults[6].Should().StartWith("SignHeaders = 'a b': must be");
    }

    private static ArcSealPass Pass(ArcSealOptions options, ArcMode mode, TestDnsServer dns)
    {
        var arc = new ArcOptions { Mode = mode };
        return new ArcSealPass(options, arc, new ArcVerifier(arc, ArcChainTests.Clock(ArcChainTests.Now)), ArcMessage.Resolver(dns), new KeyCache());
    }

    private ArcSealOptions Options() => new()
    {
        AdmdId = "mx.example",
        Domain = ArcPeers.Domain,
        Selector = ArcPeers.Selector,
        PrivateKeyFile = KeyFile("rsa", PrivateKey.NewPem(KeyType.Rsa)),
    };

    private string KeyFile(string name, string text, bool others = false)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | (others ? UnixFileMode.OtherRead : 0));
        return path;
    }

    private static PassContext Context(string text, string sender, string state)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var section = SpoolWorker.Commands.Input.HeaderSection.Read(bytes, isWhole: true)!;
        var header = Samples.Read(Samples.Folders("valid").First()) with { Headers = section.Lines, Sender = Encoding.Latin1.GetBytes(sender) };
        var results = state.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["arc_state"] = state };
        return new PassContext(header, new MemoryBody(bytes.AsMemory(section.BodyStart)), header.Recipients, 1, results, DateTimeOffset.FromUnixTimeSeconds(ArcChainTests.Now));
    }

    private static SealResult Seal(string text, SealTimes? times = null, bool isValid = false)
    {
        var message = ArcMessage.Read(text.Contains("\n\n", StringComparison.Ordinal) ? text : text + "\nbody\n");
        return new ArcSealer("mx.example", times ?? SealTimes.Default, ArcSealOptions.DefaultNames).Seal(message, ArcChain.Read(message.Headers, ArcInstance.Max), ArcPeers.Key(), isValid, ArcChainTests.Now, CancellationToken.None);
    }

    private static string Unfolded(HeaderLine line) => Encoding.Latin1.GetString(line.Value).Replace("\n", "", StringComparison.Ordinal).Trim();
}
