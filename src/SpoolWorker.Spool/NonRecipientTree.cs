using System.Collections.Immutable;

namespace SpoolWorker.Spool;

// Addresses that get no (more) delivery. In -H they form a binary search tree in pre-order, "LR address" a line, where L and R tell with Y or N
// whether a child follows on that side (spool_in.c, read_nonrecipients_tree; tree.c). Exim searches it with strcmp, so a tree out of order hides
// addresses and they get the mail twice: such a file is refused, or rebuilt where the caller asks for that (MailScanner writes trees in any order),
// and a tree written here is balanced and in order. A tree that was only read is written byte for byte. Nothing recurses, so the depth of a hostile tree does not matter here; a rebuilt one is no deeper than 20.

/// <summary>The non-recipients of a message: immutable, ordered as <c>strcmp</c> orders.</summary>
public sealed class NonRecipientTree
{
    /// <summary>The tree of a message that was not yet delivered to anybody.</summary>
    public static readonly NonRecipientTree Empty = new([], "XX\n"u8.ToArray());

    private readonly ImmutableArray<ReadOnlyMemory<byte>> _ordered;

    private NonRecipientTree(ImmutableArray<ReadOnlyMemory<byte>> ordered, ReadOnlyMemory<byte> lines)
    {
        _ordered = ordered;
        Lines = lines;
    }

    /// <summary>Number of addresses.</summary>
    public int Count => _ordered.Length;

    /// <summary>The addresses in ascending order of their unsigned bytes.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Addresses => _ordered;

    /// <summary>What stands in the file, with the last newline.</summary>
    internal ReadOnlyMemory<byte> Lines { get; }

    /// <summary>Whether Exim would find this very address, byte for byte.</summary>
    public bool Contains(ReadOnlySpan<byte> address)
    {
        var (low, high) = (0, _ordered.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (address.SequenceCompareTo(_ordered[middle].Span))
            {
                case 0:
                    return true;
                case < 0:
                    high = middle - 1;
                    break;
                default:
                    low = middle + 1;
                    break;
            }
        }

        return false;
    }

    /// <summary>The tree without these addresses; the same object when it holds none of them.</summary>
    public NonRecipientTree Remove(IEnumerable<ReadOnlyMemory<byte>> addresses)
    {
        var gone = new HashSet<ReadOnlyMemory<byte>>(addresses, BytesComparer.Instance);
        var left = _ordered.RemoveAll(gone.Contains);
        return left.Length == _ordered.Length ? this : left.IsEmpty ? Empty : new NonRecipientTree(left, WriteBalanced(left));
    }

    /// <summary>A tree with these addresses as well; the same object when it holds them all.</summary>
    /// <exception cref="ArgumentException">An address is empty or holds a newline or NUL, or the tree would grow too large.</exception>
    public NonRecipientTree Add(IEnumerable<ReadOnlyMemory<byte>> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        var all = new SortedSet<ReadOnlyMemory<byte>>(BytesComparer.Instance);
        foreach (var address in addresses)
        {
            if (address.IsEmpty || !SpoolBytes.IsOneLine(address.Span))
            {
                throw new ArgumentException($"{SpoolBytes.Quote(address.Span)} can not stand in the tree of non-recipients", nameof(addresses));
            }

            if (!Contains(address.Span))
            {
                all.Add(address);
            }
        }

        if (all.Count == 0)
        {
            return this;
        }

        all.UnionWith(_ordered);
        if (all.Count > SpoolLimits.MaxNonRecipients)
        {
            throw new ArgumentException($"{all.Count} non-recipients are above {SpoolLimits.MaxNonRecipients}", nameof(addresses));
        }

        ImmutableArray<ReadOnlyMemory<byte>> ordered = [.. all];
        return new NonRecipientTree(ordered, WriteBalanced(ordered));
    }

    /// <summary>Reads the tree whose first line comes next; one out of order is an error.</summary>
    internal static bool TryRead(ref SpoolCursor cursor, out NonRecipientTree tree) => TryRead(ref cursor, rebuilds: false, out tree, out _);

