// Parts of a message whose MIME does not hold: a boundary that stands in no header or in another spelling, none at all, header lines
// that a gateway has put into the text. A part starts at a Content-Type line that has an empty line or a line of dashes before it, and ends
// where the next one starts. The returned message is the last part, whatever it holds. Cannot fail: text without such lines has no parts.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading;

/// <summary>Reads parts without boundaries.</summary>
internal static class DamagedMime
{
    // A report has three parts (RFC 6522), gateways add a few.
    private const int MostParts = 16;

    private static readonly string[] Starts = ["text/", "message/", "multipart/"];

    /// <summary>The parts of a body, decoded by their own header lines.</summary>
    public static List<MimeEntity> Parts(string body)
    {
        var starts = new List<(int Start, int End)>();
        // A header may start here: behind an empty line or a line of dashes.
        var (isFree, free, header) = (true, 0, -1);
        var isLast = false;
        for (var (at, end) = (0, 0); at < body.Length && starts.Count < MostParts && !isLast; at = end)
        {
            end = body.IndexOf('\n', at) is >= 0 and var found ? found + 1 : body.Length;
            var text = body.AsSpan(at, end - at).Trimmed();
            if (isFree && text.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                if (header < 0) header = at;
                if (Type(text) is not { } type) continue;
                if (starts.Count > 0) starts[^1] = (starts[^1].Start, free);
                starts.Add((header, body.Length));
                isLast = type.StartsWith("message/rfc822", StringComparison.OrdinalIgnoreCase);
            }
            else if (!isFree || header < 0 || text.IsEmpty || body[at] is not (' ' or '\t')) (isFree, free, header) = (text.IsEmpty || text.StartsWith("--"), at, -1);
        }
        return [.. starts.Select(s => Part(body[s.Start..s.End])).OfType<MimeEntity>()];
    }

    private static string? Type(ReadOnlySpan<char> line)
    {
        const string Name = "Content-Type:";
        if (!line.StartsWith(Name, StringComparison.OrdinalIgnoreCase)) return null;
        var type = line[Name.Length..].Trimmed().ToString();
        return Array.Exists(Starts, s => type.StartsWith(s, StringComparison.OrdinalIgnoreCase)) ? type : null;
    }

    private static MimeEntity? Part(string text)
    {
        try
        {
            return MimeEntity.Load(new MemoryStream(Encoding.Latin1.GetBytes(text)));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
