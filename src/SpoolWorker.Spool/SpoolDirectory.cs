// One directory of spool pairs: an Exim `input/`, flat or split, a named queue's `input/`, queuefile's directory, or our
// own held/ and corrupt/. Finds pairs, names their files; reads only names, never contents. A name that is not a message
// id's is passed over. Listing may throw PosixException/IOException when the directory itself cannot be read.
using System.IO.Enumeration;

namespace SpoolWorker.Spool;

/// <summary>Where the files of a message lie in a spool directory.</summary>
public enum SpoolLayout
{
    /// <summary>All files in the directory itself.</summary>
    Flat,

    /// <summary>split_spool_directory: a subdirectory named by the sixth character of the id.</summary>
    Split,
}

/// <summary>A directory with spool pairs.</summary>
/// <param name="path">The directory that holds the pairs (Exim's <c>input</c>), absolute.</param>
/// <param name="layout">Where new pairs go; existing ones are found in both places, as Exim does (spool_in.c).</param>
public sealed class SpoolDirectory(string path, SpoolLayout layout = SpoolLayout.Flat)
{
    /// <summary>The directory itself.</summary>
    public string Path { get; } = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>Where new pairs go.</summary>
    public SpoolLayout Layout { get; } = layout;

    /// <summary>The directory a new pair of this id goes to.</summary>
    public string FolderFor(MessageId id) => Layout == SpoolLayout.Split ? SubdirectoryOf(id) : Path;

    /// <summary>The folder in which a file of this message lies now, or null; looks in both layouts.</summary>
    public string? FolderWith(MessageId id, char suffix)
    {
        var first = FolderFor(id);
        var second = Layout == SpoolLayout.Split ? Path : SubdirectoryOf(id);
        var name = $"{id}-{suffix}";
        if (Posix.Exists($"{first}/{name}")) return first;
        return Posix.Exists($"{second}/{name}") ? second : null;
    }

    /// <summary>The folder of an existing pair, told by its -H or, failing that, its -D.</summary>
    public string? FolderOf(MessageId id) => FolderWith(id, 'H') ?? FolderWith(id, 'D');

    /// <summary>True when any file of that id is here: then the id is taken (facts: the same id twice loses mail).</summary>
    public bool Holds(MessageId id)
    {
        // Of a flat spool the subdirectory is hardly ever there: one look instead of three.
        if (Layout == SpoolLayout.Flat && !Posix.Exists(SubdirectoryOf(id)))
            return Posix.Exists($"{Path}/{id.HeaderName}") || Posix.Exists($"{Path}/{id.BodyName}") || Posix.Exists($"{Path}/{id.JournalName}");
        return FolderOf(id) is not null || FolderWith(id, 'J') is not null;
    }

    /// <summary>Ids of all messages whose -H is here, in no order; split subdirectories included.</summary>
    public IEnumerable<MessageId> Messages() => Names('H');

    /// <summary>Ids that have a file with this suffix ('H', 'D' or 'J').</summary>
    public IEnumerable<MessageId> Names(char suffix)
    {
        foreach (var folder in Folders())
        {
            var found = new FileSystemEnumerable<MessageId>(folder,
                (ref FileSystemEntry entry) => MessageId.TryParseFileName(entry.FileName, suffix, out var id) ? id : default, NamesOnly)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => MessageId.TryParseFileName(entry.FileName, suffix, out _),
            };
            foreach (var id in found) yield return id;
        }
    }

    /// <summary>Full paths of all files whose name starts with a prefix (our staged <c>hdr.</c> files), subdirectories included.</summary>
    public IEnumerable<string> FilesStartingWith(string prefix)
    {
        foreach (var folder in Folders())
        {
            var found = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), NamesOnly)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.FileName.StartsWith(prefix, StringComparison.Ordinal),
            };
            foreach (var file in found) yield return file;
        }
    }

    /// <summary>The directory and those one-character subdirectories that are there.</summary>
    public IEnumerable<string> Folders()
    {
        yield return Path;
        foreach (var subdirectory in new FileSystemEnumerable<string>(Path, (ref FileSystemEntry entry) => entry.ToFullPath(), NamesOnly)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                entry.FileName.Length == 1 && char.IsAsciiLetterOrDigit(entry.FileName[0]) && entry.IsDirectory,
        })
        {
            yield return subdirectory;
        }
    }

    /// <summary>Split when one-character subdirectories are there and no pair lies on top; else flat, which Exim always finds.</summary>
    public static SpoolLayout DetectLayout(string path)
    {
        var directory = new SpoolDirectory(path);
        var split = directory.Folders().Skip(1).Any();
        return split && !new SpoolDirectory(path).TopHasPairs() ? SpoolLayout.Split : SpoolLayout.Flat;
    }

    private bool TopHasPairs() => new FileSystemEnumerable<bool>(Path, (ref FileSystemEntry _) => true, NamesOnly)
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => MessageId.TryParseFileName(entry.FileName, 'H', out _),
    }.Any();

    private string SubdirectoryOf(MessageId id) => $"{Path}/{id.Subdirectory}";

    // Attributes are not asked for, so no stat a file; a vanished subdirectory is an error the caller sees.
    private static readonly EnumerationOptions NamesOnly = new()
    {
        AttributesToSkip = 0, ReturnSpecialDirectories = false, RecurseSubdirectories = false, IgnoreInaccessible = false,
    };
}
