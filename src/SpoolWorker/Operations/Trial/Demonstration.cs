// The chain that `try` shows on the built-in samples: authenticate, rules, srs, arc-seal and dsn, with a key and a secret made
// for it in the scratch directory and a resolver that knows the samples' domains and nothing else. So it does the same on
// every host, and asks nobody.
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Operations.Trial;

/// <summary>Settings and resolver of the demonstration.</summary>
internal sealed class Demonstration : IDnsResolver
{
    private const string Host = "mx.example", Selector = "try";
    private const int SecretBytes = 16;

    // What the samples' sender publishes; whoever is not here does not exist.
    private readonly Dictionary<string, string> _texts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sender.example"] = "v=spf1 ip4:127.0.0.1 -all",
        ["_dmarc.sender.example"] = "v=DMARC1; p=none",
    };

    /// <summary>Makes key and secret in a directory.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public Demonstration(string directory)
    {
        var (key, secret) = ($"{directory}/arc.key", $"{directory}/srs.secret");
        Write(key, PrivateKey.NewPem(KeyType.Rsa));
        Write(secret, Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretBytes)));
        if (PrivateKey.TryLoad(key, out var fault) is not { } loaded) throw new IOException($"{key}: {fault}");
        _texts[$"{Selector}._domainkey.{Host}"] = $"v=DKIM1; k=rsa; p={loaded.PublicBase64()}";
        Settings =
        [
            "--Passes:0=authenticate", "--Passes:1=rules", "--Passes:2=srs", "--Passes:3=arc-seal", "--Passes:4=dsn",
            $"--Authenticate:AuthservId={Host}",
            "--Rules:List:0:When=spf_result = pass", "--Rules:List:0:Then=tag", "--Rules:List:0:Header=X-Trial: the client may send for this domain",
            "--Rules:List:1:When=sender = alice@rewritten.example", "--Rules:List:1:Then=bounce", "--Rules:List:1:Reason=refused by a rule of the trial",
            $"--Srs:Secrets:0={secret}", $"--Srs:Alias=srs.{Host}", $"--Srs:LocalDomains:0={Host}",
            $"--Arc:Seal:AdmdId={Host}", $"--Arc:Seal:Domain={Host}", $"--Arc:Seal:Selector={Selector}", $"--Arc:Seal:PrivateKeyFile={key}",
            $"--Dsn:ReportingMta={Host}",
        ];
    }

    /// <summary>The settings of the chain.</summary>
    public IReadOnlyList<string> Settings { get; }

    public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_texts.TryGetValue(name.TrimEnd('.'), out var text) ? new DnsAnswer<ReadOnlyMemory<byte>>(DnsStatus.Success, [Encoding.ASCII.GetBytes(text)]) : None<ReadOnlyMemory<byte>>());

    public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken) => ValueTask.FromResult(None<IPAddress>());

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(None<MxRecord>());

    public ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken) => ValueTask.FromResult(None<string>());

    private static DnsAnswer<T> None<T>() => new(DnsStatus.NameError, []);

    private static void Write(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        file.Write(Encoding.ASCII.GetBytes(text + "\n"));
    }
}
