// Holds a file against its own bounds before the library is let at it: the library trusts its pages and would end the process
// on a broken one, or write where it must not. First both meta pages and the list of free pages, then the pages a write will
// touch: those on a key's path and their neighbours (which a split or merge reads). Each page is inspected once a state.
// Throws InvalidDataException.
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>Inspection of one state's pages.</summary>
internal sealed class LmdbPageCheck(LmdbSnapshot snapshot)
{
    private const string FreeList = "is broken: its list of free pages makes no sense";

    // Each time the file was written in between; nobody commits so often while so little is read.
    private const int MostAttempts = 64;

    private readonly HashSet<ulong> _sound = [], _free = [];

    // Who leads to a page. Two that lead to the same one make the library merge a page with itself, or free it twice.
    private readonly Dictionary<ulong, (ulong Parent, int Index)> _parents = new() { [snapshot.Meta.Main.Root] = (0, -1), [snapshot.Meta.Free.Root] = (0, -1) };

    public LmdbMeta Meta => snapshot.Meta;

    private bool KeepsSeveral => (snapshot.Meta.Main.Flags & LmdbFormat.Duplicates) != 0;

    /// <summary>Looks through a whole file before the library sees it. Another process may be writing it: what looks broken is looked at again.</summary>
    public static bool TryInspectFile(LmdbMap map, string path, [NotNullWhen(false)] out string? error)
    {
        error = null;
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var before = LmdbSnapshot.TransactionsOf(map);
            try
            {
                LmdbPageCheck.InspectFile(map);
                error = null;
                return true;
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
            {
                error = $"{path}: {(e is InvalidDataException ? e.Message : "is broken")}";
            }
            if (before == LmdbSnapshot.TransactionsOf(map)) return false;
        }
        return error is null;
    }

    /// <summary>Holds a whole file against what its meta pages say: before the library maps it.</summary>
    public static void InspectFile(LmdbMap map)
    {
        var snapshot = LmdbSnapshot.Take(map, map.Size(out _));
        if (LmdbFormat.MetaFault(snapshot.Meta) is { } fault) throw new InvalidDataException(fault);
        if (LmdbFormat.MetaFault(LmdbSnapshot.Take(map, map.Size(out _), older: true).Meta) is { } older) throw new InvalidDataException(older);
        var pages = (ulong)(map.TrueSize() / map.PageSize);
        if (snapshot.Meta.LastPage < pages) return;
        // A file may lack pages at its end that were never written; they are in the list of free pages then.
        var check = new LmdbPageCheck(snapshot);
        var missing = snapshot.Meta.LastPage + 1 - pages;
        if (missing <= int.MaxValue) check.InspectFree();
        if ((ulong)check._free.Count(p => p >= pages) != missing) throw new InvalidDataException($"is truncated: page {pages} is missing");
    }

    /// <summary>Inspects what a change of one key touches.</summary>
    public void Inspect(ReadOnlySpan<byte> key)
    {
        var tree = snapshot.Meta.Main;
        if (tree.IsEmpty) return;
        var number = tree.Root;
        for (var depth = 1; depth <= tree.Depth && depth <= LmdbFormat.MaxDepth; depth++)
        {
            InspectPage(number, tree, depth);
            var page = snapshot.Page(number);
            if (!LmdbSnapshot.IsBranch(page)) return;
            var at = LmdbSnapshot.ChildIndex(page, key);
            for (var i = Math.Max(0, at - 1); i <= at + 1 && i < LmdbSnapshot.Count(page); i++) InspectPage(Child(number, page, i), tree, depth + 1);
            number = LmdbSnapshot.Child(page, at);
        }
        throw new InvalidDataException("is broken: its tree has no end");
    }

    /// <summary>Inspects every page of the table.</summary>
    public void InspectAll() => InspectTree(snapshot.Meta.Main);

    /// <summary>Inspects the list of free pages: a page named there and in use would be overwritten, one named twice given out twice.</summary>
    public void InspectFree()
    {
        _free.Clear();
        InspectTree(snapshot.Meta.Free);
        var cursor = new LmdbCursor(snapshot, snapshot.Meta.Free);
        for (var more = cursor.Seek([]); more; more = cursor.Next())
        {
            // Key: a transaction number; value: a count, then page numbers, falling (midl.h, MDB_IDL).
            var value = cursor.Value;
            if (cursor.Key.Length != 8 || LmdbFormat.U64(cursor.Key, 0) > snapshot.Meta.Transaction || value.Length < 8 || value.Length % 8 != 0
                || LmdbFormat.U64(value, 0) > (ulong)(value.Length / 8 - 1)) throw new InvalidDataException(FreeList);
            var above = ulong.MaxValue;
            for (var i = 1; i <= (int)LmdbFormat.U64(value, 0); i++)
            {
                var page = LmdbFormat.U64(value, i * 8);
                if (page < LmdbFormat.MetaPages || page > snapshot.Meta.LastPage || page >= above || !_free.Add(page)) throw new InvalidDataException(FreeList);
                above = page;
            }
        }
        if (_parents.Keys.Any(_free.Contains)) throw new InvalidDataException(FreeList);
    }

