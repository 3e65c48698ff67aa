using System.Net;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Tests.Dkim;

/// <summary>TXT records in memory, for tests of what is done with answers; how they get here is tested with a server.</summary>
internal sealed class FakeDns : IDnsResolver
{
    private readonly Dictionary<string, DnsAnswer<ReadOnlyMemory<byte>>> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many questions came.</summary>
    public int Queries { get; private set; }

    public FakeDns Txt(string name, params string[] records)
    {
        _answers[name] = new(DnsStatus.Success, [.. records.Select(r => new ReadOnlyMemory<byte>(Encoding.Latin1.GetBytes(r)))]);
        return this;
    }

    public FakeDns Fails(string name, DnsStatus status)
    {
        _answers[name] = new(status, []);
        return this;
    }

    public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken)
    {
        Queries++;
        return ValueTask.FromResult(_answers.TryGetValue(name, out var answer) ? answer : new DnsAnswer<ReadOnlyMemory<byte>>(DnsStatus.NameError, []));
    }

    public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken) => throw new InvalidOperationException("DKIM asks for TXT only");

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => throw new InvalidOperationException("DKIM asks for TXT only");

    public ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken) => throw new InvalidOperationException("DKIM asks for TXT only");
}
