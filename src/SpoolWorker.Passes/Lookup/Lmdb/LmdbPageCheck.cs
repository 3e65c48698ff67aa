// Holds the pages a write will touch against their bounds: the pages on a key's path, their neighbours (which a split or
// merge reads), and the list of free pages. Each page is inspected once a state. Throws InvalidDataException.
namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>Inspection of one state's pages.</summary>
internal sealed class LmdbPageCheck(LmdbSnapshot snapshot)
{
    private readonly HashSet<ulong> _sound = [];

    /// <summary>Inspects what a change of one key touches.</summary>
    public void Inspect(ReadOnlySpan<byte> key)
    {
        if (snapshot.Meta.Main.IsEmpty) return;
        var number = snapshot.Meta.Main.Root;
        for (var depth = 0; depth < LmdbFormat.MaxDepth; depth++)
        {
            InspectPage(number);
            var page = snapshot.Page(number);
            if (!LmdbSnapshot.IsBranch(page)) return;
            var at = LmdbSnapshot.ChildIndex(page, key);
            if (at > 0) InspectPage(LmdbSnapshot.Child(page, at - 1));
            if (at + 1 < LmdbSnapshot.Count(page)) InspectPage(LmdbSnapshot.Child(page, at + 1));
            number = LmdbSnapshot.Child(page, at);
        }
        throw new InvalidDataException("is broken: its tree has no end");
    }

    /// <summary>Inspects every page of the table.</summary>
    public void InspectAll() => InspectTree(snapshot.Meta.Main);

    /// <summary>Inspects the list of free pages: a page named there and in use would be overwritten.</summary>
    public void InspectFree()
    {
        InspectTree(snapshot.Meta.Free);
        var cursor = new LmdbCursor(snapshot, snapshot.Meta.Free);
        for (var more = cursor.Seek([]); more; more = cursor.Next())
        {
            // Key: a transaction number; value: a count, then page numbers, falling (midl.h, MDB_IDL).
            var value = cursor.Value;
            if (cursor.Key.Length != 8 || value.Length < 8 || LmdbFormat.U64(value, 0) > (ulong)(value.Length / 8 - 1)) throw new InvalidDataException("is broken: its list of free pages makes no sense");
            var above = ulong.MaxValue;
            for (var i = 1; i <= (int)LmdbFormat.U64(value, 0); i++)
            {
                var page = LmdbFormat.U64(value, i * 8);
                if (page < LmdbFormat.MetaPages || page > snapshot.Meta.LastPage || page >= above) throw new InvalidDataException("is broken: its list of free pages makes no sense");
                above = page;
            }
        }
    }

    private void InspectTree(LmdbTree tree)
    {
        if (tree.IsEmpty) return;
        var open = new Stack<(ulong Page, int Depth)>([(tree.Root, 1)]);
        while (open.TryPop(out var next))
        {
            InspectPage(next.Page);
            var page = snapshot.Page(next.Page);
            var count = LmdbSnapshot.Count(page);
            if (!LmdbSnapshot.IsBranch(page)) continue;
            if (next.Depth >= LmdbFormat.MaxDepth || next.Depth >= tree.Depth) throw new InvalidDataException("is broken: its tree is deeper than it says");
            for (var i = 0; i < count; i++) open.Push((LmdbSnapshot.Child(page, i), next.Depth + 1));
        }
    }

    private void InspectPage(ulong number)
    {
        if (_sound.Contains(number)) return;
        var page = snapshot.Page(number);
        var branch = LmdbSnapshot.IsBranch(page);
        var count = LmdbSnapshot.Count(page);
        int upper = LmdbFormat.U16(page, 14);
        if (count == 0 || (branch && count < 2)) throw new InvalidDataException($"is broken at page {number}");
        try
        {
            for (var i = 0; i < count; i++)
            {
                var node = LmdbSnapshot.Node(page, i);
                if (page.Length - node.Length < upper) throw new InvalidDataException($"is broken at page {number}");
                var key = LmdbSnapshot.Key(node);
                if (key.Length > LmdbFormat.MaxKey || (!branch && key.IsEmpty)) throw new InvalidDataException($"is broken at page {number}");
                if (branch) continue;
                _ = snapshot.Value(node);
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"is broken at page {number}");
        }
        _sound.Add(number);
    }
}
