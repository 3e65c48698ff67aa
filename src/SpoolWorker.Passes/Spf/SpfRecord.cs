// A parsed record (RFC 7208, 4.6): every term is syntactically right, whatever will be evaluated of it.
using System.Net;

namespace SpoolWorker.Passes.Spf;

/// <summary>What a directive looks at (RFC 7208, 5).</summary>
internal enum SpfMechanism
{
    All,
    Include,
    A,
    Mx,
    Pointer,
    Ip4,
    Ip6,
    Exists,
}

/// <summary>Names of mechanisms.</summary>
internal static class SpfMechanisms
{
    private static readonly (SpfMechanism Mechanism, string Token)[] Tokens =
    [
        (SpfMechanism.All, "all"), (SpfMechanism.Include, "include"), (SpfMechanism.A, "a"), (SpfMechanism.Mx, "mx"),
        (SpfMechanism.Pointer, "ptr"), (SpfMechanism.Ip4, "ip4"), (SpfMechanism.Ip6, "ip6"), (SpfMechanism.Exists, "exists"),
    ];

    public static string Token(this SpfMechanism mechanism) => Tokens[(int)mechanism].Token;

    /// <summary>By name, in any case (RFC 7208, 4.6.1).</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out SpfMechanism mechanism)
    {
        foreach (var (known, token) in Tokens)
        {
            mechanism = known;
            if (name.Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
        }
        mechanism = default;
        return false;
    }
}

/// <summary>A mechanism with its qualifier.</summary>
/// <param name="Result">What a match means: + pass, - fail, ~ softfail, ? neutral (RFC 7208, 4.6.2).</param>
/// <param name="Mechanism">What it looks at.</param>
/// <param name="Domain">The domain-spec; null: the domain being checked.</param>
/// <param name="Network">For ip4 and ip6.</param>
/// <param name="Prefix4">Bits that count of an IPv4 address.</param>
/// <param name="Prefix6">Bits that count of an IPv6 address.</param>
/// <param name="Text">As published.</param>
internal sealed record SpfDirective(SpfResult Result, SpfMechanism Mechanism, MacroString? Domain, IPAddress? Network, int Prefix4, int Prefix6, string Text);

/// <summary>A record.</summary>
/// <param name="Directives">In order.</param>
/// <param name="Redirect">RFC 7208, 6.1.</param>
/// <param name="Explanation">RFC 7208, 6.2.</param>
internal sealed record SpfRecord(IReadOnlyList<SpfDirective> Directives, MacroString? Redirect, MacroString? Explanation);

/// <summary>Why a record is refused.</summary>
/// <param name="Offset">Bytes from the start of the record.</param>
/// <param name="Reason">A phrase for people.</param>
internal readonly record struct SpfSyntaxError(int Offset, string Reason);