    private void InspectTree(LmdbTree tree)
    {
        if (tree.IsEmpty) return;
        var open = new Stack<(ulong Page, int Depth)>([(tree.Root, 1)]);
        while (open.TryPop(out var next))
        {
            InspectPage(next.Page, tree, next.Depth);
            var page = snapshot.Page(next.Page);
            if (!LmdbSnapshot.IsBranch(page)) continue;
            for (var i = 0; i < LmdbSnapshot.Count(page); i++) open.Push((Child(next.Page, page, i), next.Depth + 1));
        }
    }

    private ulong Child(ulong parent, ReadOnlySpan<byte> page, int index)
    {
        var child = LmdbSnapshot.Child(page, index);
        if (!(_parents.TryAdd(child, (parent, index)) || _parents[child] == (parent, index)))
            throw new InvalidDataException($"is broken at page {parent}");
        return child;
    }

    private void InspectPage(ulong number, LmdbTree tree, int depth)
    {
        if (_sound.Contains(number)) return;
        var page = snapshot.Page(number);
        var branch = LmdbSnapshot.IsBranch(page);
        var count = LmdbSnapshot.Count(page);
        // All leaves lie at the depth the tree has.
        if (count == 0 || (branch && count < 2) || branch != depth < tree.Depth || tree.Depth > LmdbFormat.MaxDepth || _free.Contains(number)) throw Broken(number);
        try
        {
            InspectNodes(number, page, count, branch, isFree: tree == snapshot.Meta.Free);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Broken(number);
        }
        _sound.Add(number);
    }

    private void InspectNodes(ulong number, ReadOnlySpan<byte> page, int count, bool branch, bool isFree)
    {
        int upper = LmdbFormat.U16(page, 14);
        var places = new (int At, int End)[count];
        for (var i = 0; i < count; i++)
        {
            var node = LmdbSnapshot.Node(page, i);
            var key = LmdbSnapshot.Key(node);
            var (at, flags) = (page.Length - node.Length, LmdbFormat.U16(node, 4));
            var length = LmdbFormat.NodeHeader + (long)key.Length;
            if (at < upper || at % 2 != 0 || key.Length > LmdbFormat.MaxKey || (!branch && key.IsEmpty)) throw Broken(number);
            if (!branch)
            {
                // The library follows what is flagged as several values wherever it is flagged.
                int known = isFree ? LmdbFormat.BigData : KeepsSeveral ? LmdbFormat.BigData | LmdbFormat.SubData | LmdbFormat.DuplicateData : LmdbFormat.BigData | LmdbFormat.SubData;
                if ((flags & ~known) != 0 || flags == (LmdbFormat.BigData | LmdbFormat.SubData)) throw Broken(number);
                var value = snapshot.Value(node);
                var isBig = (flags & LmdbFormat.BigData) != 0;
                if (isBig) InspectOverflow(LmdbFormat.U64(node, (int)length));
                length += isBig ? sizeof(ulong) : (flags & LmdbFormat.DuplicateData) != 0 ? LmdbFormat.U32(node, 0) : value.Length;
            }
            if (at + length > page.Length) throw Broken(number);
            places[i] = (at, at + (int)length);
        }
        // Overlapping ones are together larger than a page that they are copied to.
        Array.Sort(places);
        for (var i = 1; i < count; i++) if (places[i].At < places[i - 1].End) throw Broken(number);
    }

    private void InspectOverflow(ulong number)
    {
        var pages = LmdbFormat.U32(snapshot.Overflow(number), 12);
        for (var i = 0UL; i < pages; i++)
        {
            if (number + i > snapshot.Meta.LastPage || _free.Contains(number + i) || !_parents.TryAdd(number + i, (number, -1))) throw Broken(number);
        }
    }

    private static InvalidDataException Broken(ulong number) => new($"is broken at page {number}");
}
