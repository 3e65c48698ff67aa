// Names and records for TestDnsServer, and how it misbehaves for single names. Names are strings of one char an octet, with
// dots between labels, without escapes. Linked into the other test projects.
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Dns;

/// <summary>How a name is answered.</summary>
public enum ZoneFault
{
    None,

    /// <summary>Never.</summary>
    Silent,

    /// <summary>SERVFAIL.</summary>
    ServerFailure,

    /// <summary>REFUSED.</summary>
    Refused,

    /// <summary>SERVFAIL with extended error 6, "DNSSEC Bogus" (RFC 8914).</summary>
    Bogus,

    /// <summary>With another id.</summary>
    WrongId,

    /// <summary>To another question.</summary>
    WrongQuestion,

    /// <summary>Bytes that are no DNS message, by UDP and TCP.</summary>
    Garbage,

    /// <summary>A message that ends in the middle of a record.</summary>
    CutOff,

    /// <summary>By UDP only "truncated", so that TCP must be used.</summary>
    Truncated,

    /// <summary>"Truncated" by TCP too.</summary>
    TruncatedAlways,
}

/// <summary>The data a test server answers from; unknown names do not exist.</summary>
public sealed class Zone
{
    private readonly Dictionary<string, List<Record>> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (ZoneFault Fault, int Times)> _faults = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, TimeSpan> _delays = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();

    internal sealed record Record(string Owner, int Type, byte[] Data);

    /// <summary>How long a silent name is waited for, when time goes by at <see cref="TimeGoesBy"/>'s word.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>Lets time go by where the zone is late or silent: a clock of the test's, by which the client's deadlines are counted. So these are met
    /// however busy the machine is, and no other answer is ever late. Null: time goes by itself, and silence lasts.</summary>
    public Action<TimeSpan>? TimeGoesBy { get; set; }

    /// <summary>TTL of every record.</summary>
    public int Ttl { get; init; } = 300;

    /// <summary>TTL of "no such record" in the SOA; null: no SOA is sent.</summary>
    public int? NegativeTtl { get; init; } = 300;

    /// <summary>A TXT record of one text, split into strings of 255 octets; chars are octets (Latin-1).</summary>
    public Zone Txt(string name, string text) => TxtStrings(name, [.. Encoding.Latin1.GetBytes(text).Chunk(255)]);

    /// <summary>A TXT record of several strings.</summary>
    public Zone TxtStrings(string name, params byte[][] strings) =>
        Add(name, 16, strings.Length == 0 ? [0] : [.. strings.SelectMany(s => s.Prepend((byte)s.Length))]);

    /// <summary>An A or AAAA record, by the address.</summary>
    public Zone A(string name, string address)
    {
        var parsed = IPAddress.Parse(address);
        return Add(name, parsed.AddressFamily == AddressFamily.InterNetwork ? 1 : 28, parsed.GetAddressBytes());
    }

    public Zone Mx(string name, int preference, string exchange) => Add(name, 15, [(byte)(preference >> 8), (byte)preference, .. NameBytes(exchange)]);

    /// <summary>A PTR record for an address.</summary>
    public Zone HostOf(string address, string host) => HostAt(SpoolWorker.Passes.Dns.DnsName.Reverse(IPAddress.Parse(address)), host);

    public Zone HostAt(string name, string host) => Add(name, 12, NameBytes(host));

    public Zone Cname(string name, string target) => Add(name, 5, NameBytes(target));

    /// <summary>Any record, by type number and data.</summary>
    public Zone Add(string name, int type, byte[] data)
    {
        lock (_lock) Records(name).Add(new Record(name.TrimEnd('.'), type, data));
        return this;
    }

    /// <summary>A name that exists without records.</summary>
    public Zone Empty(string name)
    {
        lock (_lock) Records(name);
        return this;
    }

    /// <summary>Takes all records of a name away.</summary>
    public void Remove(string name)
    {
        lock (_lock) _names.Remove(name.TrimEnd('.'));
    }

    /// <summary>Misbehaves for this name, or for one type of it ("TXT name"), at most so many times.</summary>
    public Zone Fault(string name, ZoneFault fault, int times = int.MaxValue)
    {
        lock (_lock) _faults[name.TrimEnd('.')] = (fault, times);
        return this;
    }

    /// <summary>Answers late.</summary>
    public Zone Delay(string name, TimeSpan delay)
    {
        lock (_lock) _delays[name.TrimEnd('.')] = delay;
        return this;
    }

    internal TimeSpan DelayOf(string name)
    {
        lock (_lock) return _delays.GetValueOrDefault(name);
    }

    internal ZoneFault TakeFault(string name, string type)
    {
        lock (_lock)
        {
            var key = _faults.ContainsKey($"{type} {name}") ? $"{type} {name}" : name;
            if (!_faults.TryGetValue(key, out var fault) || fault.Times == 0) return ZoneFault.None;
            _faults[key] = fault with { Times = fault.Times - 1 };
            return fault.Fault;
        }
    }

    /// <summary>The CNAMEs and records for a question, and whether the name at the end exists (RFC 8020: also above other names).</summary>
    internal (IReadOnlyList<Record> Records, bool Exists) Find(string name, int type)
    {
        lock (_lock)
        {
            var found = new List<Record>();
            for (var hop = 0; hop < 20; hop++)
            {
                var here = _names.GetValueOrDefault(name, []);
                if (type != 5 && here.Find(r => r.Type == 5) is { } alias)
                {
                    found.Add(alias);
                    name = NameOf(alias.Data);
                    continue;
                }
                found.AddRange(here.Where(r => r.Type == type));
                return (found, _names.ContainsKey(name) || _names.Keys.Any(k => k.EndsWith("." + name, StringComparison.OrdinalIgnoreCase)));
            }
            return (found, true);
        }
    }

    private List<Record> Records(string name)
    {
        name = name.TrimEnd('.');
        return _names.TryGetValue(name, out var records) ? records : _names[name] = [];
    }

    internal static byte[] NameBytes(string name) =>
        [.. name.TrimEnd('.').Split('.', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.Latin1.GetBytes).SelectMany(l => l.Prepend((byte)l.Length)), 0];

    private static string NameOf(byte[] bytes)
    {
        var labels = new List<string>();
        for (var at = 0; bytes[at] != 0; at += bytes[at] + 1) labels.Add(Encoding.Latin1.GetString(bytes, at + 1, bytes[at]));
        return string.Join('.', labels);
    }
}
