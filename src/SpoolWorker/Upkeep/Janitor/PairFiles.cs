// What the -H, -D and -J of one id in one folder are to Exim. Asked of each id that has one of them; a young message costs one look at a name, an old one three, and its -H is read only
// where it has lain for as long as frozen mail must to be told.
using System.Globalization;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Judges the files of messages in a folder.</summary>
/// <param name="place">What it belongs to.</param>
/// <param name="measure">By what.</param>
/// <param name="folder">It; the caller's.</param>
/// <param name="staged">Messages that a worker has staged here and not committed.</param>
internal sealed class PairFiles(JanitorPlace place, JanitorMeasure measure, SpoolFolder folder, IReadOnlySet<MessageId> staged) : IDisposable
{
    private const uint Read = 0b100, Write = 0b010, AllBits = 0b111, Root = 0;

    private readonly FolderReader _reader = new(folder);

    public void Dispose() => _reader.Dispose();

    /// <summary>What is wrong with them; null: nothing, or they are too young to tell.</summary>
    public Litter? Of(MessageId id)
    {
        var header = Find(id.HeaderName);
        // Most are young: one is enough to tell.
        if (header is { } young && !measure.IsOld(young.Modified)) return null;
        var (journal, body) = (Find(id.JournalName), Find(id.BodyName));
        var there = new[] { (id.JournalName, journal), (id.BodyName, body), (id.HeaderName, header) }.Where(f => f.Item2 is not null).Select(f => (Name: f.Item1, Status: f.Item2!.Value)).ToList();
        if (there.Count == 0) return null;
        var changed = there.Max(f => f.Status.Modified);
        if (!measure.IsOld(changed)) return null;

        Litter Found(JanitorKind kind, string detail = "", bool isMovable = true) => new(kind, place.Directory, folder.Path, [.. there.Select(f => f.Name)], changed)
        {
            Id = id,
            Detail = detail,
            IsMovable = isMovable,
            Inode = there[^1].Status.Inode,
            Again = again => Once(again, id),
        };

        var isTop = folder.Path == place.Directory.Path;
        if (!isTop && folder.Path[^1] != id.Subdirectory) return Found(JanitorKinds.Misplaced, $"looked for in {place.Directory.Path}/{id.Subdirectory}/");
        if (header is { } whole && body is { } data) return OfPair(Found, id, whole, data, journal);
        // Told as what it is: staged.
        if (header is null && staged.Contains(id)) return null;
        // Exim takes -H and -J from the folder in which it found -D (spool_in.c, spool_open_datafile).
        if (Elsewhere(id, header is null ? 'H' : 'D') is { } other) return Found(JanitorKinds.Misplaced, $"its {(header is null ? "-H" : "-D")} lies in {other}", isMovable: false);
        if (header is not null) return Found(JanitorKinds.HeaderAlone);
        return body is not null ? Found(JanitorKinds.BodyAlone) : Elsewhere(id, 'D') is null ? Found(JanitorKinds.JournalAlone) : null;
    }

    private Litter? OfPair(Func<JanitorKind, string, bool, Litter> found, MessageId id, in FileStatus header, in FileStatus body, in FileStatus? journal)
    {
        if (header is { IsRegular: true, Size: 0 }) return found(JanitorKinds.EmptyHeader, "", true);
        if (place.Role == PlaceRole.Held) return null;
        var refusal = Refusal("-D", body, Read | Write) ?? Refusal("-H", header, Read) ?? (journal is { } third ? Refusal("-J", third, Read | Write) : null);
        if (refusal is not null) return found(JanitorKinds.Refused, refusal, true);
        if (place.Role == PlaceRole.Target && id.IsLong && measure.MissesLongIds()) return found(JanitorKinds.UnseenId, "", true);
        // It was rewritten when it was frozen, or later.
        if (!measure.IsLongFrozen(header.Modified) || FrozenSince(id) is not { } since || !measure.IsLongFrozen(since)) return null;
        return found(JanitorKinds.Frozen, "", true) with { Since = since };
    }

    private DateTimeOffset? FrozenSince(MessageId id)
    {
        if (_reader.TryRead(id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out var error) != 0 || error is not null) return null;
        if (HeaderGlance.TryRead(bytes, id, out var glance) && !glance.IsFrozen) return null;
        if (!HeaderFileReader.TryRead(bytes, id, out var header, out _) || header.Find("frozen") is not { } frozen) return null;
        return long.TryParse(frozen.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= measure.Now.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }

    // Exim's user is whose directory it is.
    private string? Refusal(string name, in FileStatus file, uint wanted)
    {
        if (!file.IsRegular) return $"{name} is {(file.IsSymlink ? "a symlink" : file.IsDirectory ? "a directory" : "no regular file")}";
        var (owner, group) = (folder.Status.Uid, folder.Status.Gid);
        if (owner == Root) return null;
        const int OwnerShift = 6, GroupShift = 3;
        var granted = (file.Permissions >> (file.Uid == owner ? OwnerShift : file.Gid == group ? GroupShift : 0)) & AllBits;
        return (granted & wanted) == wanted ? null : $"{name} has uid {file.Uid}, gid {file.Gid}, mode {Convert.ToString(file.Permissions, 8).PadLeft(4, '0')}; Exim's are uid {owner}, gid {group}";
    }

    private string? Elsewhere(MessageId id, char suffix) => place.Directory.FolderWith(id, suffix) is { } other && other != folder.Path ? other : null;

    private FileStatus? Find(string name) => folder.Exists(name, out var status) ? status : null;

    private Litter? Once(SpoolFolder again, MessageId id)
    {
        using var files = new PairFiles(place, measure, again, staged);
        return files.Of(id);
    }
}
