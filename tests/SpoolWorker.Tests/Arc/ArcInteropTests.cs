// Sets of ours read by dkimpy and Mail::DKIM, theirs by us, and chains of all three.
using System.Text;
using SpoolWorker.Passes.Arc;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcInteropTests
{
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["plain"] = "Hello,\r\n\r\nworld.\r\n",
        ["empty"] = "",
        ["blank-lines"] = "\r\n\r\n\r\n",
        ["no-final-newline"] = "first\r\nlast",
        ["trailing-blanks"] = "one \t \r\n\t\r\n  two   words  \r\n \r\n\r\n\r\n",
        ["bare-cr"] = "a\rb\r\nc\r\r\nd\r\n",
        ["eight-bit"] = "caf\u00c3\u00a9 \u00ff\u0080\r\n\tx\r\n",
        ["dots"] = ".\r\n..\r\n.x\r\n",
        ["many-lines"] = string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}  \r\n")),
        ["long-line"] = new string('x', 20_000) + " \r\n",
    };

    // What Mail::DKIM hashes in another way than RFC 6376 says: its line reader takes no part of a line without CRLF, and a
    // CR before CRLF for white space.
    private static readonly string[] OddForMailDkim = ["bare-cr"];

    [ArcPeersTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Our_sets_verify_elsewhere(bool ed)
    {
        using var peers = new ArcPeers();
        PutAll(peers, "none");
        await peers.Seal(ArcPeer.Ours, ed, times: SealTimes.Default with { Expires = true, IsOffset = true, Seconds = 3600 });
        AllPass(await peers.Verify(ArcPeer.Ours));
        AllPass(await peers.Verify(ArcPeer.Dkimpy));
        // Debian's Mail::DKIM has no Ed25519.
        if (!ed) AllPass((await peers.Verify(ArcPeer.MailDkim)).Where(f => !OddForMailDkim.Contains(f.Name)));
    }

    [ArcPeersTheory]
    [InlineData(ArcPeer.Dkimpy, false, "relaxed/relaxed")]
    [InlineData(ArcPeer.Dkimpy, false, "simple/simple")]
    [InlineData(ArcPeer.Dkimpy, false, "relaxed/simple")]
    [InlineData(ArcPeer.Dkimpy, false, "simple/relaxed")]
    [InlineData(ArcPeer.Dkimpy, true, "relaxed/relaxed")]
    [InlineData(ArcPeer.MailDkim, false, "relaxed/relaxed")]
    public async Task Their_sets_verify_here(ArcPeer peer, bool ed, string form)
    {
        using var peers = new ArcPeers();
        PutAll(peers, "none");
        await peers.Seal(peer, ed, form);
        AllPass((await peers.Verify(ArcPeer.Ours)).Where(f => peer != ArcPeer.MailDkim || !OddForMailDkim.Contains(f.Name)));
    }

    [ArcPeersTheory]
    [InlineData(ArcPeer.Ours, ArcPeer.Dkimpy)]
    [InlineData(ArcPeer.MailDkim, ArcPeer.Ours)]
    [InlineData(ArcPeer.Ours, ArcPeer.Dkimpy, ArcPeer.MailDkim, ArcPeer.Ours, ArcPeer.Dkimpy)]
    [InlineData(ArcPeer.MailDkim, ArcPeer.Ours, ArcPeer.Ours, ArcPeer.Dkimpy, ArcPeer.Ours)]
    public async Task Chains_of_several_sealers_verify_everywhere(params ArcPeer[] hops)
    {
        using var peers = new ArcPeers();
        PutAll(peers, "none", "plain", "trailing-blanks", "many-lines");
        for (var hop = 0; hop < hops.Length; hop++)
        {
            if (hop > 0)
            {
                foreach (var name in peers.Names.ToList()) peers.Put(name, Encoding.Latin1.GetBytes(ResultsLine("pass") + AtNextHop(peers.Get(name), hop)));
            }
            await peers.Seal(hops[hop], wasValid: hop > 0);
        }
        foreach (var peer in Enum.GetValues<ArcPeer>()) AllPass(await peers.Verify(peer));
        var result = await ArcMessage.Verify(peers.Get("plain"), ArcMessage.Resolver(peers.Dns));
        result.Highest.Should().Be(hops.Length);
        result.Domains.Should().Be(string.Join(':', Enumerable.Repeat(ArcPeers.Domain, hops.Length)));
        result.OldestPass.Should().Be(hops.Length > 2 ? 3 : 1, "the subject was changed before the third hop");
    }

    [ArcPeersFact]
    public async Task A_broken_chain_sealed_by_us_is_a_broken_chain_elsewhere_and_closed()
    {
        using var peers = new ArcPeers();
        PutAll(peers, "none", "plain");
        await peers.Seal(ArcPeer.Dkimpy);
        var broken = Encoding.Latin1.GetString(peers.Get("plain")).Replace("world", "World", StringComparison.Ordinal);
        peers.Put("plain", Encoding.Latin1.GetBytes(ResultsLine("fail") + broken));
        await peers.Seal(ArcPeer.Ours);
        (await peers.Verify(ArcPeer.Dkimpy)).Should().ContainSingle().Which.State.Should().Be("closed");
        (await peers.Verify(ArcPeer.MailDkim)).Should().ContainSingle().Which.State.Should().Be("fail");
        (await ArcMessage.Verify(peers.Get("plain"), ArcMessage.Resolver(peers.Dns))).Reason.Should().Be(ArcReason.ChainFailedBefore);
    }

    private static void PutAll(ArcPeers peers, string arc, params string[] names)
    {
        foreach (var (name, body) in Bodies.Where(b => names.Length == 0 || names.Contains(b.Key)))
        {
            peers.Put(name, Encoding.Latin1.GetBytes(ResultsLine(arc) + "Received: from a.example by b.example;\r\n\tMon, 23 Nov 2026 21:00:00 +0000\r\nFrom: Ann  <ann@a.example>\r\nTo: bob@b.example,\r\n  carl@b.example\r\n"
                + "Subject:  odd \t spacing   here \r\nDate: Mon, 23 Nov 2026 21:00:00 +0000\r\nMessage-ID: <1@a.example>\r\nMIME-Version: 1.0\r\n"
                + "DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=from; bh=AA==;\r\n b=AA==\r\n\r\n" + body));
        }
    }

    private static string ResultsLine(string arc) => $"Authentication-Results: {ArcPeers.Admd};\r\n\tarc={arc};\r\n\tspf=pass smtp.mfrom=ann@a.example;\r\n\tdkim=pass header.d=a.example\r\n";

    // Who adds results takes those away that claim to be his (RFC 8601, 5). Before the third hop a list changes the subject,
    // which breaks the message signatures made before.
    private static string AtNextHop(byte[] message, int hop)
    {
        var text = Encoding.Latin1.GetString(message).Replace(ResultsLine("none"), "", StringComparison.Ordinal).Replace(ResultsLine("pass"), "", StringComparison.Ordinal);
        return hop == 2 ? text.Replace("Subject:  odd", "Subject: [list] odd", StringComparison.Ordinal) : text;
    }

    private static void AllPass(IEnumerable<(string Name, string State, string Reason)> found)
    {
        found.Should().NotBeEmpty();
        found.Where(f => f.State != "pass").Should().BeEmpty();
    }
}
