// IP addresses and networks as keys. Strict on purpose: what inet_aton takes beside four decimal numbers ("1", "0x7f.1")
// is no address in a list. An IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) is that IPv4 address, as Exim's
// host code has it; a network of one family never holds an address of the other.
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SpoolWorker.Passes.Lookup;

/// <summary>An address with a prefix length; a lone address has the full one.</summary>
/// <param name="Bits">The address in IPv6 form, bits behind the prefix zero.</param>
/// <param name="Prefix">Prefix length in that form: IPv4's plus 96.</param>
internal readonly record struct IpNetwork(UInt128 Bits, int Prefix)
{
    private const int FullLength = 128, MappedLength = 96;
    private static readonly UInt128 MappedMark = new(0, 0xffff_0000_0000);

    public bool IsIPv4 => Prefix >= MappedLength && Bits >> 32 == MappedMark >> 32;

    public bool IsAddress => Prefix == FullLength;

    /// <summary>Reads <c>ADDRESS</c> or <c>ADDRESS/LENGTH</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out var bits, out var isIPv4)) return false;
        var prefix = FullLength;
        if (slash >= 0)
        {
            if (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix)) return false;
            if (isIPv4) prefix += MappedLength;
            if (prefix > FullLength) return false;
        }
        network = new IpNetwork(bits & Mask(prefix), prefix);
        return true;
    }

    /// <summary>True when an address is in this network.</summary>
    public bool Contains(IpNetwork address) => (address.Bits & Mask(Prefix)) == Bits && address.IsIPv4 == IsIPv4;

    /// <summary>The networks this address is in, the longest prefix first.</summary>
    public IEnumerable<IpNetwork> Networks()
    {
        for (var prefix = FullLength; prefix >= (IsIPv4 ? MappedLength : 0); prefix--) yield return new IpNetwork(Bits & Mask(prefix), prefix);
    }

    /// <summary>The address alone, in the form of RFC 5952.</summary>
    public string AddressText
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
            return new IPAddress(IsIPv4 ? bytes[12..] : bytes).ToString();
        }
    }

    /// <summary>The prefix length as written in the address's own family.</summary>
    public int Length => IsIPv4 ? Prefix - MappedLength : Prefix;

    /// <summary>An IPv6 address as Exim writes it in keys: eight groups of four digits, dots between them, since a colon ends a key
    /// of an lsearch file (spec.txt, "Host list patterns for single-key lookups").</summary>
    public string EximText
    {
        get
        {
            if (IsIPv4) return AddressText;
            var bits = Bits;
            return string.Join('.', Enumerable.Range(0, 8).Select(i => ((ushort)(bits >> (112 - 16 * i))).ToString("x4", CultureInfo.InvariantCulture)));
        }
    }

    private static UInt128 Mask(int prefix) => prefix == 0 ? UInt128.Zero : UInt128.MaxValue << (FullLength - prefix);

    private static bool TryParseAddress(ReadOnlySpan<char> text, out UInt128 bits, out bool isIPv4)
    {
        bits = default;
        isIPv4 = false;
        var colon = text.Contains(':');
        if (text.ContainsAny("[]%") || (!colon && !IsDottedQuad(text)) || !IPAddress.TryParse(text, out var address)) return false;
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length)) return false;
        isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
        bits = length == 4 ? MappedMark | BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            // A leading zero would be octal to some readers.
            if (++parts > 4 || part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0')) return false;
        }
        return parts == 4;
    }
}
