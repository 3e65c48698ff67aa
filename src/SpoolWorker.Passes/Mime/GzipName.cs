using System.Text;

namespace SpoolWorker.Passes.Mime;

/// <summary>The name in the header of a gz file (RFC 1952, 2.3.1): FNAME, Latin-1, ended by NUL.</summary>
internal static class GzipName
{
    private const int Fixed = 10;
    private const byte HasExtra = 4, HasName = 8;

    /// <summary>The name; empty: it has none.</summary>
    public static string Read(Stream file)
    {
        var head = new byte[Fixed + 2 + ushort.MaxValue + MimeLimits.Name];
        var bytes = head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
        if (bytes.Length < Fixed || (bytes[3] & HasName) == 0) return "";
        bytes = Rest(bytes, Fixed);
        if ((head[3] & HasExtra) != 0) bytes = bytes.Length < 2 ? default : Rest(bytes, 2 + bytes[0] + (bytes[1] << 8));
        var end = bytes.IndexOf((byte)0);
        return end <= 0 ? "" : Encoding.Latin1.GetString(bytes[..end]);
    }

    private static Span<byte> Rest(Span<byte> bytes, int from) => bytes.Length > from ? bytes[from..] : default;
}
