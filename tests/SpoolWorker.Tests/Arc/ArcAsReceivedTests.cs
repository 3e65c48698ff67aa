using System.Text;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Arc;

/// <summary>Chains of mail in whose header Exim has rewritten addresses, or deleted lines, after it came in.</summary>
public sealed class ArcAsReceivedTests : IDisposable
{
    private const string Rewritten = "*From: a@a.example\nFrom: a@public.example\n";

    private readonly TestDnsServer _dns = new(ArcPeers.Keys(new Zone()));

    public void Dispose() => _dns.Dispose();

    [Theory]
    [InlineData("From: a@a.example\n", "From: a@a.example\n", ArcState.Pass)]
    [InlineData("From: a@a.example\n", Rewritten, ArcState.Pass)]
    [InlineData("Subject: s\n", "*Subject: s\n", ArcState.Pass)]
    [InlineData("From: a@a.example\n", "From: a@public.example\n", ArcState.Fail)]
    [InlineData("From: a@a.example\n", "*From: b@a.example\nFrom: a@public.example\n", ArcState.Fail)]
    public async Task What_was_rewritten_here_is_no_fault_of_the_chain(string line, string by, ArcState expected)
    {
        var found = await Verify(line, by, "Hello\n");
        (found.State, found.OldestPass).Should().Be((expected, expected == ArcState.Pass ? 1 : 0), found.ReasonText);
        if (expected == ArcState.Fail) (found.Reason, found.Instance, found.Field).Should().Be((ArcReason.SignatureWrong, 2, ArcField.Signature));
    }

    [Fact]
    public async Task A_changed_body_is_one() => (await Verify("From: a@a.example\n", Rewritten, "Hullo\n")).Reason.Should().Be(ArcReason.BodyHashWrong);

    private async Task<ArcResult> Verify(string line, string by, string body)
    {
        var chain = Encoding.Latin1.GetString(ArcChainTests.Chain(2));
        var headers = chain[..(chain.IndexOf("\n\n", StringComparison.Ordinal) + 1)];
        headers.Should().Contain("\n" + line);
        var verifier = new ArcVerifier(new ArcOptions(), ArcChainTests.Clock(ArcChainTests.Now));
        return await verifier.VerifyAsync(Mail.Message(headers.Replace("\n" + line, "\n" + by, StringComparison.Ordinal)), new BodyHashes(new MemoryBody(Encoding.Latin1.GetBytes(body))),
            new KeyLookups(ArcMessage.Resolver(_dns), new KeyCache(), ArcVerifier.MaxLookups), CancellationToken.None);
    }
}
