using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Arc;

/// <summary>Needs dkimpy and Mail::DKIM as Debian has them; skipped with the reason where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ArcPeersFactAttribute : FactAttribute
{
    public ArcPeersFactAttribute() => Skip = ArcPeers.Missing;
}

/// <inheritdoc cref="ArcPeersFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ArcPeersTheoryAttribute : TheoryAttribute
{
    public ArcPeersTheoryAttribute() => Skip = ArcPeers.Missing;
}

/// <summary>Who seals or verifies.</summary>
public enum ArcPeer
{
    Ours,
    Dkimpy,
    MailDkim,
}

/// <summary>A directory of messages, keys in a DNS server, and the other programs that work on both.</summary>
internal sealed class ArcPeers : IDisposable
{
    public const string Selector = "sel", Domain = "sealer.example", EdSelector = "ed", Admd = "mx.sealer.example";

    // One key for all tests: making one takes longer than they do.
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly byte[] Seed = RandomNumberGenerator.GetBytes(32);

    private readonly TempDirectory _folder = new();
    private readonly TestDnsServer _dns;

    public ArcPeers()
    {
        Messages = Directory.CreateDirectory(Path.Combine(_folder, "messages")).FullName;
        RsaFile = KeyFile("rsa.pem", Rsa.ExportRSAPrivateKeyPem());
        EdFile = KeyFile("ed25519", Convert.ToBase64String(Seed));
        Zone = Keys(new Zone());
        _dns = new TestDnsServer(Zone);
    }

    public static string? Missing =>
        new[] { ("/usr/lib/python3/dist-packages/dkim/__init__.py", "python3-dkim"), ("/usr/lib/python3/dist-packages/authres/__init__.py", "python3-authres"), ("/usr/lib/python3/dist-packages/dns/resolver.py", "python3-dnspython"),
            ("/usr/lib/python3/dist-packages/nacl/__init__.py", "python3-nacl"), ("/usr/share/perl5/Mail/DKIM/ARC/Signer.pm", "libmail-dkim-perl") }
            .Where(p => !File.Exists(p.Item1)).Select(p => $"{p.Item2} is not installed").FirstOrDefault();

    public string Messages { get; }

    public string RsaFile { get; }

    public string EdFile { get; }

    public Zone Zone { get; }

    public TestDnsServer Dns => _dns;

    public static SealKey Key(bool ed = false) =>
        new(Domain, ed ? EdSelector : Selector, PrivateKey.TryParse(ed ? Convert.ToBase64String(Seed) : Rsa.ExportRSAPrivateKeyPem(), out var fault) ?? throw new InvalidOperationException(fault));

    /// <summary>Publishes the keys.</summary>
    public static Zone Keys(Zone zone) => zone.Txt($"{Selector}._domainkey.{Domain}", $"v=DKIM1; k=rsa; p={Key().Private.PublicBase64()}")
        .Txt($"{EdSelector}._domainkey.{Domain}", $"v=DKIM1; k=ed25519; p={Key(ed: true).Private.PublicBase64()}");

    public void Put(string name, byte[] message) => File.WriteAllBytes(Path.Combine(Messages, $"{name}.eml"), message);

    public byte[] Get(string name) => File.ReadAllBytes(Path.Combine(Messages, $"{name}.eml"));

    public IEnumerable<string> Names => Directory.EnumerateFiles(Messages, "*.eml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    /// <summary>Puts a set of the peer's on every message.</summary>
    /// <param name="peer">Whose.</param>
    /// <param name="ed">With Ed25519.</param>
    /// <param name="form">c= of the message signature.</param>
    /// <param name="times">Ours: t= and x=.</param>
    /// <param name="wasValid">Ours: the chain passed when the message came, before it was changed.</param>
    public async Task Seal(ArcPeer peer, bool ed = false, string form = "relaxed/relaxed", SealTimes? times = null, bool wasValid = false)
    {
        switch (peer)
        {
            case ArcPeer.Dkimpy:
                Run("/usr/bin/python3", "dkimpy.py", "seal", ed ? EdSelector : Selector, Domain, ed ? EdFile : RsaFile, Admd, ed ? "ed25519-sha256" : "rsa-sha256", form);
                break;
            case ArcPeer.MailDkim:
                Run("/usr/bin/perl", "mail-dkim.pl", "seal", Selector, Domain, RsaFile, Admd);
                break;
            default:
                foreach (var name in Names.ToList()) Put(name, await SealOne(Get(name), ed, times ?? SealTimes.Default, wasValid));
                break;
        }
    }

    /// <summary>What the peer says of every message: its name, the state, the reason.</summary>
    public async Task<List<(string Name, string State, string Reason)>> Verify(ArcPeer peer)
    {
        if (peer != ArcPeer.Ours)
        {
            var output = peer == ArcPeer.Dkimpy ? Run("/usr/bin/python3", "dkimpy.py", "verify") : Run("/usr/bin/perl", "mail-dkim.pl", "verify");
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', 3)).Select(p => (Path.GetFileNameWithoutExtension(p[0]), p[1], p.ElementAtOrDefault(2) ?? ""))];
        }
        var found = new List<(string, string, string)>();
        foreach (var name in Names)
        {
            var result = await ArcMessage.Verify(Get(name), ArcMessage.Resolver(_dns));
            found.Add((name, ArcWords.Token(result.State), result.ReasonText));
        }
        return found;
    }

    public async Task<byte[]> SealOne(byte[] bytes, bool ed, SealTimes times, bool wasValid)
    {
        var message = ArcMessage.Read(bytes);
        var before = await ArcMessage.Verify(bytes, ArcMessage.Resolver(_dns));
        before.State.Should().NotBe(ArcState.TempError, "{0}", before.ReasonText);
        var made = new ArcSealer(Admd, times, ArcSealOptions.DefaultNames).Seal(message, ArcChain.Read(message.Headers, ArcInstance.Max), Key(ed), wasValid || before.State == ArcState.Pass,
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), CancellationToken.None);
        made.Outcome.Should().Be(SealOutcome.Sealed, "{0}", before.ReasonText);
        return ArcMessage.With(bytes, made.Lines);
    }

    public void Dispose()
    {
        _dns.Dispose();
        _folder.Dispose();
    }

    private string KeyFile(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private string Run(string program, string script, string mode, params string[] arguments)
    {
        return new ProgramCall(program, [Path.Combine(ScriptFolder(), script), mode, $"{_dns.Port}", Messages, .. arguments]) { Encoding = Encoding.Latin1 }.Run().Good;
    }

    private static string ScriptFolder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "peers");
}
