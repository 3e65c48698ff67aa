// Reads what a response says: which records belong to the question, how long it may be believed, why it failed. Looks only
// at what DnsClient has parsed; nothing can fail.
using System.Buffers.Binary;
using DnsClient;
using DnsClient.Protocol;
using DnsClient.Protocol.Options;

namespace SpoolWorker.Passes.Dns;

/// <summary>The records a response has for a question.</summary>
/// <param name="Name">The name at the end of the CNAME chain.</param>
/// <param name="Records">Its records of the type asked for.</param>
/// <param name="TimeToLive">The least of the chain and the records; null when there are none.</param>
/// <param name="Loops">The chain has no end.</param>
internal sealed record DnsChain(string Name, IReadOnlyList<DnsResourceRecord> Records, TimeSpan? TimeToLive, bool Loops = false);

/// <summary>Reads responses.</summary>
internal static class DnsAnswers
{
    // RFC 8914, 4.7 to 4.13: DNSSEC Bogus, signature expired or not yet valid, DNSKEY, RRSIG, zone key bit or NSEC missing
    private const int FirstBogusCode = 6;
    private const int LastBogusCode = 12;
    private const int ExtendedErrorOption = 15;

    /// <summary>Whether a response repeats the question; one without any question is an error report.</summary>
    public static bool Answers(IDnsQueryResponse response, string name, QueryType type) => response.Questions.Count switch
    {
        0 => response.Header.ResponseCode != DnsHeaderResponseCode.NoError,
        1 => response.Questions[0].QuestionType == type && DnsName.FromOwner(response.Questions[0].QueryName).Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>Walks the CNAMEs within one answer section, in whatever order they stand (RFC 1034, 3.6.2).</summary>
    public static DnsChain Follow(IReadOnlyList<DnsResourceRecord> answers, string name, QueryType type)
    {
        TimeSpan? timeToLive = null;
        name = name.EndsWith('.') ? name[..^1] : name;
        // Each step takes another record, so a loop ends with the records.
        for (var step = 0; step <= answers.Count; step++)
        {
            var records = new List<DnsResourceRecord>();
            CNameRecord? alias = null;
            foreach (var record in answers)
            {
                if (!DnsName.FromOwner(record.DomainName).Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
                if ((int)record.RecordType == (int)type) records.Add(record);
                else if (record is CNameRecord found) alias ??= found;
            }
            foreach (var record in records) timeToLive = Least(timeToLive, Seconds(record));
            if (records.Count > 0 || alias is null) return new(name, records, timeToLive);
            timeToLive = Least(timeToLive, Seconds(alias));
            name = DnsName.FromDnsClient(alias.CanonicalName);
        }
        return new(name, [], timeToLive, Loops: true);
    }

    /// <summary>Whether a response says of itself that it is the whole answer.</summary>
    public static bool HasAuthority(IDnsQueryResponse response) => response.Authorities.Any(r => r is SoaRecord);

    /// <summary>RFC 2308, 3 and 5: the lesser of the SOA's own TTL and its last field; without SOA nothing is said.</summary>
    public static TimeSpan? NegativeTimeToLive(IDnsQueryResponse response) =>
        response.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa ? Least(Seconds(soa), TimeSpan.FromSeconds(soa.Minimum)) : null;

    /// <summary>Whether the upper bits of the response code, in the OPT record, are set (RFC 6891, 6.1.3).</summary>
    public static bool IsExtendedError(IDnsQueryResponse response) => response.Additionals.OfType<OptRecord>().Any(o => (uint)o.InitialTimeToLive >> 24 != 0);

    /// <summary>Whether a server says that validation failed.</summary>
    public static bool IsBogus(IDnsQueryResponse response)
    {
        foreach (var opt in response.Additionals.OfType<OptRecord>())
        {
            ReadOnlySpan<byte> data = opt.Data;
            // RFC 6891, 6.1.2: code, length, value
            while (data.Length >= 4)
            {
                var (code, length) = (BinaryPrimitives.ReadUInt16BigEndian(data), BinaryPrimitives.ReadUInt16BigEndian(data[2..]));
                if (data.Length < 4 + length) break;
                if (code == ExtendedErrorOption && length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(data[4..]) is >= FirstBogusCode and <= LastBogusCode) return true;
                data = data[(4 + length)..];
            }
        }
        return false;
    }

    public static TimeSpan? Least(TimeSpan? a, TimeSpan? b) => a is null ? b : b is null || a < b ? a : b;

    // RFC 2181, 8: a TTL with the top bit set is zero
    private static TimeSpan Seconds(DnsResourceRecord record) => TimeSpan.FromSeconds(Math.Max(0, record.InitialTimeToLive));
}
