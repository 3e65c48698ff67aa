// Chains made here and then broken in every way RFC 8617, 5.2, knows, and what is said of them.
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcChainTests : IDisposable
{
    private static readonly Lazy<byte[]> Three = new(() => Chain(3));

    private readonly TestDnsServer _dns = new(ArcPeers.Keys(new Zone()));

    public void Dispose() => _dns.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public async Task A_chain_passes(int sets)
    {
        var result = await Verify(Chain(sets));
        result.State.Should().Be(ArcState.Pass, "{0}", result.ReasonText);
        result.Highest.Should().Be(sets);
        result.Domains.Should().Be(string.Join(':', Enumerable.Repeat(ArcPeers.Domain, sets)));
        result.OldestPass.Should().Be(1);
        result.OldestPassOfRfc.Should().Be(0, "RFC 8617, 5.2: zero when all pass");
        _dns.Queries.Should().Be(1, "all sets have one key");
    }

    // Each change: what in the text of a chain of three becomes what.
    [Theory]
    [InlineData("no AAR", @"ARC-Authentication-Results: i=2;", "X-Gone: i=2;", ArcReason.HeaderMissing, 2, ArcField.Results)]
    [InlineData("no AMS", @"ARC-Message-Signature: i=2;", "X-Gone: i=2;", ArcReason.HeaderMissing, 2, ArcField.Signature)]
    [InlineData("no AS", @"ARC-Seal: i=2;", "X-Gone: i=2;", ArcReason.HeaderMissing, 2, ArcField.Seal)]
    [InlineData("a gap", @"(ARC-[A-Za-z-]+: i=)2;", "${1}4;", ArcReason.InstanceGap, 2, ArcField.Seal)]
    [InlineData("two AAR", @"ARC-Authentication-Results: i=2;", "ARC-Authentication-Results: i=1;", ArcReason.DuplicateHeader, 1, ArcField.Results)]
    [InlineData("no instance", @"ARC-Seal: i=2;", "ARC-Seal:", ArcReason.InstanceMissing, 0, ArcField.Seal)]
    [InlineData("instance 0", @"ARC-Seal: i=2;", "ARC-Seal: i=0;", ArcReason.InstanceInvalid, 0, ArcField.Seal)]
    [InlineData("instance 51", @"(ARC-[A-Za-z-]+: i=)2;", "${1}51;", ArcReason.InstanceInvalid, 0, ArcField.Seal)]
    [InlineData("instance of three digits", @"ARC-Seal: i=2;", "ARC-Seal: i=002;", ArcReason.InstanceInvalid, 0, ArcField.Seal)]
    [InlineData("a negative instance", @"ARC-Seal: i=2;", "ARC-Seal: i=-2;", ArcReason.InstanceInvalid, 0, ArcField.Seal)]
    [InlineData("results without semicolon", @"ARC-Authentication-Results: i=2;", "ARC-Authentication-Results: i=2", ArcReason.InstanceInvalid, 0, ArcField.Results)]
    [InlineData("results with the instance elsewhere", @"ARC-Authentication-Results: i=2; mx", "ARC-Authentication-Results: mx; i=2; mx", ArcReason.InstanceMissing, 0, ArcField.Results)]
    [InlineData("first cv=pass", @"(ARC-Seal: i=1; a=rsa-sha256; cv=)none", "${1}pass", ArcReason.ChainValueWrong, 1, ArcField.Seal)]
    [InlineData("second cv=none", @"(ARC-Seal: i=2; a=rsa-sha256; cv=)pass", "${1}none", ArcReason.ChainValueWrong, 2, ArcField.Seal)]
    [InlineData("an older cv=fail", @"(ARC-Seal: i=2; a=rsa-sha256; cv=)pass", "${1}fail", ArcReason.ChainValueWrong, 2, ArcField.Seal)]
    [InlineData("the newest cv=fail", @"(ARC-Seal: i=3; a=rsa-sha256; cv=)pass", "${1}fail", ArcReason.ChainFailedBefore, 3, ArcField.Seal)]
    [InlineData("cv=PASS", @"(ARC-Seal: i=3; a=rsa-sha256; cv=)pass", "${1}PASS", ArcReason.ChainValueWrong, 3, ArcField.Seal)]
    [InlineData("no cv", @"(ARC-Seal: i=3; a=rsa-sha256;) cv=pass;", "$1", ArcReason.TagMissing, 3, ArcField.Seal)]
    [InlineData("h= in a seal", @"(ARC-Seal: i=2; )", "${1}h=from; ", ArcReason.SealHasHeaderList, 2, ArcField.Seal)]
    [InlineData("a tag twice", @"(ARC-Seal: i=2; )", "${1}d=a.example; ", ArcReason.TagListInvalid, 0, ArcField.Seal)]
    [InlineData("an empty tag", @"(ARC-Message-Signature: i=3; )", "${1}; ", ArcReason.TagListInvalid, 0, ArcField.Signature)]
    [InlineData("seal by rsa-sha1", @"(ARC-Seal: i=3; a=rsa-)sha256", "${1}sha1", ArcReason.AlgorithmUnsupported, 3, ArcField.Seal)]
    [InlineData("seal by something else", @"(ARC-Seal: i=3; a=)rsa-sha256", "${1}x", ArcReason.AlgorithmUnsupported, 3, ArcField.Seal)]
    [InlineData("seal with no d=", @"(ARC-Seal: i=3; [^;]*; [^;]*; )d=", "${1}dd=", ArcReason.TagMissing, 3, ArcField.Seal)]
    [InlineData("seal with a bad d=", @"(ARC-Seal: i=3; [^;]*; [^;]*; d=)", "${1}*.", ArcReason.TagInvalid, 3, ArcField.Seal)]
    [InlineData("seal with a bad t=", @"(ARC-Seal: i=3; [^;]*; [^;]*; [^;]*; [^;]*; t=)", "${1}-", ArcReason.TagInvalid, 3, ArcField.Seal)]
    [InlineData("seal of another key type", @"(ARC-Seal: i=3; a=)rsa-sha256", "${1}ed25519-sha256", ArcReason.KeyUnsuitable, 3, ArcField.Seal)]
    [InlineData("seal with an unknown selector", @"(ARC-Seal: i=3; [^;]*; [^;]*; [^;]*; s=)sel", "${1}gone", ArcReason.KeyNotFound, 3, ArcField.Seal)]
    [InlineData("results changed", @"(ARC-Authentication-Results: i=1; .*\n.*spf=)pass", "${1}fail", ArcReason.SignatureWrong, 3, ArcField.Seal)]
    [InlineData("older signature changed", @"(ARC-Message-Signature: i=1; (.|\n)*?; t=)1", "${1}2", ArcReason.SignatureWrong, 3, ArcField.Seal)]
    [InlineData("newest signature covers a seal", @"(ARC-Message-Signature: i=3; (.|\n)*?h=)from", "${1}arc-seal", ArcReason.SignatureCoversSeal, 3, ArcField.Signature)]
    [InlineData("newest signature with a bad c=", @"(ARC-Message-Signature: i=3; [^;]*; c=)relaxed", "${1}relax", ArcReason.TagInvalid, 3, ArcField.Signature)]
    [InlineData("newest signature with another q=", @"(ARC-Message-Signature: i=3; )", "${1}q=http; ", ArcReason.TagInvalid, 3, ArcField.Signature)]
    [InlineData("newest signature with x= before t=", @"(ARC-Message-Signature: i=3; )", "${1}x=1; ", ArcReason.TagInvalid, 3, ArcField.Signature)]
    [InlineData("newest signature without bh=", @"(ARC-Message-Signature: i=3; (.|\n)*?) bh=", "${1} bx=", ArcReason.TagMissing, 3, ArcField.Signature)]
    [InlineData("body changed", @"Hello", "hello", ArcReason.BodyHashWrong, 3, ArcField.Signature)]
    [InlineData("subject changed", @"Subject: s", "Subject: t", ArcReason.SignatureWrong, 3, ArcField.Signature)]
    [InlineData("a From added", @"\nFrom: ", "\nFrom: x\nFrom: ", ArcReason.SignatureWrong, 3, ArcField.Signature)]
    public async Task A_change_is_found(string what, string pattern, string with, ArcReason reason, int instance, ArcField field)
    {
        var text = Encoding.Latin1.GetString(Three.Value);
        var changed = Regex.Replace(text, pattern, with);
        changed.Should().NotBe(text, "the change is one: {0}", what);
        var result = await Verify(Encoding.Latin1.GetBytes(changed));
        result.State.Should().Be(ArcState.Fail, what);
        (result.Reason, result.Instance, result.Field).Should().Be((reason, instance, field), "{0}: {1}", what, result.ReasonText);
        result.OldestPass.Should().Be(0);
    }

    [Fact]
    public async Task Form_that_does_not_matter_changes_nothing()
    {
        var text = Encoding.Latin1.GetString(Three.Value);
        foreach (var (pattern, with) in new[]
        {
            // What relaxed canonicalisation does not see, anywhere; and white space in the b= of the newest seal, which nothing signs.
            ("ARC-Seal: ", "arc-SEAL \t :\t"), ("ARC-Authentication-Results: ", "ARC-Authentication-Results:\n   "), ("; cv=", ";\n\t \n\t cv="), ("ARC-Message-Signature:", "Arc-message-signature:"),
            ("; s=sel;", ";\n\ts=sel;"), (@"(ARC-Seal: i=3;(.|\n)*?\n b=)", "$1\n\t \n  "), (@"(ARC-Seal: i=3;(.|\n)*?\n b=......)", "$1 "),
        })
        {
            var changed = Regex.Replace(text, pattern, with);
            changed.Should().NotBe(text);
            var result = await Verify(Encoding.Latin1.GetBytes(changed));
            result.State.Should().Be(ArcState.Pass, "{0}: {1}", pattern, result.ReasonText);
        }
        (await Verify(Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)))).State.Should().Be(ArcState.Pass);
    }

    [Fact]
    public async Task Lines_in_any_order_are_one_chain()
    {
        var text = Encoding.Latin1.GetString(Three.Value);
        var lines = Regex.Matches(text, @"ARC-[A-Za-z-]+:.*\n([ \t].*\n)*").Select(m => m.Value).ToArray();
        new Random(1).Shuffle(lines);
        var rest = Regex.Replace(text, @"ARC-[A-Za-z-]+:.*\n([ \t].*\n)*", "");
        (await Verify(Encoding.Latin1.GetBytes(string.Concat(lines) + rest))).State.Should().Be(ArcState.Pass);
    }

    [Fact]
    public async Task Oldest_pass_is_where_message_signatures_begin_to_hold()
    {
        var first = Encoding.Latin1.GetString(Chain(1)).Replace("Subject: s", "Subject: t", StringComparison.Ordinal);
        var result = await Verify(Extend(Extend(Encoding.Latin1.GetBytes(first), 2), 3));
        result.State.Should().Be(ArcState.Pass);
        result.OldestPass.Should().Be(2);
        result.OldestPassOfRfc.Should().Be(2);
    }

    [Fact]
    public async Task Domains_of_a_broken_chain_have_empty_elements()
    {
        var text = Regex.Replace(Encoding.Latin1.GetString(Three.Value), "ARC-Seal: i=2;", "X-Gone: i=2;");
        (await Verify(Encoding.Latin1.GetBytes(text))).Domains.Should().Be($"{ArcPeers.Domain}::{ArcPeers.Domain}");
    }

    [Fact]
    public async Task An_expired_signature_fails_and_an_older_one_only_ends_the_oldest_pass()
    {
        var sealer = new ArcSealer(ArcPeers.Admd, SealTimes.Default with { Expires = true, IsOffset = true, Seconds = 100 }, ArcSealOptions.DefaultNames);
        byte[] one = [.. Encoding.Latin1.GetBytes($"Authentication-Results: {ArcPeers.Admd}; none\n"), .. Plain];
        var made = ArcMessage.With(one, sealer.Seal(ArcMessage.Read(one), null, ArcPeers.Key(), false, Now, CancellationToken.None).Lines);
        var two = Extend(made, 2);
        var clock = Clock(Now + 100);
        (await Verify(made, clock)).State.Should().Be(ArcState.Pass, "x= is the last second");
        clock.Advance(TimeSpan.FromSeconds(1));
        (await Verify(made, clock)).Reason.Should().Be(ArcReason.Expired);
        var result = await Verify(two, clock);
        result.State.Should().Be(ArcState.Pass);
        result.OldestPass.Should().Be(2);
    }

    [Theory]
    [InlineData(ZoneFault.Silent)]
    [InlineData(ZoneFault.ServerFailure)]
    [InlineData(ZoneFault.Bogus)]
    [InlineData(ZoneFault.Garbage)]
    [InlineData(ZoneFault.WrongId)]
    public async Task Trouble_with_the_DNS_is_temporary(ZoneFault fault)
    {
        using var dns = new TestDnsServer(ArcPeers.Keys(new Zone()).Fault($"{ArcPeers.Selector}._domainkey.{ArcPeers.Domain}", fault));
        var result = await ArcMessage.Verify(Three.Value, ArcMessage.Resolver(dns, timeout: 0.5));
        (result.State, result.Reason, result.Instance).Should().Be((ArcState.TempError, ArcReason.KeyUnavailable, 3));
        dns.Asked.Select(a => a.Name).Distinct().Should().ContainSingle("after one failure nothing more is asked");
    }

    [Theory]
    [InlineData("v=DKIM1; p=", ArcReason.KeyRevoked)]
    [InlineData("v=DKIM1; p=AAAA", ArcReason.KeyInvalid)]
    [InlineData("v=DKIM1; k=rsa", ArcReason.KeyInvalid)]
    [InlineData("v=DKIM1; s=tlsrpt; p={key}", ArcReason.KeyUnsuitable)]
    [InlineData("v=DKIM1; h=sha1; p={key}", ArcReason.KeyUnsuitable)]
    [InlineData("v=DKIM1; k=ed25519; p={ed}", ArcReason.KeyUnsuitable)]
    [InlineData("v=DKIM1; h=sha1:sha256; s=*; t=y:s; n=note; p={key}", ArcReason.None)]
    public async Task Key_records_say_what_they_are_for(string record, ArcReason reason)
    {
        var text = record.Replace("{key}", ArcPeers.Key().Private.PublicBase64(), StringComparison.Ordinal).Replace("{ed}", ArcPeers.Key(ed: true).Private.PublicBase64(), StringComparison.Ordinal);
        using var dns = new TestDnsServer(new Zone().Txt($"{ArcPeers.Selector}._domainkey.{ArcPeers.Domain}", text));
        (await ArcMessage.Verify(Three.Value, ArcMessage.Resolver(dns))).Reason.Should().Be(reason);
    }

    [Fact]
    public void Every_word_is_in_its_table_once()
    {
        Enum.GetValues<ArcState>().Select(ArcWords.Token).Should().Equal("none", "pass", "fail", "temperror");
        Enum.GetValues<ArcState>().Should().AllSatisfy(s => ArcWords.State(ArcWords.Token(s)).Should().Be(s));
        ArcWords.State("Pass").Should().BeNull();
        Enum.GetValues<ArcReason>().Select(ArcWords.Text).Should().OnlyHaveUniqueItems();
        Enum.GetValues<ArcReason>().Where(r => r != ArcReason.None).Select(ArcWords.Text).Should().AllSatisfy(t => t.Should().NotBeEmpty());
        Enum.GetValues<ArcField>().Select(ArcWords.Name).Should().Equal("ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal");
        Enum.GetValues<SealOutcome>().Select(ArcWords.Token).Should().Equal("sealed", "no-results", "chain-closed", "chain-full", "not-verified");
    }

    internal const long Now = 1_795_000_000;

    internal static byte[] Plain { get; } = Encoding.Latin1.GetBytes("Received: by b.example; x\nFrom: a@a.example\nTo: b@b.example\nSubject: s\nDate: Mon, 23 Nov 2026 21:00:00 +0000\nMessage-ID: <1@a.example>\n\nHello\n");

    /// <summary>A message with so many sets of ours.</summary>
    internal static byte[] Chain(int sets)
    {
        var message = Plain;
        for (var i = 1; i <= sets; i++) message = Extend(message, i);
        return message;
    }

    /// <summary>Adds one set that says the chain passed.</summary>
    internal static byte[] Extend(byte[] bytes, int instance)
    {
        var withResults = Encoding.Latin1.GetBytes($"Authentication-Results: {ArcPeers.Admd}; arc={(instance > 1 ? "pass" : "none")};\n spf=pass smtp.mfrom=a@a.example\n");
        byte[] whole = [.. withResults, .. bytes];
        var message = ArcMessage.Read(whole);
        var made = new ArcSealer(ArcPeers.Admd, SealTimes.Default, ArcSealOptions.DefaultNames).Seal(message, ArcChain.Read(message.Headers, ArcInstance.Max), ArcPeers.Key(), true, Now, CancellationToken.None);
        made.Outcome.Should().Be(SealOutcome.Sealed);
        return ArcMessage.With(bytes, made.Lines);
    }

    internal static FakeClock Clock(long unixTime)
    {
        var clock = new FakeClock();
        clock.Jump(DateTimeOffset.FromUnixTimeSeconds(unixTime) - clock.GetUtcNow());
        return clock;
    }

    private Task<ArcResult> Verify(byte[] message, TimeProvider? clock = null) => ArcMessage.Verify(message, ArcMessage.Resolver(_dns), clock: clock ?? Clock(Now));
}
