// The summary of held mail that is sent by mail: how much and why, then the newest one by one. Senders, recipients and reasons are strangers' text: each
// is made harmless, and no line grows beyond what a mail program shows. Its size is bounded by Digest:MaxMessages.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.HeldMail;

/// <summary>A summary.</summary>
/// <param name="Subject">ASCII.</param>
/// <param name="Text">Lines with LF.</param>
/// <param name="Messages">How many messages it tells of.</param>
internal sealed record DigestText(string Subject, string Text, int Messages);

/// <summary>Writes summaries.</summary>
internal static class HeldDigest
{
    // A column of reasons for one screen; a line that any mail program shows.
    private const int MostCauses = 20, MostColumns = 200, MostAddresses = 3;

    /// <summary>The summary; null when nothing is held.</summary>
    /// <param name="messages">Held mail that is meant.</param>
    /// <param name="pairs">What lies in held/.</param>
    /// <param name="last">The last summary; null: there was none.</param>
    /// <param name="most">Most messages that are listed.</param>
    /// <param name="host">This host.</param>
    public static DigestText? Of(IReadOnlyList<SelectedMessage> messages, IReadOnlyList<HeldPair> pairs, DateTimeOffset? last, int most, string host)
    {
        var lying = pairs.DistinctBy(p => p.Id).ToDictionary(p => p.Id);
        // What went between the two looks is held no more.
        var held = messages.Where(m => lying.ContainsKey(m.Id) && m.Recipients.Count > 0)
            .Select(m => (Message: m, Pair: lying[m.Id])).OrderByDescending(m => m.Pair.Since).ThenByDescending(m => m.Pair.Id).ToList();
        if (held.Count == 0) return null;
        var text = new StringBuilder();
        var news = last is { } since ? held.Count(m => m.Pair.Since > since) : held.Count;
        var isNew = last is null ? "" : $", {news} of them since the last digest";
        Line(text, $"{Amount.Of(held.Count, "message")} held on {host}{isNew}; {Amount.Size(held.Sum(m => m.Pair.Size))} bytes.");
        Causes(text, held.Select(m => m.Message));
        if (most > 0) Line(text, held.Count > most ? $"\nThe newest {most}:" : "\nThe newest first:");
        foreach (var (message, pair) in held.Take(most)) List(text, message, pair);
        if (held.Count > most) Line(text, $"\n{held.Count - most} more are not listed here.");
        text.Append("\nAll of them: spoolworker list --held      One: spoolworker show ID\n")
            .Append("What to do with it: spoolworker release, retry, redirect, bounce or delete ID\n");
        return new DigestText($"{Amount.Of(held.Count, "message")} held on {host}{isNew}", text.ToString(), held.Count);
    }

    private static void Causes(StringBuilder text, IEnumerable<SelectedMessage> messages)
    {
        var causes = messages.SelectMany(m => m.Causes.Select(SafeText.Of).Distinct()).CountBy(cause => cause)
            .OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).ToList();
        if (causes.Count == 0) return;
        Line(text, "\nWhy:");
        foreach (var (cause, count) in causes.Take(MostCauses)) Line(text, string.Create(CultureInfo.InvariantCulture, $"{count,8}  {cause}"));
        if (causes.Count > MostCauses)
            Line(text, string.Create(CultureInfo.InvariantCulture, $"          {causes.Count - MostCauses} reasons more"));
    }

    private static void List(StringBuilder text, SelectedMessage message, HeldPair pair)
    {
        Line(text, string.Create(CultureInfo.InvariantCulture,
            $"\n{message.Id}  held {pair.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Amount.Size(message.Size)} bytes"));
        var more = message.Recipients.Count > MostAddresses
            ? string.Create(CultureInfo.InvariantCulture, $" and {message.Recipients.Count - MostAddresses} more") : "";
        Line(text, $"  from <{Shown(message.Sender)}> to {string.Join(", ", message.Recipients.Take(MostAddresses).Select(r => $"<{Shown(r)}>"))}{more}");
        foreach (var cause in message.Causes.Take(MostAddresses)) Line(text, $"  {SafeText.Of(cause)}");
    }

    // Addresses are bytes, each as one character.
    private static string Shown(string address) => SafeText.Of(Encoding.Latin1.GetBytes(address));

    private static void Line(StringBuilder text, string line) => text.Append(line.Length <= MostColumns ? line : $"{line[..MostColumns]}...").Append('\n');
}
