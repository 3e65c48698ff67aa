// Names between our form (a string, one char an octet, dots between labels, no escapes) and DnsClient's. Nothing throws.
// DnsClient writes names as UTF-8: a label whose octets are no UTF-8 cannot be asked for. No registered name has one.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DnsClient;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Dns;

/// <summary>Forms of a domain name.</summary>
internal static class DnsName
{
    /// <summary>RFC 1035, 2.3.4.</summary>
    public const int MaxLabel = 63;

    /// <summary>255 octets on the wire, less the first length and the root (RFC 1035, 2.3.4).</summary>
    public const int MaxName = 253;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether labels and name have lengths that can be asked for; one final dot is allowed.</summary>
    public static bool IsAskable(string name)
    {
        var length = name.EndsWith('.') ? name.Length - 1 : name.Length;
        if (length is 0 or > MaxName) return false;
        var label = 0;
        for (var i = 0; i < length; i++)
        {
            if (name[i] > '\xff') return false;
            if (name[i] != '.')
            {
                if (++label > MaxLabel) return false;
            }
            else if (label == 0)
            {
                return false;
            }
            else
            {
                label = 0;
            }
        }
        return label > 0;
    }

    /// <summary>A question's name for DnsClient.</summary>
    public static bool TryToDnsClient(string name, out DnsString query)
    {
        query = DnsString.RootLabel;
        if (!IsAskable(name)) return false;
        // Anything but letters, digits, '-' and '_' would make DnsString.Parse apply IDNA, which changes or refuses it.
        if (!name.AsSpan().ContainsAnyExcept(Plain))
        {
            query = DnsString.Parse(name);
            return true;
        }
        DnsString? all = null;
        foreach (var label in name.TrimEnd('.').Split('.'))
        {
            if (!TryLabel(label, out var one)) return false;
            all = all is null ? one : all + one;
        }
        query = all!;
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private static bool TryLabel(string label, out DnsString query)
    {
        query = DnsString.RootLabel;
        if (!label.AsSpan().ContainsAnyExcept(Plain))
        {
            query = DnsString.Parse(label);
            return true;
        }
        // FromResponseQueryString takes any text as it is, unless it finds an A-label to decode in it.
        if (label.Contains(DnsString.ACEPrefix, StringComparison.Ordinal)) return false;
        try
        {
            query = DnsString.FromResponseQueryString(Utf8.GetString(Encoding.Latin1.GetBytes(label)));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>A name of an answer: <c>\DDD</c>, <c>\\</c>, <c>\;</c>, <c>\"</c> decoded, without final dot ("." is the root).</summary>
    public static string FromDnsClient(DnsString name)
    {
        var text = name.Value.Length > 1 && name.Value.EndsWith('.') ? name.Value[..^1] : name.Value;
        return text.Contains('\\', StringComparison.Ordinal) ? Encoding.Latin1.GetString(Unescape(text)) : text;
    }

    /// <summary>The owner of a record in the same form. DnsClient keeps it as decoded UTF-8 in <see cref="DnsString.Original"/>.</summary>
    public static string FromOwner(DnsString owner)
    {
        var text = owner.Original.Length > 1 && owner.Original.EndsWith('.') ? owner.Original[..^1] : owner.Original;
        return ByteText.FromText(text);
    }

    /// <summary>Bytes of DnsClient's escaped text: <c>\DDD</c> decimal, else <c>\</c> and the character itself.</summary>
    public static byte[] Unescape(string text)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                bytes[length++] = (byte)text[i];
            }
            else if (i + 3 < text.Length && byte.TryParse(text.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var octet))
            {
                bytes[length++] = octet;
                i += 3;
            }
            else
            {
                bytes[length++] = (byte)text[++i];
            }
        }
        return bytes[..length];
    }

    /// <summary>The name under in-addr.arpa or ip6.arpa (RFC 1035, 3.5; RFC 3596, 2.5); a mapped IPv4 address is IPv4.</summary>
    public static string Reverse(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        var name = new StringBuilder();
        foreach (var octet in bytes.Reverse())
        {
            if (address.AddressFamily == AddressFamily.InterNetwork) name.Append(octet).Append('.');
            else name.Append((octet & 15).ToString("x", CultureInfo.InvariantCulture)).Append('.').Append((octet >> 4).ToString("x", CultureInfo.InvariantCulture)).Append('.');
        }
        return name.Append(address.AddressFamily == AddressFamily.InterNetwork ? "in-addr.arpa" : "ip6.arpa").ToString();
    }
}
