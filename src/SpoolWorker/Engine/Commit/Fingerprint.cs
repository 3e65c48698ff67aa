// What tells two messages apart that wear the same id: sender, time of reception to the microsecond, size of the body.
// Exim's ids are unique on a host, but two hosts (or a restored backup) may feed one intake; then the second message must
// not be taken for a repetition of the first and thrown away.
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Identity of a message's content, as far as queuefile's repetitions leave it unchanged.</summary>
internal static class Fingerprint
{
    /// <summary>Digest of all addresses a -H names, done or not, in whatever order.</summary>
    public static string OfRecipients(HeaderFile header)
    {
        var addresses = new string[header.Recipients.Length];
        for (var i = 0; i < addresses.Length; i++) addresses[i] = LedgerEntry.Text(header.Recipients[i].Address.Span);
        Array.Sort(addresses, StringComparer.Ordinal);
        // Hashed in one go: OpenSSL's contexts and calls would cost more than the hash.
        var source = new byte[addresses.Sum(a => a.Length + 1)];
        var end = 0;
        for (var i = 0; i < addresses.Length; i++)
        {
            if (i > 0 && addresses[i] == addresses[i - 1]) continue;
            end += Encoding.Latin1.GetBytes(addresses[i], source.AsSpan(end));
            // No address holds it.
            source[end++] = (byte)'\n';
        }
        return Convert.ToHexStringLower(SHA256.HashData(source.AsSpan(0, end)).AsSpan(0, 8));
    }

    public static string Of(HeaderFile header, long dataSize)
    {
        var received = header.Find("received_time_usec") is { } usec ? Encoding.Latin1.GetString(usec.Value.Span) : "";
        var text = $"{Encoding.Latin1.GetString(header.Sender.Span)}\n{header.ReceivedTime}{received}\n{dataSize}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(text)).AsSpan(0, 8));
    }
}
