// Keeps the worker's places apart by what they are, device and inode, not by what their paths say: an intake that is the
// target (a symlink, a bind mount) would take its own output for ever, a place inside another hides mail. Looked at with
// every opening of a directory, so at run time too. Whoever is opened second is refused, with both names.
namespace SpoolWorker.Spool;

/// <summary>A directory that may not be used: it is, or lies in, another of the worker's places.</summary>
public sealed class RefusedPlaceException(string message) : IOException(message);

/// <summary>What is open of the worker's places.</summary>
public sealed class PlaceGuard
{
    // Deeper than any path the kernel takes.
    private const int MostLevels = 2048;

    private readonly Lock _gate = new();
    private readonly Dictionary<SpoolFolder, Entry> _open = [];
    private readonly HashSet<string> _told = [];

    /// <summary>Told, once each, of what is passed over because it is another place: a sentence with both names.</summary>
    public event Action<string>? Refused;

    /// <summary>Notes a directory that was opened; throws <see cref="RefusedPlaceException"/> when it is, holds or lies in another place.</summary>
    internal void Enter(SpoolDirectory owner, SpoolFolder top)
    {
        var entry = new Entry(owner, top.Status, Above(top), IsTop: true);
        lock (_gate)
        {
            foreach (var other in _open.Values.Where(o => o.Owner != owner))
            {
                if (Relation(entry, other) is { } relation) throw new RefusedPlaceException($"{owner.Name} {top.Path} {relation} {other.Owner.Name} {other.Owner.Path}: give each a directory of its own, none inside another");
            }
            _open[top] = entry;
        }
    }

    /// <summary>Notes a subdirectory that was opened; false when it is another place.</summary>
    internal bool TryEnterSubfolder(SpoolDirectory owner, SpoolFolder subfolder)
    {
        var entry = new Entry(owner, subfolder.Status, [], IsTop: false);
        Entry? other;
        lock (_gate)
        {
            other = _open.Values.FirstOrDefault(o => o.Owner != owner && Same(o.Status, entry.Status));
            if (other is null) _open[subfolder] = entry;
        }
        if (other is null) return true;
        var sentence = $"{subfolder.Path} is passed over: it is the same directory as {other.Owner.Name} {other.Owner.Path}";
        bool first;
        lock (_gate) first = _told.Add(sentence);
        if (first) Refused?.Invoke(sentence);
        return false;
    }

    /// <summary>Forgets a directory that is being closed: its inode may soon be another's.</summary>
    internal void Leave(SpoolFolder folder)
    {
        lock (_gate) _open.Remove(folder);
    }

    // Intakes in one another do no harm: a subdirectory that is another intake is passed over.
    private static string? Relation(Entry one, Entry other)
    {
        if (Same(one.Status, other.Status)) return "is the same directory as";
        if (!other.IsTop || (one.Owner.IsIntake && other.Owner.IsIntake)) return null;
        if (one.Above.Contains((other.Status.Device, other.Status.Inode))) return "lies in";
        return other.Above.Contains((one.Status.Device, one.Status.Inode)) ? "holds" : null;
    }

    private static bool Same(in FileStatus a, in FileStatus b) => (a.Inode, a.Device) == (b.Inode, b.Device);

    // The directories above, as far as we may look.
    private static HashSet<(ulong, ulong)> Above(SpoolFolder folder)
    {
        var above = new HashSet<(ulong, ulong)>();
        var at = folder.Share();
        for (var level = 0; level < MostLevels && at.TryOpenAbove(out var next) == 0; level++)
        {
            var isRoot = next!.Is(at.Status);
            at.Dispose();
            at = next;
            if (isRoot || !above.Add((at.Status.Device, at.Status.Inode))) break;
        }
        at.Dispose();
        return above;
    }

    private sealed record Entry(SpoolDirectory Owner, FileStatus Status, HashSet<(ulong Device, ulong Inode)> Above, bool IsTop);
}
