// Where an rspamd listens: http://host:port, or the path of a socket. A path behind the host is a fault, as rspamd has the same paths everywhere; TLS
// is not spoken. Cannot fail.
using System.Diagnostics.CodeAnalysis;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

internal static class RspamdUrl
{
    /// <summary>What is wrong with the setting <c>Url</c>.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<string> urls)
    {
        if (urls.Count == 0) yield return "Url: empty. Name at least one, http://host:port or /path/of/socket";
        foreach (var url in urls)
        {
            if (!TryAddress(url, out var address)) yield return $"Url = '{url}': must be http://host:port, or /path/of/socket";
            else if (!ServiceAddress.TryParse(address, out _, out var error)) yield return $"Url = '{url}': {error}";
        }
    }

    /// <summary>The addresses of a setting that nothing is wrong with, as <see cref="ServiceAddress"/> reads them.</summary>
    public static IReadOnlyList<string> Addresses(IReadOnlyList<string> urls) =>
        [.. urls.Select(url => TryAddress(url, out var address) ? address : throw new ArgumentException($"Url = '{url}'", nameof(urls)))];

    private static bool TryAddress(string url, [NotNullWhen(true)] out string? address)
    {
        address = url.StartsWith('/') ? url : null;
        if (address is not null) return true;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length + uri.Fragment.Length > 0) return false;
        address = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{uri.Host} {uri.Port}");
        return true;
    }
}
