using System.Text;
using SpoolWorker.Passes.Mime;
using SpoolWorker.Spool;
using SpoolWorker.Testing;
using SpoolWorker.Tests.Dkim;

namespace SpoolWorker.Tests.Mime;

/// <summary>Messages with parts, and what is read of them.</summary>
internal static class MimeRig
{
    public const string Boundary = "=_b";

    public static readonly string Mixed = $"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{Boundary}\"\n";

    public static MimeFacts Read(string headers, string body, bool isWire = false, int piece = int.MaxValue) =>
        MimeFactsReader.Read(Message(headers), new MemoryBody(Encoding.Latin1.GetBytes(isWire ? body.Replace("\n", "\r\n", StringComparison.Ordinal) : body), isWire, piece), CancellationToken.None);

    public static HeaderFile Message(string headers) => Mail.Message("From: a@from.example\n" + headers);

    /// <summary>A multipart of parts, each with its header.</summary>
    public static string Body(params string[] parts) => string.Concat(parts.Select(p => $"--{Boundary}\n{p}\n")) + $"--{Boundary}--\n";

    /// <summary>A part in base64.</summary>
    public static string Attached(string name, byte[] content, string type = "application/octet-stream") =>
        $"Content-Type: {type}\nContent-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks)}\n";

    public static MimeFacts OfArchive(string name, byte[] content) => Read(Mixed, Body(Attached(name, content)));
}
