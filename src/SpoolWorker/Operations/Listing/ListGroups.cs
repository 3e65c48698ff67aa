// The shape of a queue, as Postfix's qshape shows it: how much waits for each domain (recipients), of each sender's domain, or for each reason (messages),
// by age in steps that double. What can be read alone is counted.
using System.Text;
using SpoolWorker.Characters;

namespace SpoolWorker.Operations.Listing;

/// <summary>What messages are grouped by.</summary>
internal enum ListBy
{
    /// <summary>The domains of recipients still to be served; counts recipients.</summary>
    Domain,

    /// <summary>The sender's domain.</summary>
    Sender,

    /// <summary>Why it is held or deferred; the state where there is no reason.</summary>
    Reason,

    /// <summary>The age.</summary>
    Age,
}

/// <summary>A row of the table.</summary>
/// <param name="Key">The domain, the reason or the age.</param>
internal sealed record ListGroup(string Key)
{
    /// <summary>Recipients by domain, else messages.</summary>
    public long Count { get; set; }

    /// <summary>Bytes of the messages.</summary>
    public long Bytes { get; set; }

    /// <summary>Age of the oldest, seconds.</summary>
    public long Oldest { get; set; }

    /// <summary>How many of them there are in each step of <see cref="ListGroups.Minutes"/>, and beyond the last.</summary>
    public long[] Ages { get; } = new long[ListGroups.Minutes.Length + 1];
}

/// <summary>Counts.</summary>
internal sealed class ListGroups(ListBy by, DateTimeOffset now)
{
    /// <summary>Upper ends of the steps, as qshape has them.</summary>
    public static readonly int[] Minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280];

    private const int SecondsPerMinute = 60;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ListGroup> _groups = new(StringComparer.Ordinal);

    /// <summary>All together.</summary>
    public ListGroup Total { get; } = new("TOTAL");

    /// <summary>The largest first; ages in their order.</summary>
    public IReadOnlyList<ListGroup> Groups => by == ListBy.Age
        ? [.. _groups.Values.OrderBy(g => g.Oldest)]
        : [.. _groups.Values.OrderByDescending(g => g.Count).ThenBy(g => g.Key, StringComparer.Ordinal)];

    /// <summary>Counts messages, and writes nothing.</summary>
    public ListRenderer Counting() => new Counter(this);

    /// <summary>Counts a message; not by several threads at once.</summary>
    public void Add(in ListedMessage message)
    {
        if (message.Error is not null) return;
        var age = Math.Max(0, now.ToUnixTimeSeconds() - message.Received);
        var step = Array.FindIndex(Minutes, m => age < m * SecondsPerMinute);
        if (step < 0) step = Minutes.Length;
        var size = Math.Max(0, message.Size);
        if (by == ListBy.Domain)
        {
            // A message may have thousands in one.
            foreach (var domain in message.Waiting.CountBy(DomainOf)) Add(domain.Key, domain.Value, size, age, step);
            if (message.Waiting.Count > 0) Count(Total, message.Waiting.Count, size, age, step);
            return;
        }
        if (by == ListBy.Reason) foreach (var cause in message.Causes.Count > 0 ? message.Causes : [$"({message.State})"]) Add(SafeText.Of(cause), 1, size, age, step);
        else Add(by == ListBy.Age ? Label(step) : SenderOf(message.Sender.Span), 1, size, age, step);
        Count(Total, 1, size, age, step);
    }

    /// <summary>A step of ages in words: under 5m, under 21h, 21h and more.</summary>
    public static string Label(int step) => step < Minutes.Length ? $"under {Amount.Age(Minutes[step] * SecondsPerMinute)}" : $"{Amount.Age(Minutes[^1] * SecondsPerMinute)} and more";

    private void Add(string key, long count, long size, long age, int step)
    {
        if (!_groups.TryGetValue(key, out var group)) _groups[key] = group = new ListGroup(key);
        Count(group, count, size, age, step);
    }

    private static void Count(ListGroup group, long count, long size, long age, int step)
    {
        group.Count += count;
        group.Bytes += size;
        group.Oldest = Math.Max(group.Oldest, age);
        group.Ages[step] += count;
    }

    private static string DomainOf(string address) => address.LastIndexOf('@') is var at and >= 0 ? SafeText.Of(Encoding.Latin1.GetBytes(address[(at + 1)..].ToLowerInvariant())) : "(no domain)";

    private static string SenderOf(ReadOnlySpan<byte> sender) => sender.IsEmpty ? "<>" : DomainOf(Encoding.Latin1.GetString(sender));

    private sealed class Counter(ListGroups groups) : ListRenderer
    {
        public override void Write(in ListedMessage message, RowBuffer output)
        {
            lock (groups._gate) groups.Add(message);
        }
    }
}
