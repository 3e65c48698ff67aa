// Which keys of a table are tried for one key asked for, the most special first. Addresses and domains:
//   Address   user@domain, @domain, *@domain, domain, .parent of the domain, *
//   Domain    sub.example.com, .example.com, .com, *          (".example.com" holds what is below example.com, not itself)
//   Network   192.0.2.7, 192.0.2.7/32, ... 192.0.2.0/24, ... 0.0.0.0/0, *      (the longest prefix wins)
//   HostName  as Domain; as Network when it is an IP address
// IPv6 keys are tried as RFC 5952 writes them and as Exim does (dots, all digits). With `partial-` the keys are Exim's
// (search.c, search_find): key, *.key, *.parent ... down to as many labels as said. Nothing here can fail.
using SpoolWorker.Passes.Lookup.Files;

namespace SpoolWorker.Passes.Lookup;

/// <summary>The order of keys for tables of unordered keys.</summary>
/// <param name="Kind">What the keys are.</param>
/// <param name="PartialLabels">Exim's <c>partialN-</c>: the least number of labels behind <c>*.</c>; null without <c>partial-</c>.</param>
/// <param name="Default">Whether <c>*</c> comes last.</param>
internal sealed record LookupKeys(LookupKind Kind, int? PartialLabels = null, bool Default = true)
{
    private const string Any = "*";

    /// <summary>Keys to try, in order; they are bytes as text, lower-cased when the key was.</summary>
    public IEnumerable<string> Of(string key)
    {
        var sequence = Kind switch
        {
            _ when PartialLabels is { } least => Partial(key, least),
            LookupKind.Address => Address(key),
            LookupKind.Domain => Domain(key),
            LookupKind.Network when IpNetwork.TryParse(key, out var address) => Networks(address),
            LookupKind.HostName => IpNetwork.TryParse(key, out var address) && address.IsAddress ? Networks(address) : Domain(key),
            _ => [key],
        };
        return Default ? sequence.Append(Any) : sequence;
    }

    private static IEnumerable<string> Domain(string domain)
    {
        yield return domain;
        foreach (var parent in Parents(domain)) yield return parent;
    }

    private static IEnumerable<string> Address(string address)
    {
        yield return address;
        var at = address.LastIndexOf('@');
        if (at < 0 || at == address.Length - 1) yield break;
        var domain = address[(at + 1)..];
        yield return "@" + domain;
        yield return "*@" + domain;
        yield return domain;
        foreach (var parent in Parents(domain)) yield return parent;
    }

    // ".example.com", ".com": each from a dot on, the first label left out.
    private static IEnumerable<string> Parents(string domain)
    {
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (dot > 0 && dot < domain.Length - 1) yield return domain[dot..];
        }
    }

    private static IEnumerable<string> Networks(IpNetwork address)
    {
        yield return address.AddressText;
        if (!address.IsIPv4) yield return address.EximText;
        foreach (var network in address.Networks())
        {
            yield return $"{network.AddressText}/{network.Length}";
            if (!address.IsIPv4) yield return $"{network.EximText}/{network.Length}";
        }
    }

    private static IEnumerable<string> Partial(string key, int least)
    {
        yield return key;
        yield return "*." + key;
        var labels = key.Count(c => c == '.') + 1;
        for (var dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0 && --labels >= Math.Max(1, least); dot = key.IndexOf('.', dot + 1)) yield return "*" + key[dot..];
        if (least == 0) yield return Any;
    }
}