    /// <summary>Reads the tree whose first line comes next.</summary>
    /// <param name="cursor">Where it begins.</param>
    /// <param name="rebuilds">Whether a tree that is whole, but out of order, is put in order. No address may stand in it twice or be cut at a
    /// blank: then nobody knows who has the mail.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="isRebuilt">It was out of order.</param>
    /// <remarks>
    /// A node with a left child waits on a stack until that child's subtree is complete; then it is its turn in ascending order. So one comparison
    /// with the address before it proves the whole tree ordered and free of duplicates.
    /// </remarks>
    internal static bool TryRead(ref SpoolCursor cursor, bool rebuilds, out NonRecipientTree tree, out bool isRebuilt)
    {
        tree = Empty;
        isRebuilt = false;
        var start = cursor.Position;
        if (cursor.Rest.StartsWith("XX\n"u8))
        {
            cursor.Skip(3);
            return true;
        }

        var ordered = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var waiting = new Stack<Node>();
        for (var open = true; open;)
        {
            if (!TryReadNode(ref cursor, ordered.Count + waiting.Count, out var node))
            {
                return false;
            }

            if (node.HasLeft)
            {
                waiting.Push(node);
                continue;
            }

            open = node.HasRight;
            for (var complete = true; complete;)
            {
                if (ordered.Count > 0 && ordered[^1].Span.SequenceCompareTo(node.Address.Span) >= 0)
                {
                    isRebuilt = rebuilds;
                    if (!rebuilds) return cursor.Fail(SpoolParseErrorKind.NonRecipientTree, node.Offset,
                        $"non-recipient {SpoolBytes.Quote(node.Address.Span)} is not behind {SpoolBytes.Quote(ordered[^1].Span)} in the order of the tree");
                }

                ordered.Add(node.Address);
                open = node.HasRight;
                complete = !open && waiting.TryPop(out node);
            }
        }

        if (isRebuilt) return TryRebuild(ref cursor, start, ordered, out tree);
        tree = new NonRecipientTree(ordered.DrainToImmutable(), cursor.Since(start));
        return true;
    }

    private static bool TryRebuild(ref SpoolCursor cursor, int start, ImmutableArray<ReadOnlyMemory<byte>>.Builder addresses, out NonRecipientTree tree)
    {
        tree = Empty;
        addresses.Sort(BytesComparer.Instance);
        for (var i = 0; i < addresses.Count; i++)
        {
            var address = addresses[i].Span;
            if (i > 0 && address.SequenceEqual(addresses[i - 1].Span))
            {
                return cursor.Fail(SpoolParseErrorKind.NonRecipientTree, start, $"the tree is out of order, and non-recipient {SpoolBytes.Quote(address)} stands in it twice");
            }

            // MailScanner cuts an address at its first blank (Exim.pm, ReadQf): "a b"@x becomes "a.
            if (address.Count((byte)'"') % 2 != 0)
            {
                return cursor.Fail(SpoolParseErrorKind.NonRecipientTree, start, $"the tree is out of order, and non-recipient {SpoolBytes.Quote(address)} is cut short");
            }
        }

        var ordered = addresses.DrainToImmutable();
        tree = new NonRecipientTree(ordered, WriteBalanced(ordered));
        return true;
    }

    private static bool TryReadNode(ref SpoolCursor cursor, int nodes, out Node node)
    {
        node = default;
        var offset = cursor.Position;
        if (!cursor.TryLine("the non-recipients", out var line))
        {
            return false;
        }

        // spool_in.c refuses a line shorter than two flags, a space and one byte
        if (line.Span is not [(byte)'Y' or (byte)'N', (byte)'Y' or (byte)'N', (byte)' ', _, ..])
        {
            return cursor.Fail(SpoolParseErrorKind.NonRecipientTree, offset, $"{SpoolBytes.Quote(line.Span)} is neither 'XX' nor a non-recipient");
        }

        if (nodes >= SpoolLimits.MaxNonRecipients)
        {
            return cursor.Fail(SpoolParseErrorKind.TooLarge, offset, $"more than {SpoolLimits.MaxNonRecipients} non-recipients");
        }

        node = new Node(offset, line.Span[0] == 'Y', line.Span[1] == 'Y', line[3..]);
        return true;
    }

    private static byte[] WriteBalanced(ImmutableArray<ReadOnlyMemory<byte>> ordered)
    {
        using var lines = new MemoryStream();
        var ranges = new Stack<(int Start, int End)>([(0, ordered.Length)]);
        while (ranges.TryPop(out var range))
        {
            var middle = (range.Start + range.End) / 2;
            var (hasLeft, hasRight) = (range.Start < middle, middle + 1 < range.End);
            lines.WriteByte(hasLeft ? (byte)'Y' : (byte)'N');
            lines.WriteByte(hasRight ? (byte)'Y' : (byte)'N');
            lines.WriteByte((byte)' ');
            lines.Write(ordered[middle].Span);
            lines.WriteByte((byte)'\n');
            if (hasRight)
            {
                ranges.Push((middle + 1, range.End));
            }

            if (hasLeft)
            {
                ranges.Push((range.Start, middle));
            }
        }

        return lines.ToArray();
    }

    private readonly record struct Node(int Offset, bool HasLeft, bool HasRight, ReadOnlyMemory<byte> Address);
}
