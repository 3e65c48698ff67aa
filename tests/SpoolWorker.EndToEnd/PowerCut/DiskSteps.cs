// What changes a disk, one step after the other, and what makes steps durable. Inodes are numbers of ours: a file keeps its own
// through renames and has several names as hard links.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>A change, or a sync.</summary>
internal abstract record DiskStep;

/// <summary>Names that change together: one of a new file, two of a rename. No inode: the name goes.</summary>
/// <param name="Changes">Directory and name, and where it leads then.</param>
/// <param name="Touched">Inodes whose own sync makes this durable on ext4.</param>
internal sealed record NameStep(IReadOnlyList<(int Folder, string Name, int? Inode)> Changes, IReadOnlyList<int> Touched) : DiskStep
{
    public override string ToString() => string.Join(" + ", Changes.Select(c => c.Inode is { } inode ? $"{c.Folder}/{c.Name} -> {inode}" : $"{c.Folder}/{c.Name} goes"));
}

/// <summary>Bytes written, within one page: larger writes are several steps.</summary>
/// <param name="Inode">The file.</param>
/// <param name="Offset">Where.</param>
/// <param name="Bytes">What.</param>
/// <param name="Extends">They lie beyond what the file had.</param>
/// <param name="IsDurable">Written through O_DSYNC.</param>
internal sealed record WriteStep(int Inode, long Offset, byte[] Bytes, bool Extends, bool IsDurable) : DiskStep
{
    public override string ToString() => $"write {Inode} {Offset}+{Bytes.Length}{(IsDurable ? " through" : "")}";
}

/// <summary>A size set.</summary>
internal sealed record SizeStep(int Inode, long Size) : DiskStep;

/// <summary>A sync that has returned.</summary>
/// <param name="Inode">Of a file or directory; null: the file system.</param>
/// <param name="Covers">How many steps were done when it began.</param>
/// <param name="DataOnly">fdatasync.</param>
internal sealed record SyncStep(int? Inode, int Covers, bool DataOnly) : DiskStep;

/// <summary>What is on a disk.</summary>
/// <param name="Names">Directory and name, and the inode.</param>
/// <param name="Contents">Bytes of files by inode.</param>
/// <param name="Folders">Inodes that are directories.</param>
internal sealed record DiskState(IReadOnlyDictionary<(int Folder, string Name), int> Names, IReadOnlyDictionary<int, byte[]> Contents, IReadOnlySet<int> Folders)
{
    /// <summary>Inode of the directory that all lies in.</summary>
    public const int Root = 0;

    /// <summary>Everything that can be reached, by path, directories first.</summary>
    public IEnumerable<(string Path, int Inode)> Walk(int from = Root, string path = "")
    {
        foreach (var ((_, name), inode) in Names.Where(n => n.Key.Folder == from).OrderBy(n => n.Key.Name, StringComparer.Ordinal).ToList())
        {
            yield return ($"{path}/{name}", inode);
            if (!Folders.Contains(inode)) continue;
            foreach (var below in Walk(inode, $"{path}/{name}")) yield return below;
        }
    }

    /// <summary>Equal for states that no program can tell apart.</summary>
    public string Fingerprint()
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var (path, inode) in Walk())
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{path}\0{inode}\0"));
            if (Contents.TryGetValue(inode, out var bytes)) hash.AppendData(bytes);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
