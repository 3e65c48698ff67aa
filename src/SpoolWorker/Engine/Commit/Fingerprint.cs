// What tells two messages apart that wear the same id: sender, time of reception to the microsecond, size of the body.
// Exim's ids are unique on a host, but two hosts (or a restored backup) may feed one intake; then the second message must
// not be taken for a repetition of the first and thrown away.
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Identity of a message's content, as far as queuefile's repetitions leave it unchanged.</summary>
internal static class Fingerprint
{
    public static string Of(HeaderFile header, long dataSize)
    {
        var received = header.Find("received_time_usec") is { } usec ? Encoding.Latin1.GetString(usec.Value.Span) : "";
        var text = $"{Encoding.Latin1.GetString(header.Sender.Span)}\n{header.ReceivedTime}{received}\n{dataSize}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(text)).AsSpan(0, 8));
    }
}
