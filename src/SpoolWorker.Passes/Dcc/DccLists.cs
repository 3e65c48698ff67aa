// The operator's lists: who is exempt, and whose address is replaced. A table that cannot be read now is told as a reason,
// so that the message waits rather than be asked about against the operator's will.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;

namespace SpoolWorker.Passes.Dcc;

/// <summary>The lists of section Dcc.</summary>
internal sealed class DccLists
{
    private static readonly (string Key, LookupKind Kind, Func<DccOptions, List<string>> Items)[] All =
    [
        ("ExemptHosts", LookupKind.Network, o => o.ExemptHosts),
        ("ExemptSenders", LookupKind.Address, o => o.ExemptSenders),
        ("ExemptRecipients", LookupKind.Address, o => o.ExemptRecipients),
        ("OverrideClientIpByHelo", LookupKind.HostName, o => o.OverrideClientIpByHelo),
    ];

    /// <exception cref="ArgumentException">A list has a fault; <see cref="Faults"/> was not asked before.</exception>
    public DccLists(DccOptions options, TimeProvider clock)
    {
        var lists = All.Select(list => LookupList.TryParse(list.Items(options), list.Kind, out var parsed, out var error, clock)
            ? parsed! : throw new ArgumentException($"{list.Key}: {error}", nameof(options))).ToArray();
        (Hosts, Senders, Recipients, IpByHelo) = (lists[0], lists[1], lists[2], lists[3]);
    }

    /// <summary>By IP address.</summary>
    public LookupList Hosts { get; }

    /// <summary>By envelope sender.</summary>
    public LookupList Senders { get; }

    /// <summary>By recipient.</summary>
    public LookupList Recipients { get; }

    /// <summary>HELO name to IP address.</summary>
    public LookupList IpByHelo { get; }

    /// <summary>What is wrong with the lists.</summary>
    public static IEnumerable<string> Faults(DccOptions options)
    {
        foreach (var (key, kind, items) in All)
        {
            if (!LookupList.TryParse(items(options), kind, out _, out var error)) yield return $"{key} = {error}";
        }
    }
}
