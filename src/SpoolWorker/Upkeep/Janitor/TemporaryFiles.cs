// Files that live for moments: hdr.<id> (spool_out.c; hdr.<pid> up to 4.91), <id>-<pid>-K (dkim_transport.c), our own hdr.<id>.<tag>, and our notes, which live as long as
// what they explain. Whoever writes one of Exim's holds its lock on -D meanwhile: where that is free, or -D is gone, nobody holds the file.
using System.Globalization;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Judges temporary files.</summary>
/// <param name="place">Where they lie.</param>
/// <param name="measure">By what.</param>
/// <param name="staged">Messages that a worker has staged in the same folder and not committed.</param>
internal sealed class TemporaryFiles(JanitorPlace place, JanitorMeasure measure, IReadOnlySet<MessageId> staged)
{
    private const string Header = "hdr.", Copy = "-K", Note = ".reason";

    private static readonly string[] Explained = ["-H", "-D", "-J"];

    /// <summary>Whether a name may be one of theirs.</summary>
    public static bool MayBe(ReadOnlySpan<byte> name) => name.StartsWith("hdr."u8) || name.EndsWith("-K"u8) || name.EndsWith(".reason"u8);

    /// <summary>Messages of which one of the names is the staged header.</summary>
    public static IReadOnlySet<MessageId> Staged(IEnumerable<string> names)
    {
        var ids = new HashSet<MessageId>();
        foreach (var name in names)
        {
            if (TryStaged(name, out var id)) ids.Add(id);
        }
        return ids;
    }

    /// <summary>What is wrong with one; null: nothing, or it is too young to tell.</summary>
    public Litter? Of(SpoolFolder folder, string name)
    {
        if (!folder.Exists(name, out var status) || !measure.IsOld(status.Modified)) return null;

        Litter Found(JanitorKind kind, MessageId id, string detail = "") => new(kind, place.Directory, folder.Path, [name], status.Modified)
        {
            Id = id,
            Detail = detail,
            Inode = status.Inode,
            IsTreeLocked = place.Role == PlaceRole.Corrupt,
            Again = again => Of(again, name),
        };

        if (name.EndsWith(Note, StringComparison.Ordinal)) return IsNoteAlone(folder, name[..^Note.Length]) ? Found(JanitorKinds.NoteAlone, default) : null;
        if (place.Role == PlaceRole.Corrupt) return null;
        if (TryStaged(name, out var id)) return Found(JanitorKinds.Staged, id);
        if (name.StartsWith(Header, StringComparison.Ordinal))
        {
            if (MessageId.TryParse(name.AsSpan(Header.Length), out id)) return Found(JanitorKinds.TemporaryHeader, id);
            // Such an Exim tells no message; its process does.
            return int.TryParse(name.AsSpan(Header.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && !Directory.Exists($"/proc/{process}") ? Found(JanitorKinds.TemporaryHeader, default) : null;
        }
        return TryCopy(name, out id) ? Found(JanitorKinds.SigningCopy, id) : null;
    }

    private bool IsNoteAlone(SpoolFolder folder, string name)
    {
        // In corrupt/ an id that came again has a number behind it.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (!MessageId.TryParse(name.AsSpan(0, dot < 0 ? name.Length : dot), out var id)) return false;
        return place.Role switch
        {
            PlaceRole.Corrupt => !Explained.Any(suffix => folder.Exists(name + suffix)),
            PlaceRole.Held => dot < 0 && !staged.Contains(id) && !place.Directory.Holds(id),
            _ => false,
        };
    }

    private static bool TryStaged(string name, out MessageId id)
    {
        id = default;
        var tag = name.IndexOf('.', Math.Min(name.Length, Header.Length));
        return name.StartsWith(Header, StringComparison.Ordinal) && tag > 0 && MessageId.TryParse(name.AsSpan(Header.Length, tag - Header.Length), out id);
    }

    // <id>-<pid>-K
    private static bool TryCopy(string name, out MessageId id)
    {
        id = default;
        if (!name.EndsWith(Copy, StringComparison.Ordinal)) return false;
        var stem = name.AsSpan(0, name.Length - Copy.Length);
        var dash = stem.LastIndexOf('-');
        return dash > 0 && int.TryParse(stem[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _) && MessageId.TryParse(stem[..dash], out id);
    }
}
