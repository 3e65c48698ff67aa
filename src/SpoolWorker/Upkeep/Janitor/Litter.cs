using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>One thing that lies about: the files of a message in one folder, or one file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Tree">The directory it lies in, or below.</param>
/// <param name="Folder">The very folder.</param>
/// <param name="Names">Its files, in the order in which they may be moved: the one that makes Exim see a message last.</param>
/// <param name="Since">Its last change; of frozen mail, when it was frozen.</param>
internal sealed record Litter(JanitorKind Kind, SpoolDirectory Tree, string Folder, IReadOnlyList<string> Names, DateTimeOffset Since)
{
    /// <summary>The message; the default value: none, and nothing is locked.</summary>
    public MessageId Id { get; init; }

    /// <summary>What is so with this one, such as an owner; empty: nothing but its kind.</summary>
    public string Detail { get; init; } = "";

    /// <summary>False: it is left where it is, whatever its kind.</summary>
    public bool IsMovable { get; init; } = true;

    /// <summary>Who works in the tree locks it as a whole (corrupt/).</summary>
    public bool IsTreeLocked { get; init; }

    /// <summary>Tells whether what has the name is the same file.</summary>
    public ulong Inode { get; init; }

    /// <summary>Looks at it once more, for a mover who holds its lock; null: there is nothing any more.</summary>
    public required Func<SpoolFolder, Litter?> Again { get; init; }

    /// <summary>What stands for it.</summary>
    public string Name => Names[^1];

    public string Path => $"{Folder}/{Name}";

    /// <summary>Whether that is the same, as it was.</summary>
    public bool IsSameAs(Litter? other) => other is not null && other.Kind == Kind && other.Folder == Folder && other.Inode == Inode && other.Since == Since && other.Names.SequenceEqual(Names);
}
