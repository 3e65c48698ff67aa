// The names of all messages of a spool directory in one pass over it, oldest first. Remembers for each in which folder
// it lies (split layout), so that nobody looks twice. Reads names only: no stat, no open. Throws PosixException when the
// directory itself cannot be read; a subdirectory that cannot be is one of Unread.
using SpoolWorker.Operations.Listing.Trees;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>A message and the number of its folder in <see cref="MessageNames.Folders"/>.</summary>
/// <remarks>A class: the framework's sorting and enumerating is precompiled for references only.</remarks>
internal sealed class ListedName(MessageId id, int folder)
{
    public MessageId Id { get; } = id;

    public int Folder { get; } = folder;
}

/// <summary>Names of the messages of a directory.</summary>
internal sealed class MessageNames : IDisposable
{
    private MessageNames(List<SpoolFolder> folders, ListedName[] names, IReadOnlyList<PosixException> unread)
    {
        Folders = folders;
        Unread = unread;
        Names = names;
        foreach (var name in names) IdWidth = Math.Max(IdWidth, name.Id.Length);
    }

    /// <summary>The directory itself and its split subdirectories, open.</summary>
    public IReadOnlyList<SpoolFolder> Folders { get; }

    /// <summary>Subdirectories that cannot be read, and why.</summary>
    public IReadOnlyList<PosixException> Unread { get; }

    /// <summary>Oldest first: an id starts with the time.</summary>
    public ListedName[] Names { get; }

    /// <summary>Length of the longest id.</summary>
    public int IdWidth { get; } = MessageId.ShortLength;

    /// <param name="path">The directory.</param>
    /// <param name="ids">These alone; null: all.</param>
    /// <param name="mayBeTree">Where no message lies, those of the directories below are meant.</param>
    public static MessageNames Read(string path, IReadOnlySet<MessageId>? ids = null, bool mayBeTree = false)
    {
        using var directory = new SpoolDirectory(path);
        var unread = new List<PosixException>();
        var folders = directory.OpenFolders(unread).ToList();
        var (names, any) = (new List<ListedName>(), false);
        for (var i = 0; i < folders.Count; i++) AddNames(i);
        if (mayBeTree && !any)
        {
            foreach (var folder in QuarantineFolders.Below(folders[0], unread))
            {
                folders.Add(folder);
                AddNames(folders.Count - 1);
            }
        }
        var sorted = names.ToArray();
        Array.Sort(sorted, static (a, b) => a.Id.CompareTo(b.Id));
        return new MessageNames(folders, sorted, unread);

        void AddNames(int number) => folders[number].ReadNames((name, _) =>
        {
            if (!MessageId.TryParseFileName(name, 'H', out var id)) return;
            any = true;
            if (ids?.Contains(id) != false) names.Add(new ListedName(id, number));
        });
    }

    public void Dispose()
    {
        foreach (var folder in Folders) folder.Dispose();
    }
}
