// Keys from the DNS for the signatures of one message: DKIM's and ARC's alike. The same name is asked once for a message,
// and a message may ask for so many names and for so long and no more: a thousand signatures cost no thousand queries, and a
// silent server delays a message by the time allowed plus one lookup. What cannot be had says whether asking later may help
// (RFC 6376, 6.1.2). Only cancellation throws.
using System.Collections.Immutable;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>How the search for a key ended.</summary>
public enum KeyStatus
{
    /// <summary>There is a key, or one that was revoked.</summary>
    Found,

    /// <summary>The DNS did not answer: try later.</summary>
    Unavailable,

    /// <summary>No such name or no TXT record there.</summary>
    Missing,

    /// <summary>TXT records, but none that can be used.</summary>
    Unusable,

    /// <summary>Not asked: the message had its number of lookups.</summary>
    TooMany,
}

/// <summary>What the DNS holds under a selector.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Reason">Why there is nothing; empty when found.</param>
/// <param name="Records">Records that can be read; several are tried one after another.</param>
public sealed record KeyAnswer(KeyStatus Status, string Reason, ImmutableArray<KeyRecord> Records);

/// <summary>Lookups for one message.</summary>
/// <param name="resolver">The DNS.</param>
/// <param name="cache">Keys of all messages.</param>
/// <param name="maxLookups">Most names asked for.</param>
/// <param name="timeAllowed">After this time no further name is asked for; 20 seconds by default.</param>
/// <param name="time">The clock.</param>
public sealed class KeyLookups(IDnsResolver resolver, KeyCache cache, int maxLookups = KeyLookups.DefaultMaxLookups, TimeSpan? timeAllowed = null, TimeProvider? time = null)
{
    private static readonly TimeSpan DefaultTimeAllowed = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _started;

    /// <summary>A chain of 50 ARC sets has 100 signatures, but nobody signs them with so many keys.</summary>
    public const int DefaultMaxLookups = 60;

    /// <summary>RFC 6376, 3.6.2.2 leaves several records undefined; while keys change hands there may be two or three.</summary>
    private const int MaxRecords = 4;

    private readonly List<(string Domain, string Selector, KeyAnswer Answer)> _answers = new(2);

    /// <summary>How many names were asked for.</summary>
    public int Count { get; private set; }

    /// <summary>The keys of a selector.</summary>
    public async ValueTask<KeyAnswer> FindAsync(string domain, string selector, CancellationToken cancellationToken)
    {
        foreach (var known in _answers)
        {
            if (known.Domain.Equals(domain, StringComparison.OrdinalIgnoreCase) && known.Selector.Equals(selector, StringComparison.OrdinalIgnoreCase)) return known.Answer;
        }
        if (Count >= maxLookups) return new KeyAnswer(KeyStatus.TooMany, $"more than {maxLookups} keys to look up", []);
        if (Count++ == 0) _started = _time.GetTimestamp();
        else if (_time.GetElapsedTime(_started) > (timeAllowed ?? DefaultTimeAllowed)) return new KeyAnswer(KeyStatus.Unavailable, "no time left for key lookups", []);
        // RFC 6376, 3.6.2.1
        var found = await resolver.TxtAsync($"{selector}._domainkey.{domain}", cancellationToken).ConfigureAwait(false);
        var answer = Read(found);
        _answers.Add((domain, selector, answer));
        return answer;
    }

    private KeyAnswer Read(DnsAnswer<ReadOnlyMemory<byte>> found)
    {
        switch (found.Status)
        {
            case DnsStatus.Success:
                break;
            case DnsStatus.NameError or DnsStatus.NoData:
                return new KeyAnswer(KeyStatus.Missing, "no key for signature", []);
            case DnsStatus.BadName:
                return new KeyAnswer(KeyStatus.Missing, "the name of the key is too long", []);
            case DnsStatus.TimeOut:
                return new KeyAnswer(KeyStatus.Unavailable, "key lookup timed out", []);
            case DnsStatus.Bogus:
                return new KeyAnswer(KeyStatus.Unavailable, "key lookup failed DNSSEC validation", []);
            default:
                return new KeyAnswer(KeyStatus.Unavailable, "key lookup failed", []);
        }
        if (found.Records.Count == 1)
        {
            return cache.Get(found.Records[0], out var why) is { } only ? new KeyAnswer(KeyStatus.Found, "", [only]) : new KeyAnswer(KeyStatus.Unusable, why, []);
        }
        var records = ImmutableArray.CreateBuilder<KeyRecord>();
        var reason = "no key for signature";
        for (var i = 0; i < Math.Min(found.Records.Count, MaxRecords); i++)
        {
            if (cache.Get(found.Records[i], out var why) is { } record) records.Add(record);
            else if (i == 0) reason = why;
        }
        return records.Count > 0 ? new KeyAnswer(KeyStatus.Found, "", records.ToImmutable()) : new KeyAnswer(found.Records.Count == 0 ? KeyStatus.Missing : KeyStatus.Unusable, reason, []);
    }
}
