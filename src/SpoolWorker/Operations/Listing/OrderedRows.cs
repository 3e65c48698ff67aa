// Rows in another order than the oldest first, or only the first of them: rendered as they come, kept, and written when all are there. Costs
// the rows' bytes in memory, some 100 for each message.
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>What rows are ordered by.</summary>
internal enum ListSort
{
    /// <summary>The oldest first.</summary>
    Age,

    /// <summary>The largest first.</summary>
    Size,

    /// <summary>By the bytes of the sender, in lower case.</summary>
    Sender,

    /// <summary>The next to be tried first; those that wait for no time come last.</summary>
    NextTry,
}

/// <summary>Rows of one place.</summary>
internal sealed class OrderedRows(ListSort sort)
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];

    /// <summary>Renders rows, and keeps them here.</summary>
    public ListRenderer Collecting(ListRenderer inner) => new Collector(this, inner);

    /// <summary>Writes them out, at most so many; returns how many.</summary>
    public int Write(Stream output, int most)
    {
        var rows = _rows.ToArray();
        Array.Sort(rows, static (a, b) => a.CompareTo(b));
        var count = Math.Min(most, rows.Length);
        for (var i = 0; i < count; i++) output.Write(rows[i].Bytes);
        return count;
    }

    /// <summary>Keeps a row; the bytes are the caller's no more.</summary>
    public void Add(in ListedMessage message, byte[] bytes)
    {
        var row = Of(message, bytes);
        lock (_gate) _rows.Add(row);
    }

    private Row Of(in ListedMessage message, byte[] bytes) => new(sort switch
    {
        ListSort.Size => -message.Size,
        ListSort.NextTry => message.NextTry?.ToUnixTimeMilliseconds() ?? long.MaxValue,
        _ => 0,
    }, sort == ListSort.Sender ? System.Text.Encoding.Latin1.GetString(message.Sender.Span).ToLowerInvariant() : "", message.Id, bytes);

    private sealed record Row(long Number, string Text, MessageId Id, byte[] Bytes)
    {
        public int CompareTo(Row other)
        {
            var order = Number.CompareTo(other.Number);
            if (order == 0) order = string.CompareOrdinal(Text, other.Text);
            return order == 0 ? Id.CompareTo(other.Id) : order;
        }
    }

    private sealed class Collector(OrderedRows rows, ListRenderer inner) : ListRenderer
    {
        private readonly RowBuffer _row = new();

        public override void Write(in ListedMessage message, RowBuffer output)
        {
            _row.Clear();
            inner.Write(message, _row);
            rows.Add(message, _row.Written.ToArray());
        }
    }
}
