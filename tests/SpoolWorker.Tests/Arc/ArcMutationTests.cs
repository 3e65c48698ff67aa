// Chains with one random change each, judged by us and by dkimpy and Mail::DKIM: what passes here passes there, and what both
// let pass passes here. (Thousands more differ only where a CRLF is damaged, which Mail::DKIM reads as one line, and in
// "Subject :", which dkimpy refuses.)
using System.Text;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcMutationTests
{
    private const int Mutants = 120;

    // What may be put in, taken out or doubled: what ARC lines are made of.
    private static readonly string[] Pieces = [" ", "\t", ";", "; ", "=", ":", "i=", "i=1", "cv=pass; ", "cv=none; ", "cv=fail; ", "h=from; ", "l=1; ", "x=1; ", "v=1; ", "z; ", "A", "a", "0", "2", "(c)", "\"", "ARC-Seal: i=4\r\n", "\r\n ", "\r\n\t", "arc-seal:"];

    [ArcPeersFact]
    public async Task One_change_more_or_less_is_judged_alike()
    {
        using var peers = new ArcPeers();
        var original = Encoding.Latin1.GetString(ArcChainTests.Chain(2)).Replace("\n", "\r\n", StringComparison.Ordinal);
        var random = new Random(20261123);
        for (var i = 0; i < Mutants; i++) peers.Put($"{i:000}", Encoding.Latin1.GetBytes(Mutate(original, random)));
        var ours = (await peers.Verify(ArcPeer.Ours)).ToDictionary(f => f.Name);
        var dkimpy = (await peers.Verify(ArcPeer.Dkimpy)).ToDictionary(f => f.Name);
        var perl = (await peers.Verify(ArcPeer.MailDkim)).ToDictionary(f => f.Name);
        ours.Should().HaveCount(Mutants);
        ours.Values.Count(f => f.State == "pass").Should().BeInRange(1, Mutants / 2, "some changes do not matter, most do");
        ours.Values.Should().NotContain(f => f.State == "temperror");
        var differences = ours.Values.Where(f => f.State == "pass" ? dkimpy[f.Name].State != "pass" || perl[f.Name].State != "pass" : dkimpy[f.Name].State == "pass" && perl[f.Name].State == "pass")
            .Select(f => $"{f.Name} ours {f.State} {f.Reason} / dkimpy {dkimpy[f.Name].State} {dkimpy[f.Name].Reason} / Mail::DKIM {perl[f.Name].State}").ToList();
        differences.Should().BeEmpty();
    }

    private static string Mutate(string text, Random random)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 8;
        var at = random.Next(Math.Min(end, text.Length));
        var piece = Pieces[random.Next(Pieces.Length)];
        return random.Next(4) switch
        {
            0 => text.Insert(at, piece),
            1 => text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at)),
            2 => text[..at] + piece + text[Math.Min(text.Length, at + piece.Length)..],
            _ => char.IsAsciiLetter(text[at]) ? text[..at] + (char)(text[at] ^ 0x20) + text[(at + 1)..] : text.Insert(at, text[at].ToString()),
        };
    }
}
