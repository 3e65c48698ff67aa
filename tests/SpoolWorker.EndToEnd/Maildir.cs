// Reads what Exim delivered. What Exim itself changes, seen on deliveries without any worker: line ends become LF, a missing final newline
// is added, Return-path: and Envelope-to: are put on top (taken off again here: they say from whom and for whom), Received: too.
// So a delivery through the worker is compared with a straight one: the same body bytes, the same header lines but for Received:.
using System.Text;

namespace SpoolWorker.EndToEnd;

/// <summary>One delivery: header lines (with their folded parts) and body, as Latin-1 so that each character is one byte.</summary>
internal sealed record Delivery(string Recipient, string Sender, IReadOnlyList<string> Headers, string Body)
{
    /// <summary>The name a test gave the message; null for what Exim wrote itself (delivery status notifications).</summary>
    public string? Sample { get; } = Headers.FirstOrDefault(h => h.StartsWith("X-Sample: ", StringComparison.Ordinal))?[10..].TrimEnd('\n');

    public string HeadersButReceived => string.Concat(Headers.Where(h => !h.StartsWith("Received:", StringComparison.OrdinalIgnoreCase)));

    public int ReceivedCount => Headers.Count(h => h.StartsWith("Received:", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Exactly once: the report names only what is missing, unexpected or there more often than it should be.</summary>
internal static class Once
{
    public static void Each(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var balance = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in expected)
        {
            balance[one] = balance.GetValueOrDefault(one) - 1;
        }

        foreach (var one in actual)
        {
            balance[one] = balance.GetValueOrDefault(one) + 1;
        }

        balance.Where(entry => entry.Value != 0).Select(entry => entry.Value < 0 ? $"missing: {entry.Key}" : $"too often by {entry.Value}: {entry.Key}")
            .Should().BeEmpty("each recipient gets each message once");
    }
}

internal sealed class Maildir(string path)
{
    // a delivery appears here by a rename, so whatever is seen is whole
    private readonly string delivered = Path.Combine(path, "new");

    public int Count => Directory.Exists(delivered) ? Directory.EnumerateFiles(delivered).Count() : 0;

    public IReadOnlyList<Delivery> Deliveries() =>
        Directory.Exists(delivered) ? [.. Directory.EnumerateFiles(delivered).Select(file => Parse(Encoding.Latin1.GetString(File.ReadAllBytes(file))))] : [];

    public async Task WaitFor(int count, Func<string> otherwise, TimeSpan? deadline = null) =>
        await Run.Until(() => Count >= count, () => $"{Count} of {count} deliveries. {otherwise()}", deadline);

    public static Delivery Parse(string text)
    {
        var headers = new List<string>();
        var at = 0;
        while (at < text.Length && text[at] != '\n')
        {
            var end = text.IndexOf('\n', at) + 1;
            while (end < text.Length && text[end] is ' ' or '\t')
            {
                end = text.IndexOf('\n', end) + 1;
            }

            headers.Add(text[at..end]);
            at = end;
        }

        // an empty body still has the empty line; a message without one is Exim's fault, and -1 would hide it
        var body = text[(at + 1)..];
        var sender = Take(headers, "Return-path: ");
        var recipient = Take(headers, "Envelope-to: ");
        return new Delivery(recipient, sender.Trim('<', '>'), headers, body);
    }

    private static string Take(List<string> headers, string name)
    {
        var line = headers.First(h => h.StartsWith(name, StringComparison.Ordinal));
        headers.Remove(line);
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line[name.Length..].TrimEnd('\n')));
    }
}
