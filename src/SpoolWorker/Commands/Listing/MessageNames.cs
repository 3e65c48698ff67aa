// The names of all messages of a spool directory in one pass over it, oldest first. Remembers for each in which folder
// it lies (split layout), so that nobody looks twice. Reads names only: no stat, no open. Throws IOException and
// UnauthorizedAccessException when the directory itself cannot be read.
using System.IO.Enumeration;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Listing;

/// <summary>A message and the number of its folder in <see cref="MessageNames.Folders"/>.</summary>
/// <remarks>A class: the framework's sorting and enumerating is precompiled for references only.</remarks>
internal sealed class ListedName(MessageId id, int folder)
{
    public MessageId Id { get; } = id;

    public int Folder { get; } = folder;
}

/// <summary>Names of the messages of a directory.</summary>
internal sealed class MessageNames
{
    private static readonly EnumerationOptions NamesOnly = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private MessageNames(List<string> folders, ListedName[] names)
    {
        Folders = folders;
        Names = names;
        foreach (var name in names) IdWidth = Math.Max(IdWidth, name.Id.Length);
    }

    /// <summary>The directory itself and its split subdirectories.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>Oldest first: an id starts with the time.</summary>
    public ListedName[] Names { get; }

    /// <summary>Length of the longest id.</summary>
    public int IdWidth { get; } = MessageId.ShortLength;

    public static MessageNames Read(string path)
    {
        var folders = new List<string> { path };
        var names = new List<ListedName>();
        for (var i = 0; i < folders.Count; i++)
        {
            var number = i;
            var entries = new FileSystemEnumerable<ListedName?>(folders[i], (ref FileSystemEntry entry) => Look(ref entry, number, folders), NamesOnly);
            foreach (var name in entries)
            {
                if (name is not null) names.Add(name);
            }
        }
        var sorted = names.ToArray();
        Array.Sort(sorted, static (a, b) => a.Id.CompareTo(b.Id));
        return new MessageNames(folders, sorted);
    }

    private static ListedName? Look(ref FileSystemEntry entry, int folder, List<string> folders)
    {
        var name = entry.FileName;
        if (MessageId.TryParseFileName(name, 'H', out var id)) return new ListedName(id, folder);
        if (folder == 0 && name.Length == 1 && char.IsAsciiLetterOrDigit(name[0]) && entry.IsDirectory) folders.Add(entry.ToFullPath());
        return null;
    }
}
