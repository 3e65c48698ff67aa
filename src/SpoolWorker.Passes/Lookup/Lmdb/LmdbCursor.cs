// Goes through a state of a table in key order. A broken page throws InvalidDataException, as in LmdbSnapshot.
namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>A place in a tree: the pages from the root down to a leaf.</summary>
internal sealed class LmdbCursor(LmdbSnapshot snapshot, LmdbTree tree)
{
    private readonly (ulong Page, int Index)[] _path = new (ulong, int)[LmdbFormat.MaxDepth];
    private LmdbSnapshot _snapshot = snapshot;
    private int _depth;

    /// <summary>True right after a leaf was entered: the moment to ask whether the state still stands.</summary>
    public bool EnteredLeaf { get; private set; }

    public ReadOnlySpan<byte> Key => LmdbSnapshot.Key(Node());

    public ReadOnlySpan<byte> Value => _snapshot.Value(Node());

    /// <summary>Goes to the first key not less than this one; false when there is none.</summary>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        _depth = 0;
        if (tree.IsEmpty) return false;
        var number = tree.Root;
        while (true)
        {
            var page = _snapshot.Page(number);
            if (!LmdbSnapshot.IsBranch(page))
            {
                Push(number, LmdbSnapshot.Search(page, key, 0, out _));
                return Settle();
            }
            var index = LmdbSnapshot.ChildIndex(page, key);
            Push(number, index);
            number = LmdbSnapshot.Child(page, index);
        }
    }

    /// <summary>Goes to the next key.</summary>
    public bool Next()
    {
        EnteredLeaf = false;
        _path[_depth - 1].Index++;
        return Settle();
    }

    // A place behind the last entry of a leaf means the first of the next leaf.
    private bool Settle()
    {
        while (true)
        {
            var (number, index) = _path[_depth - 1];
            var page = _snapshot.Page(number);
            if (index < LmdbSnapshot.Count(page))
            {
                if (!LmdbSnapshot.IsBranch(page)) return true;
                _snapshot = _snapshot.Refreshed();
                Push(LmdbSnapshot.Child(page, index), 0);
                EnteredLeaf = true;
                continue;
            }
            if (--_depth == 0) return false;
            _path[_depth - 1].Index++;
        }
    }

    private void Push(ulong number, int index)
    {
        if (_depth == LmdbFormat.MaxDepth) throw new InvalidDataException("is broken: its tree has no end");
        _path[_depth++] = (number, index);
    }

    private ReadOnlySpan<byte> Node() => LmdbSnapshot.Node(_snapshot.Page(_path[_depth - 1].Page), _path[_depth - 1].Index);
}
