// One look at a place: all its folders are read through, names first, and of each name that is not a whole young pair is asked what it is. What is seen may change while
// it is looked at, so a look proves nothing: who moves something looks twice, and once more under Exim's lock (LostAndFound).
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>By what is judged.</summary>
/// <param name="Now">The date.</param>
/// <param name="Age">What was changed later is none of ours. What bears a date that is still to come is not old.</param>
/// <param name="FrozenAge">The same of mail that is frozen.</param>
/// <param name="MissesLongIds">Whether the target's Exim is known not to see ids of 23 characters.</param>
internal sealed record JanitorMeasure(DateTimeOffset Now, TimeSpan Age, TimeSpan FrozenAge, Func<bool> MissesLongIds)
{
    public bool IsOld(DateTimeOffset time) => Now - time >= Age;

    public bool IsLongFrozen(DateTimeOffset time) => Now - time >= FrozenAge;
}

/// <summary>What a look at one place found.</summary>
internal sealed class JanitorLook
{
    // Of a kind; what is more is counted, and its turn comes in a later run.
    private const int MostKept = 10_000;

    // A spool this large is hours behind; its names alone are a hundred megabytes.
    private const int MostNames = 4_000_000;

    // Then the disk is what to look at.
    private const int MostUnread = 1000;

    private readonly Dictionary<JanitorKind, int> _kept = [], _beyond = [];

    /// <summary>What lies about.</summary>
    public List<Litter> Litter { get; } = [];

    /// <summary>How many there are beyond those, by kind.</summary>
    public IReadOnlyDictionary<JanitorKind, int> Beyond => _beyond;

    /// <summary>What could not be looked at, and why.</summary>
    public List<(string Path, string Why)> Unread { get; } = [];

    /// <summary>False: its directory is not there, and need not be.</summary>
    public bool IsThere { get; private set; }

    /// <summary>Looks at a place.</summary>
    public static JanitorLook At(JanitorPlace place, JanitorMeasure measure, CancellationToken cancellationToken)
    {
        var look = new JanitorLook();
        try
        {
            var present = new HashSet<MessageId>();
            look.IsThere = look.Read(place.Directory, place.IsNamed, folder => look.ReadPairs(place, measure, folder, present, cancellationToken));
            if (place.Logs is { } logs) _ = look.Read(logs, mustBeThere: false, folder => look.ReadLogs(place, measure, folder, present, cancellationToken));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            look.Unread.Add((place.Directory.Path, e.Message));
        }
        return look;
    }

    // Whether it is there.
    private bool Read(SpoolDirectory directory, bool mustBeThere, Action<SpoolFolder> read)
    {
        var error = directory.TryOpen(out var top);
        if (error != 0)
        {
            // An Exim makes its own with its first message.
            if (mustBeThere || error is not (Errno.ENOENT or Errno.ENOTDIR)) Unread.Add((directory.Path, new PosixException(error, "open", directory.Path).Message));
            return false;
        }
        top!.Dispose();
        var unread = new List<PosixException>();
        foreach (var folder in directory.OpenFolders(unread))
        {
            using (folder)
            {
                try
                {
                    read(folder);
                }
                catch (IOException e)
                {
                    Unread.Add((folder.Path, e.Message));
                }
            }
        }
        Unread.AddRange(unread.Select(e => (e.Path, e.Message)));
        return true;
    }

    private void ReadPairs(JanitorPlace place, JanitorMeasure measure, SpoolFolder folder, HashSet<MessageId> present, CancellationToken cancellationToken)
    {
        var (ids, others) = Names(folder);
        if (place.Logs is not null) present.UnionWith(ids);
        var staged = TemporaryFiles.Staged(others);
        using var pairs = new PairFiles(place, measure, folder, staged);
        var temporaries = new TemporaryFiles(place, measure, staged);
        if (place.Role != PlaceRole.Corrupt)
        {
            foreach (var id in ids)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Add(folder, pairs.Of, id);
            }
        }
        foreach (var name in others) Add(folder, n => temporaries.Of(folder, n), name);
    }

    private void ReadLogs(JanitorPlace place, JanitorMeasure measure, SpoolFolder folder, HashSet<MessageId> present, CancellationToken cancellationToken)
    {
        var logs = new LogFiles(place, measure);
        var names = new List<string>();
        folder.ReadNamesWhile((name, _) =>
        {
            if (LogFiles.TryParse(name, out var id) && !present.Contains(id)) names.Add(Encoding.ASCII.GetString(name));
            return names.Count < MostNames;
        });
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(folder, n => logs.Of(folder, n), name);
        }
    }

    // Ids with a -H, -D or -J; and the names of what may be temporary.
    private static (HashSet<MessageId> Ids, List<string> Others) Names(SpoolFolder folder)
    {
        var (ids, others) = (new HashSet<MessageId>(), new List<string>());
        folder.ReadNamesWhile((name, _) =>
        {
            if (MessageId.TryParseFileName(name, 'H', out var id) || MessageId.TryParseFileName(name, 'D', out id) || MessageId.TryParseFileName(name, 'J', out id)) ids.Add(id);
            else if (TemporaryFiles.MayBe(name)) others.Add(Encoding.UTF8.GetString(name));
            return ids.Count + others.Count < MostNames;
        });
        if (ids.Count + others.Count == MostNames) throw new IOException($"{folder.Path} has more than {MostNames} names; it is not looked through");
        return (ids, others);
    }

    // One name that cannot be looked at (a bad sector) keeps no other from being told.
    private void Add<T>(SpoolFolder folder, Func<T, Litter?> judge, T thing)
    {
        try
        {
            if (judge(thing) is { } found) Add(found);
        }
        catch (IOException e) when (Unread.Count < MostUnread)
        {
            Unread.Add((folder.PathOf($"{thing}"), e.Message));
        }
    }

    private void Add(Litter found)
    {
        var count = _kept.GetValueOrDefault(found.Kind);
        if (count == MostKept)
        {
            _beyond[found.Kind] = _beyond.GetValueOrDefault(found.Kind) + 1;
            return;
        }
        _kept[found.Kind] = count + 1;
        Litter.Add(found);
    }
}
