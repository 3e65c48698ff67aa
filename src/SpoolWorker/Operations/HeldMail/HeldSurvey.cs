// What lies in held/, by its files alone: since when, and how much. A name without -H is none: somebody is moving it. Throws PosixException when the
// directory cannot be read.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.HeldMail;

/// <summary>A held pair.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Since">When it was put there: its note was written then. Of a pair without a note, when its -H was.</param>
/// <param name="Size">Bytes of all its files.</param>
/// <param name="HeaderSize">Bytes of -H.</param>
/// <param name="Pair">Names its -H among others of that id: see <see cref="ReturnedPair.Identity"/>.</param>
internal sealed record HeldPair(MessageId Id, DateTimeOffset Since, long Size, long HeaderSize, string Pair);

/// <summary>Looks through held/.</summary>
internal static class HeldSurvey
{
    /// <summary>All of it; none where there is no such directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="troubles">Gets subdirectories that cannot be read.</param>
    public static IReadOnlyList<HeldPair> Read(string path, ICollection<string> troubles)
    {
        if (!Posix.Exists(path)) return [];
        using var names = MessageNames.Read(path);
        foreach (var unread in names.Unread) troubles.Add(unread.Message);
        return [.. names.Names.Select(name => Of(names.Folders[name.Folder], name.Id)).OfType<HeldPair>()];
    }

    private static HeldPair? Of(SpoolFolder folder, MessageId id)
    {
        if (folder.TryStatus(id.HeaderName, out var header) != 0) return null;
        var (since, size) = (header.Modified, header.Size);
        foreach (var name in new[] { id.BodyName, id.JournalName, SpoolStage.NoteName(id) })
        {
            if (folder.TryStatus(name, out var status) != 0) continue;
            size += status.Size;
            if (name == SpoolStage.NoteName(id)) since = status.Modified;
        }
        return new HeldPair(id, since, size, header.Size, ReturnedPair.Identity(header));
    }
}
