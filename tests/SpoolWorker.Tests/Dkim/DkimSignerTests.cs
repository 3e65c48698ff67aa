using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dkim;

public sealed class DkimSignerTests : IDisposable
{
    private static readonly MemoryBody Body = new("Hello,  world\n\n"u8.ToArray());
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(KeyType.Rsa, "relaxed/relaxed")]
    [InlineData(KeyType.Rsa, "simple/simple")]
    [InlineData(KeyType.Ed25519, "relaxed/simple")]
    [InlineData(KeyType.Ed25519, "simple/relaxed")]
    public void What_is_signed_verifies_and_nothing_may_be_added(KeyType type, string form)
    {
        var signed = Mail.Message(Mail.Plain).Sign(Body, Mail.Signer(type, form, o => o.Expire = TimeSpan.FromDays(7)));
        var found = Mail.Verify(signed, Body, Mail.Dns()).Signatures.Single();
        found.Result.Should().Be(DkimResult.Pass, found.Reason);
        found.Selector.Should().Be(Mail.Selector(type));
        found.SignatureStart.Should().HaveLength(8);
        foreach (var added in new[] { "From: eve@example.org\n", "Subject: x\n", "Reply-To: eve@example.com\n", "Cc: eve@example.com\n" })
            Mail.Verify(signed.WithHeaderAtEnd(HeaderLine.Create(added)), Body, Mail.Dns()).Result.Should().Be(DkimResult.Fail, added);
        Mail.Verify(signed.WithHeaderOnTop(HeaderLine.Create("X-Spam: no\n")), Body, Mail.Dns()).Result.Should().Be(DkimResult.Pass);
        Mail.Verify(signed with { ReceivedTime = Mail.Now.AddDays(8).ToUnixTimeSeconds() }, Body, Mail.Dns()).Result.Should().Be(DkimResult.Policy);
    }

    [Theory]
    [InlineData("joe@example.org", "example.org")]
    [InlineData("Joe <joe..smith@example.org>", "example.org")]
    [InlineData("joe.@example.org, undisclosed", "example.org")]
    [InlineData("undisclosed, .joe@example.org", "example.org")]
    [InlineData("Joe <joe@example.org", "example.org")]
    [InlineData("joe@example.org, ann@example.net", "example.org")]
    [InlineData("joe@EXAMPLE.org.", "EXAMPLE.org")]
    [InlineData("joe@b\u00c3\u00bccher.example", "xn--bcher-kva.example")]
    [InlineData("undisclosed:;", null)]
    [InlineData("joe@[192.0.2.1]", null)]
    public void Who_signs_goes_by_the_domain_of_the_first_author(string from, string? domain)
    {
        DkimSignPass.FromDomain(SignedMessage.Live(Mail.Message($"From: {from}\n"), Body)).Should().Be(domain);
        DkimSignPass.FromDomain(SignedMessage.Live(Mail.Message($"From : {from}\n"), Body)).Should().Be(domain);
    }

    [Fact]
    public void Field_is_folded_and_says_what_was_asked_for()
    {
        var many = string.Concat(Enumerable.Range(0, 30).Select(i => $"To: user{i}@example.net\n"));
        var line = Mail.Message(Mail.Plain + many).Sign(Body, Mail.Signer(KeyType.Rsa, change: o => o.Expire = TimeSpan.FromDays(1))).Headers[0];
        var text = Encoding.ASCII.GetString(line.Text.Span);
        text.TrimEnd('\n').Split('\n').Should().OnlyContain(l => l.Length <= 78).And.Subject.Skip(1).Should().OnlyContain(l => l.StartsWith('\t') && l.Trim().Length > 0);
        text.Should().StartWith("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;").And.Contain($"t={Mail.Now.ToUnixTimeSeconds()};").And.Contain($"x={Mail.Now.AddDays(1).ToUnixTimeSeconds()};");
        TagList.TryParse(line.Text[15..], out var tags, out _).Should().BeTrue();
        tags.TryValue("h"u8, out var h).Should().BeTrue();
        var names = new List<string>();
        foreach (var name in TagValues.Items(h)) names.Add(Encoding.ASCII.GetString(name));
        names.Count(n => n == "To").Should().Be(32, "31 lines, and one that must not come");
        names.Should().StartWith(["From", "From", "Reply-To", "Subject", "Subject"]).And.NotContain("Received");
    }

    [Theory]
    [InlineData("From: joe@example.org\n", "r1")]
    [InlineData("From: joe@mail.Example.ORG\n", "r1")]
    [InlineData("From: \"a@b, c\" <joe@example.org>, eve@other.example\n", "r1")]
    [InlineData("From: joe@other.example\n", "e1")]
    [InlineData("From: joe@third.example\n", "")]
    [InlineData("From: joe@example.org\nFrom: joe@example.org\n", "")]
    [InlineData("*From: joe@example.org\nFrom: joe@other.example\n", "e1")]
    [InlineData("From: nobody\n", "")]
    [InlineData("Subject: x\n", "")]
    public async Task Pass_signs_for_whom_it_has_a_key(string headers, string selectors)
    {
        var pass = new DkimSignPass([Mail.Signer(KeyType.Rsa), Mail.Signer(KeyType.Ed25519, change: o => o.Senders = ["other.example"])], LookupList.Empty);
        var message = Mail.Message(headers);
        var result = await pass.RunAsync(new PassContext(message, Body, [], 1, new Dictionary<string, string>(), Mail.Now), default);
        result.Headers.Select(e => ((HeaderEdit.AddOnTop)e).Line).Select(l => l.Text.Span.IndexOf("s=r1;"u8) > 0 ? "r1" : "e1").Should().Equal(selectors.Length == 0 ? [] : [selectors]);
        foreach (var edit in result.Headers) message = message.WithHeaderOnTop(((HeaderEdit.AddOnTop)edit).Line);
        if (result.Headers.Count > 0) Mail.Verify(message, Body, Mail.Dns()).Result.Should().Be(DkimResult.Pass);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(true, "auth_id=joe")]
    [InlineData(false, "host_address=[192.0.2.1]:4711")]
    [InlineData(false, "host_address=[127.0.0.1]:4711")]
    [InlineData(false, "host_address=unreadable")]
    // An Exim of the user nobody, behind inetd; and what a client may say of itself.
    [InlineData(false, "host_address=[192.0.2.1]:4711", "auth_id=nobody")]
    [InlineData(false, "host_address=[192.0.2.1]:4711", "auth_sender=joe@example.org", "helo_name=example.org", "ident=joe")]
    [InlineData(true, "host_address=[192.0.2.1]:4711", "host_auth=plain")]
    [InlineData(true, "host_address=[198.51.100.7]:4711")]
    [InlineData(true, "host_address=198.51.100.7.4711")]
    [InlineData(true, "host_address=[2001:db8:1::7]:4711")]
    [InlineData(false, "host_address=[198.51.101.7]:4711")]
    public async Task Only_what_was_submitted_or_comes_from_hosts_of_ours_is_signed(bool isSigned, params string[] variables)
    {
        var options = new DkimSignOptions { Keys = [Key("rsa", Mail.RsaPkcs1Pem, "r1")], Hosts = ["198.51.100.0/24", "2001:db8:1::/48"] };
        using var services = new ServiceCollection().AddDkim().BuildServiceProvider();
        var pass = services.GetServices<PassRegistration>().Single(r => r.Name == "dkim-sign").Create!(options, services);
        var message = variables.Select(v => v.Split('=')).Aggregate(Mail.Message("From: joe@example.org\n"), (m, v) => m.WithVariable(v[0], v[1]));
        var result = await pass.RunAsync(new PassContext(message, Body, [], 1, new Dictionary<string, string>(), Mail.Now), default);
        result.Headers.Should().HaveCount(isSigned ? 1 : 0);
    }

    [Fact]
    public async Task A_list_of_hosts_that_cannot_be_read_makes_mail_of_clients_wait()
    {
        var list = $"{_folder}/hosts";
        File.WriteAllText(list, "192.0.2.1\n");
        var options = new DkimSignOptions { Keys = [Key("rsa", Mail.RsaPkcs1Pem, "r1")], Hosts = [$"lsearch;{list}"] };
        DkimSignOptions.Faults(options).Should().BeEmpty();
        DkimSignOptions.Faults(new DkimSignOptions { Keys = options.Keys, Hosts = ["192.0.2.0/33"] }).Should().ContainSingle(f => f.StartsWith("Hosts = '192.0.2.0/33': "));
        var clock = new FakeClock();
        using var services = new ServiceCollection().AddSingleton<TimeProvider>(clock).AddDkim().BuildServiceProvider();
        using var pass = (DkimSignPass)services.GetServices<PassRegistration>().Single(r => r.Name == "dkim-sign").Create!(options, services);
        File.Delete(list);
        // Files of lists are looked at again after a while.
        clock.Advance(TimeSpan.FromMinutes(5));
        var context = new PassContext(Mail.Message("From: joe@example.org\n").WithVariable("host_address", "[192.0.2.1]:4711"), Body, [], 1, new Dictionary<string, string>(), Mail.Now);
        (await pass.RunAsync(context, default)).UnavailableReason.Should().Contain("hosts");
        (await pass.RunAsync(context with { Message = Mail.Message("From: joe@example.org\n") }, default)).Headers.Should().ContainSingle("mail of this host needs no list");
    }

    [Fact]
    public async Task Pass_is_made_from_its_settings_and_signs_with_every_key_for_all()
    {
        var options = new DkimSignOptions { Keys = [Key("rsa", Mail.RsaPkcs1Pem, "r1"), Key("ed", Mail.RfcSeed, "e1")] };
        foreach (var key in options.Keys) key.Senders = ["*"];
        DkimSignOptions.Faults(options).Should().BeEmpty();
        using var services = new ServiceCollection().AddDkim().BuildServiceProvider();
        var registration = services.GetServices<PassRegistration>().Single(r => r.Name == "dkim-sign");
        registration.Traits.Should().Be(PassTraits.EditsHeaders | PassTraits.AfterHeaderEdits | PassTraits.NeverDefers | PassTraits.NeverSkipped);
        var pass = registration.Create!(options, services);
        var message = Mail.Message("From: eve@anywhere.example\n");
        var result = await pass.RunAsync(new PassContext(message, Body, [], 1, new Dictionary<string, string>(), Mail.Now), default);
        foreach (var edit in result.Headers) message = message.WithHeaderOnTop(((HeaderEdit.AddOnTop)edit).Line);
        Mail.Verify(message, Body, Mail.Dns()).Signatures.Should().HaveCount(2).And.OnlyContain(s => s.Result == DkimResult.Pass);
    }

    [Fact]
    public void Faults_of_settings_are_told_together()
    {
        DkimSignOptions.Faults(new DkimSignOptions()).Should().ContainSingle(f => f.StartsWith("Keys = ''"));
        var key = Key("rsa", Mail.RsaPem, "r 1");
        File.SetUnixFileMode(key.PrivateKeyFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        key.Domain = "ex ample";
        key.Canonicalization = "relaxed/fancy";
        key.Headers = ["Subject", "DKIM-Signature", "a:b"];
        key.Senders = ["lsearch;/no/such/file"];
        DkimSignOptions.Faults(new DkimSignOptions { Keys = [key] }).Select(f => f.Split('=')[0].Trim()).Should().Equal(
            "Keys:0:Domain", "Keys:0:Selector", "Keys:0:PrivateKeyFile", "Keys:0:Senders", "Keys:0:Canonicalization", "Keys:0:Headers", "Keys:0:Headers", "Keys:0:Headers");
    }

    private DkimKeyOptions Key(string name, string text, string selector)
    {
        var path = $"{_folder}/{name}.key";
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new DkimKeyOptions { Domain = Mail.Domain, Selector = selector, PrivateKeyFile = path };
    }
}
