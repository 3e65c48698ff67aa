// Verification rule by rule: each case is a signature that is right but for one thing, so that only that thing can be the reason.
using System.Text;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Tests.Dkim;

public sealed class DkimVerifierTests
{
    private static readonly MemoryBody Body = new("Hi.\n\nWe lost  the game.\n\n"u8.ToArray());
    private const string Good = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from:to:subject; bh={bh}";

    [Theory]
    [InlineData(Good, "pass", "")]
    [InlineData("b=x; " + Good, "neutral", "duplicate tag b=")]
    [InlineData("v=2; a=rsa-sha256; d=example.org; s=r1; h=from; bh={bh}", "neutral", "unknown version")]
    [InlineData("v=01; a=rsa-sha256; d=example.org; s=r1; h=from; bh={bh}", "neutral", "unknown version")]
    [InlineData("a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh={bh}", "neutral", "no v= tag")]
    [InlineData("v=1; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh={bh}", "neutral", "no a= tag")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; s=r1; h=from; bh={bh}", "neutral", "no d= tag")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; h=from; bh={bh}", "neutral", "no s= tag")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; bh={bh}", "neutral", "no h= tag")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from", "neutral", "no bh= tag")]
    [InlineData("v=1; a=rsa-md5; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh={bh}", "neutral", "unknown algorithm")]
    [InlineData("v=1; a=rsa-sha1; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh={bh}", "permerror", "rsa-sha1 is forbidden (RFC 8301)")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh={bh}", "permerror", "the key is of another algorithm")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/nowsp; d=example.org; s=r1; h=from; bh={bh}", "neutral", "unknown canonicalization")]
    [InlineData(Good + "; q=dns/txt", "pass", "")]
    [InlineData(Good + "; q=http/get : dns/txt", "pass", "")]
    [InlineData(Good + "; q=http/get", "neutral", "q= has no method that is known")]
    [InlineData(Good + "; x=1795521600", "pass", "")]
    [InlineData(Good + "; x=1795434601", "policy", "the signature has expired")]
    [InlineData(Good + "; t=1795521600; x=1795521599", "neutral", "x= is not after t=")]
    [InlineData(Good + "; t=9999999999", "pass", "")]
    [InlineData(Good + "; t=soon", "neutral", "t= is no number")]
    [InlineData(Good + "; x=-1", "neutral", "x= is no number")]
    [InlineData(Good + "; x=", "neutral", "x= is no number")]
    [InlineData(Good + "; i=@example.org", "pass", "")]
    [InlineData(Good + "; i=joe@sub.EXAMPLE.org", "pass", "")]
    [InlineData(Good + "; i=joe=40home=3D@example.org", "pass", "")]
    [InlineData(Good + "; i=@notexample.org", "permerror", "the domain of i= is not within d=")]
    [InlineData(Good + "; i=@org", "permerror", "the domain of i= is not within d=")]
    [InlineData(Good + "; i=example.org", "neutral", "i= is no address")]
    [InlineData(Good + "; i=", "neutral", "i= is no address")]
    [InlineData(Good + "; l=4", "pass", "")]
    [InlineData(Good + "; l=0", "pass", "")]
    [InlineData(Good + "; l=27", "fail", "the body is shorter than l= says")]
    [InlineData(Good + "; l=9999999999999999999999999999", "fail", "the body is shorter than l= says")]
    [InlineData(Good + "; l=x", "neutral", "l= is no number")]
    [InlineData(Good + "; z=From:joe|To:b=3B; unknown=1", "pass", "")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=to:subject; bh={bh}", "permerror", "From is not signed")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from:; bh={bh}", "neutral", "h= is no list of field names")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=FROM : FROM\n :X-None; bh={bh}", "pass", "")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=; s=r1; h=from; bh={bh}", "neutral", "d= is no domain")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=a b.org; s=r1; h=from; bh={bh}", "neutral", "d= is no domain")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1/x; h=from; bh={bh}", "neutral", "s= is no selector")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=none; h=from; bh={bh}", "permerror", "no key for signature")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh=AAAA", "fail", "the body hash did not verify")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh=", "neutral", "bh= is not base64")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h=from; bh=!", "neutral", "bh= is not base64")]
    [InlineData("v=1;; a=rsa-sha256; d=example.org; s=r1; h=from; bh={bh}", "neutral", "empty tag at byte 20 of the field")]
    public void Signature_tags_decide(string tags, string result, string reason)
    {
        var found = Verify(tags, Mail.Dns());
        found.Result.Token().Should().Be(result, found.Reason);
        found.Reason.Should().StartWith(reason);
        if (result == "pass") found.Reason.Should().BeEmpty();
    }

    [Theory]
    [InlineData("t=y; ", "pass", "")]
    [InlineData("t=s; ", "pass", "")]
    [InlineData("h=sha256:sha1; ", "pass", "")]
    [InlineData("h=sha1; ", "permerror", "the key does not allow this hash")]
    [InlineData("s=email; ", "pass", "")]
    [InlineData("s=jabber; ", "permerror", "the key is not for mail")]
    public void Key_records_decide(string more, string result, string reason)
    {
        var found = Verify(Good, new FakeDns().Txt("r1._domainkey.example.org", Mail.Record(KeyType.Rsa, more)));
        found.Result.Token().Should().Be(result);
        found.Reason.Should().Be(reason);
        found.IsTesting.Should().Be(more.Contains('y', StringComparison.Ordinal));
    }

    [Fact]
    public void A_strict_key_wants_the_domain_itself()
    {
        var dns = new FakeDns().Txt("r1._domainkey.example.org", Mail.Record(KeyType.Rsa, "t=s; "));
        Verify(Good + "; i=joe@example.org", dns).Result.Should().Be(DkimResult.Pass);
        var found = Verify(Good + "; i=joe@sub.example.org", dns);
        found.Result.Should().Be(DkimResult.PermError);
        found.Identity.Should().Be("joe@sub.example.org");
    }

    [Theory]
    [InlineData(DnsStatus.NameError, DkimResult.PermError)]
    [InlineData(DnsStatus.NoData, DkimResult.PermError)]
    [InlineData(DnsStatus.BadName, DkimResult.PermError)]
    [InlineData(DnsStatus.TimeOut, DkimResult.TempError)]
    [InlineData(DnsStatus.ServerFailure, DkimResult.TempError)]
    [InlineData(DnsStatus.Bogus, DkimResult.TempError)]
    public void What_the_DNS_cannot_say_is_told_apart(DnsStatus status, DkimResult result) =>
        Verify(Good, new FakeDns().Fails("r1._domainkey.example.org", status)).Result.Should().Be(result);

    [Fact]
    public void Revoked_short_and_broken_keys_are_told_apart()
    {
        using var small = System.Security.Cryptography.RSA.Create(512);
        Verify(Good, Txt("v=DKIM1; p=")).Reason.Should().Be("the key is revoked");
        Verify(Good, Txt("v=DKIM1; p=AAAA")).Reason.Should().Be("the key is no RSA public key");
        Verify(Good, Txt("\u00ff\u0000;;p")).Result.Should().Be(DkimResult.PermError);
        var shortKey = Verify(Good, Txt($"p={Convert.ToBase64String(small.ExportSubjectPublicKeyInfo())}"));
        (shortKey.Result, shortKey.Reason).Should().Be((DkimResult.Policy, "an RSA key of 512 bits is too short"));
        Verify(Good, Txt(Mail.Record(KeyType.Rsa)), new DkimOptions { MinRsaBits = 3072 }).Result.Should().Be(DkimResult.Policy);
    }

    [Fact]
    public void One_fitting_record_among_several_is_enough()
    {
        var message = Mail.Message(Mail.Plain);
        var line = Mail.SignedField(message, Body, Good);
        Mail.Verify(Mail.Message(line + Mail.Plain), Body, Txt("v=spf1 -all", Mail.Record(KeyType.Ed25519), Mail.Record(KeyType.Rsa))).Result.Should().Be(DkimResult.Pass);
        Mail.Verify(Mail.Message(line + Mail.Plain), Body, Txt("v=spf1 -all", Mail.Record(KeyType.Ed25519))).Result.Should().Be(DkimResult.PermError);
    }

    // RFC 8463, A.3: the message of the RFC with both its signatures.
    [Fact]
    public void The_message_of_RFC_8463_verifies()
    {
        const string headers = """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=brisbane; t=1528637909; h=from : to :
             subject : date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
             Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=test; t=1528637909; h=from : to : subject :
             date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
             DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
             dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
            From: Joe SixPack <joe@football.example.com>
            To: Suzie Q <suzie@shopping.example.net>
            Subject: Is dinner ready?
            Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
            Message-ID: <20030712040037.46341.5F8J@football.example.com>

            """;
        var body = new MemoryBody("Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n"u8.ToArray());
        var dns = new FakeDns()
            .Txt("brisbane._domainkey.football.example.com", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
            .Txt("test._domainkey.football.example.com", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB");
        Mail.Verify(Mail.Message(headers), body, dns).Signatures.Should().OnlyContain(s => s.Result == DkimResult.Pass);
    }

    [Fact]
    public void A_thousand_signatures_cost_ten_lookups_at_most()
    {
        var message = Mail.Message(Mail.Plain);
        var good = Mail.SignedField(message, Body, Good);
        var dns = Mail.Dns();
        var many = string.Concat(Enumerable.Range(0, 1000).Select(i => $"DKIM-Signature: v=1; a=rsa-sha256; d=d{i}.example; s=s; h=from; bh=AAAA; b=AAAA\n"));
        var found = Mail.Verify(Mail.Message(many + good + Mail.Plain), Body, dns);
        found.Signatures.Should().HaveCount(10);
        found.NotLookedAt.Should().Be(991);
        dns.Queries.Should().Be(10);
        found.Result.Should().Be(DkimResult.PermError);
        Mail.Verify(Mail.Message(good + many + Mail.Plain), Body, Mail.Dns(), new DkimOptions { MaxLookups = 1 }).Signatures.Select(s => s.Result).Should()
            .StartWith([DkimResult.Pass, DkimResult.Policy]);
    }

    [Fact]
    public void A_megabyte_of_header_is_verified_in_bounded_time()
    {
        var lines = new StringBuilder();
        for (var i = 0; i < 120_000; i++) lines.Append($"x{i % 2000}:\n");
        var message = Mail.Message(lines + Mail.Plain);
        var names = string.Join(':', Enumerable.Range(0, HeaderSelection.MaxNames - 1).Select(i => $"x{i}").Append("from"));
        var line = Mail.SignedField(message, Body, $"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=r1; h={names}; bh={{bh}}");
        var all = Mail.Message(string.Concat(Enumerable.Repeat(line, 10)) + lines + Mail.Plain);
        var before = ThreadTime.Now;
        Mail.Verify(all, Body, Mail.Dns()).Signatures.Should().OnlyContain(s => s.Result == DkimResult.Pass);
        // Of this thread's own processor time: a second, or minutes when each name is looked for in all lines of each signature.
        (ThreadTime.Now - before).Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Lines_Exim_has_rewritten_or_deleted_count_as_they_came_in()
    {
        var original = Mail.Message("From: joe@example.org\nTo: a\nTo: b\nSubject: x\nX-Gone: 1\n");
        var line = Mail.SignedField(original, Body, "v=1; a=rsa-sha256; c=simple/simple; d=example.org; s=r1; h=from:to:to:subject:x-gone; bh={bh}", "simple/simple");
        // as rewrite.c leaves it: the new line behind the old one, twice for the first To
        var now = Mail.Message("Received: by us\n" + line + "*From: joe@example.org\nFrom: joe@public.example\n*To: a\n*To: a@x\nTo: a@y\nTo: b\nSubject: x\n*X-Gone: 1\n");
        var found = Mail.Verify(now, Body, Mail.Dns()).Signatures.Single();
        (found.Result, found.IsAsReceived).Should().Be((DkimResult.Pass, true));
        var changed = Mail.Message(line + "From: joe@public.example\nTo: a\nTo: b\nSubject: x\n*X-Gone: 1\n");
        Mail.Verify(changed, Body, Mail.Dns()).Result.Should().Be(DkimResult.Fail);
    }

    [Fact]
    public void Signatures_over_other_signatures_do_not_cover_themselves()
    {
        var inner = Mail.SignedField(Mail.Message(Mail.Plain), Body, Good);
        var outer = Mail.SignedField(Mail.Message(inner + Mail.Plain), Body, Good.Replace("h=from", "h=dkim-signature:dkim-signature:from", StringComparison.Ordinal));
        Mail.Verify(Mail.Message(outer + inner + Mail.Plain), Body, Mail.Dns()).Signatures.Should().OnlyContain(s => s.Result == DkimResult.Pass);
        Mail.Verify(Mail.Message(inner + outer + Mail.Plain), Body, Mail.Dns()).Signatures.Should().OnlyContain(s => s.Result == DkimResult.Pass);
    }

    [Fact]
    public void UTF8_domains_are_looked_up_as_A_labels()
    {
        var tags = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("v=1; a=rsa-sha256; c=relaxed/relaxed; d=bücher.example; i=jö@post.bücher.example; s=früh; h=from; bh={bh}"));
        var found = Verify(tags, new FakeDns().Txt("xn--frh-ioa._domainkey.xn--bcher-kva.example", Mail.Record(KeyType.Rsa)));
        found.Result.Should().Be(DkimResult.Pass, found.Reason);
        found.Domain.Should().Be("xn--bcher-kva.example");
    }

    [Fact]
    public void Every_changed_byte_of_what_is_signed_makes_it_fail()
    {
        var message = Mail.Message(Mail.Plain);
        foreach (var form in new[] { "simple/simple", "relaxed/relaxed" })
        {
            var line = Mail.SignedField(message, Body, Good.Replace("relaxed/relaxed", form, StringComparison.Ordinal), form);
            for (var i = "DKIM-Signature:".Length; i < line.Length - 1; i++)
            {
                // white space may go or come where the form allows it, and = may stand for padding only
                if (char.IsWhiteSpace(line[i]) || line[i] == '=') continue;
                var mutated = line.ToCharArray();
                mutated[i] = mutated[i] == 'q' ? 'w' : 'q';
                var found = Mail.Verify(Mail.Message(new string(mutated) + Mail.Plain), Body, Mail.Dns());
                // the last digit of b= before the padding has bits that mean nothing
                if (i >= line.TrimEnd('\n', '=').Length - 1) continue;
                found.Result.Should().NotBe(DkimResult.Pass, "byte {0} of {1}", i, line);
            }
        }
    }

    [Fact]
    public void Nothing_signed_is_none() => Mail.Verify(Mail.Message(Mail.Plain), Body, Mail.Dns()).Result.Should().Be(DkimResult.None);

    [Fact]
    public async Task One_reading_serves_all_signatures()
    {
        var message = Mail.Message(Mail.Plain);
        var lines = new[] { "simple/simple", "relaxed/relaxed", "simple/relaxed" }.Select(f => Mail.SignedField(message, Body, Good.Replace("relaxed/relaxed", f, StringComparison.Ordinal), f))
            .Append(Mail.SignedField(message, Body, Good + "; l=3"));
        var hashes = new BodyHashes(Body);
        var verifier = new DkimVerifier(new DkimOptions());
        var found = await verifier.VerifyAsync(Mail.Message(string.Concat(lines) + Mail.Plain), hashes, verifier.Lookups(Mail.Dns(), new KeyCache()), default);
        found.Signatures.Should().HaveCount(4).And.OnlyContain(s => s.Result == DkimResult.Pass);
        hashes.Readings.Should().Be(1);
        found.PassedDomains.Should().Equal("example.org");
    }

    [Fact]
    public void Words_are_those_of_RFC_8601() =>
        Enum.GetValues<DkimResult>().Select(r => r.Token()).Should().Equal("none", "pass", "fail", "policy", "neutral", "temperror", "permerror");

    private static FakeDns Txt(params string[] records) => new FakeDns().Txt("r1._domainkey.example.org", records);

    private static DkimSignatureResult Verify(string tags, IDnsResolver dns, DkimOptions? options = null) =>
        Mail.Verify(Mail.Message(Mail.SignedField(Mail.Message(Mail.Plain), Body, tags) + Mail.Plain), Body, dns, options).Signatures.Single();
}
