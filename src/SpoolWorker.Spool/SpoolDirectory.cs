// One directory of spool pairs: an Exim `input/`, flat or split, a named queue's `input/`, queuefile's directory, or our
// own held/ and corrupt/. Finds pairs, names their files; reads only names, never contents. A name that is not a message
// id's is passed over, and so is a one-character name that is no directory itself (a symlink leads into another's spool).
// The operator's path is resolved once, at the first opening; from then on the directory is worked on by descriptor, and
// opened again, by its resolved path and through no symlink, when it was removed and made anew.
// Throws PosixException when the directory itself cannot be read, RefusedPlaceException when it is another of the worker's places.
using System.Text;

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
public sealed class SpoolDirectory(string path, SpoolLayout layout = SpoolLayout.Flat) : IDisposable
{
    // All directories together: 16 split spools with their 62 subdirectories each. What is above it is opened for each use,
    // so that any number of intakes leaves descriptors for messages (the usual hard limit is 4096 or more).
    private const int MostKeptOpen = 1000;
    private static int _keptOpen;

    private readonly Lock _gate = new();
    private readonly Dictionary<char, SpoolFolder> _subfolders = [];
    private SpoolFolder? _top;
    private string? _realPath;

    /// <summary>The directory itself.</summary>
    public string Path { get; } = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>Where new pairs go.</summary>
    public SpoolLayout Layout { get; } = layout;

    /// <summary>What it is to the worker, for people: intake, target, held.</summary>
    public string Name { get; init; } = "directory";

    /// <summary>Whether pairs are taken from it.</summary>
    public bool IsIntake { get; init; }

    /// <summary>The part of the path that an operator gave, which may lead through symlinks; what was only found below it may not, since strangers may
    /// choose and exchange names there. Null: all of it.</summary>
    public string? FixedPart { get; init; }

    /// <summary>Told of each opening, so that no two places are one. Set before the first.</summary>
    public PlaceGuard? Guard { get; set; }

    /// <summary>Opens the directory itself; a share for the caller.</summary>
    public SpoolFolder Open()
    {
        var error = TryOpen(out var folder);
        return error == 0 ? folder! : throw new PosixException(error, "open", Path);
    }

    /// <summary>As <see cref="Open"/>, but returns errno.</summary>
    public int TryOpen(out SpoolFolder? folder)
    {
        lock (_gate)
        {
            folder = null;
            if (_top is null || Posix.TryStatus(_realPath!, out var named) != 0 || !_top.Is(named))
            {
                // Until another one is there, what was it stays known: nobody else's place is to become it by a rename.
                var error = TryOpenAnew(out var opened);
                if (error != 0) return error;
                try
                {
                    Guard?.Enter(this, opened!);
                }
                catch
                {
                    opened!.Dispose();
                    throw;
                }
                Forget();
                _realPath ??= opened!.RealPath() ?? Path;
                _top = opened;
            }
            folder = _top!.Share();
            return 0;
        }
    }

    /// <summary>The folder in which a file of this message lies now, or null; looks in both layouts. A share for the caller.</summary>
    public SpoolFolder? OpenFolderWith(MessageId id, char suffix) => OpenFolderWith(id, suffix, out _);

    /// <summary>As <see cref="OpenFolderWith(MessageId, char)"/>, with what that file is now.</summary>
    public SpoolFolder? OpenFolderWith(MessageId id, char suffix, out FileStatus status)
    {
        status = default;
        using var top = OpenIfThere();
        if (top is null) return null;
        var name = $"{id}-{suffix}";
        if (Layout == SpoolLayout.Flat && top.Exists(name, out status)) return top.Share();
        if (OpenSubfolder(top, id.Subdirectory) is { } subfolder)
        {
            if (subfolder.Exists(name, out status)) return subfolder;
            subfolder.Dispose();
        }
        return Layout == SpoolLayout.Split && top.Exists(name, out status) ? top.Share() : null;
    }

    /// <summary>The name of the folder in which a file of this message lies now, or null.</summary>
    public string? FolderWith(MessageId id, char suffix)
    {
        using var folder = OpenFolderWith(id, suffix);
        return folder?.Path;
    }

    /// <summary>The folder of that name: the directory itself or one of its subdirectories. Null when it is neither, or not there.</summary>
    public SpoolFolder? OpenFolder(string name)
    {
        if (name == Path) return OpenIfThere();
        if (!Contains(name)) return null;
        using var top = OpenIfThere();
        return top is null ? null : OpenSubfolder(top, name[^1]);
    }

    /// <summary>Whether a folder of that name is the directory itself or would be one of its subdirectories.</summary>
    public bool Contains(string name) =>
        name == Path || (name.Length == Path.Length + 2 && name.StartsWith(Path + "/", StringComparison.Ordinal) && char.IsAsciiLetterOrDigit(name[^1]));

    /// <summary>The folder a new pair of this id goes to; null when its subdirectory is not there yet.</summary>
    public SpoolFolder? OpenFolderFor(MessageId id)
    {
        using var top = Open();
        return OpenFolderFor(top, id);
    }

    /// <summary>As <see cref="OpenFolderFor(MessageId)"/>, from the directory that is open already.</summary>
    internal SpoolFolder? OpenFolderFor(SpoolFolder top, MessageId id) => Layout == SpoolLayout.Flat ? top.Share() : OpenSubfolder(top, id.Subdirectory);

    /// <summary>True when any file of that id is here: then the id is taken (facts: the same id twice loses mail).</summary>
    public bool Holds(MessageId id)
    {
        using var top = OpenIfThere();
        return top is not null && Holds(top, id);
    }

    /// <summary>As <see cref="Holds(MessageId)"/>, in the directory that is open already.</summary>
    internal bool Holds(SpoolFolder top, MessageId id)
    {
        if (HoldsAny(top, id)) return true;
        using var subfolder = OpenSubfolder(top, id.Subdirectory);
        return subfolder is not null && HoldsAny(subfolder, id);
    }

    /// <summary>True when that very name is in the directory itself; false only when it surely is not.</summary>
    public bool Has(string name)
    {
        using var top = OpenIfThere();
        return top is not null && top.Exists(name);
    }

    /// <summary>Ids of all messages whose -H is here, in no order; split subdirectories included.</summary>
    /// <param name="unread">Takes what went wrong with subdirectories that cannot be read; without it the first of them ends the look.</param>
    public IEnumerable<MessageId> Messages(ICollection<PosixException>? unread = null) => Names('H', unread);

    /// <summary>Ids that have a file with this suffix ('H', 'D' or 'J').</summary>
    /// <param name="suffix">The suffix.</param>
    /// <param name="unread">As of <see cref="Messages"/>.</param>
    public IEnumerable<MessageId> Names(char suffix, ICollection<PosixException>? unread = null)
    {
        foreach (var folder in OpenFolders(unread))
        {
            var found = new List<MessageId>();
            using (folder) AddNames(folder, suffix, found, unread);
            foreach (var id in found) yield return id;
        }
    }

    /// <summary>Adds what <see cref="Messages"/> names, without a list between: there may be a hundred thousand.</summary>
    /// <param name="ids">Takes them.</param>
    /// <param name="unread">As of <see cref="Messages"/>.</param>
    public void AddMessages(ICollection<MessageId> ids, ICollection<PosixException>? unread = null)
    {
        foreach (var folder in OpenFolders(unread))
        {
            using (folder) AddNames(folder, 'H', ids, unread);
        }
    }

    /// <summary>Full paths of all files whose name starts with a prefix (our staged <c>hdr.</c> files), subdirectories included.</summary>
    public IEnumerable<string> FilesStartingWith(string prefix)
    {
        foreach (var folder in OpenFolders())
        {
            using (folder)
            {
                foreach (var name in NamesStartingWith(folder, prefix)) yield return folder.PathOf(name);
            }
        }
    }

    /// <summary>As <see cref="FilesStartingWith"/>, by the end of the name.</summary>
    public IEnumerable<string> FilesEndingWith(string suffix)
    {
        var bytes = Encoding.ASCII.GetBytes(suffix);
        foreach (var folder in OpenFolders())
        {
            var found = new List<string>();
            using (folder)
            {
                folder.ReadNames((name, _) =>
                {
                    if (name.EndsWith(bytes)) found.Add(Encoding.UTF8.GetString(name));
                });
            }
            foreach (var name in found) yield return folder.PathOf(name);
        }
    }

    /// <summary>The directory and those one-character subdirectories that are there. The caller disposes each.</summary>
    /// <param name="unread">As of <see cref="Messages"/>.</param>
    public IEnumerable<SpoolFolder> OpenFolders(ICollection<PosixException>? unread = null)
    {
        using var top = Open();
        yield return top.Share();
        foreach (var name in SubfolderNames(top))
        {
            SpoolFolder? subfolder = null;
            try
            {
                subfolder = OpenSubfolder(top, name);
            }
            catch (PosixException e) when (unread is not null && e.Errno is not (Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM))
            {
                unread.Add(e);
            }
            if (subfolder is not null) yield return subfolder;
        }
    }

    /// <summary>Split when one-character subdirectories are there and no pair lies on top; else flat, which Exim always finds.</summary>
    public static SpoolLayout DetectLayout(string path)
    {
        using var directory = new SpoolDirectory(path);
        using var top = directory.Open();
        return directory.HasSubfolder(top) && !TopHasPairs(top) ? SpoolLayout.Split : SpoolLayout.Flat;
    }

    /// <summary>Closes what is kept open. The directory may be used again.</summary>
    public void Dispose()
    {
        lock (_gate) Forget();
    }

    internal static List<string> NamesStartingWith(SpoolFolder folder, string prefix)
    {
        var bytes = Encoding.ASCII.GetBytes(prefix);
        var found = new List<string>();
        folder.ReadNames((name, _) =>
        {
            if (name.StartsWith(bytes)) found.Add(Encoding.UTF8.GetString(name));
        });
        return found;
    }

    private void AddNames(SpoolFolder folder, char suffix, ICollection<MessageId> found, ICollection<PosixException>? unread)
    {
        try
        {
            folder.ReadNames((name, _) =>
            {
                if (MessageId.TryParseFileName(name, suffix, out var id)) found.Add(id);
            });
        }
        catch (PosixException e) when (unread is not null && folder.Path != Path)
        {
            // A bad sector: what was read of it is as good as the rest.
            unread.Add(e);
        }
    }

    private SpoolFolder? OpenIfThere() => TryOpen(out var top) switch
    {
        0 => top,
        Errno.ENOENT or Errno.ENOTDIR => null,
        var error => throw new PosixException(error, "open", Path),
    };

    // Null when it is not there or no directory. Looked at by its name in the open directory: one that was exchanged is opened anew.
    private SpoolFolder? OpenSubfolder(SpoolFolder top, char name)
    {
        var text = name.ToString();
        lock (_gate)
        {
            if (_subfolders.TryGetValue(name, out var known))
            {
                if (ReferenceEquals(top, _top) && top.TryStatus(text, out var named) == 0 && known.Is(named)) return known.Share();
                Drop(name, known);
            }
            var error = top.TryOpenFolder(text, out var opened);
            if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP) return null;
            if (error != 0) throw new PosixException(error, "open", top.PathOf(text));
            if (Guard?.TryEnterSubfolder(this, opened!) == false)
            {
                opened!.Dispose();
                return null;
            }
            if (!ReferenceEquals(top, _top) || Volatile.Read(ref _keptOpen) >= MostKeptOpen)
            {
                Guard?.Leave(opened!);
                return opened;
            }
            Interlocked.Increment(ref _keptOpen);
            _subfolders.Add(name, opened!);
            return opened!.Share();
        }
    }

    private int TryOpenAnew(out SpoolFolder? opened)
    {
        if (_realPath is not null) return SpoolFolder.TryOpenReal(_realPath, Path, out opened);
        if (FixedPart is null) return SpoolFolder.TryOpen(Path, out opened);
        var error = SpoolFolder.TryOpen(FixedPart.Length > 0 ? FixedPart : "/", out var above);
        opened = null;
        if (error != 0) return error;
        using (above) return SpoolFolder.TryOpenReal((above!.RealPath() ?? FixedPart) + Path[FixedPart.Length..], Path, out opened);
    }

    private void Forget()
    {
        foreach (var (name, folder) in _subfolders.ToList()) Drop(name, folder);
        if (_top is null) return;
        Guard?.Leave(_top);
        _top.Dispose();
        _top = null;
    }

    private void Drop(char name, SpoolFolder folder)
    {
        _subfolders.Remove(name);
        Interlocked.Decrement(ref _keptOpen);
        Guard?.Leave(folder);
        folder.Dispose();
    }

    private static bool HoldsAny(SpoolFolder folder, MessageId id) => folder.Exists(id.HeaderName) || folder.Exists(id.BodyName) || folder.Exists(id.JournalName);

    private static List<char> SubfolderNames(SpoolFolder top)
    {
        var names = new List<char>();
        top.ReadNames((name, mayBeFolder) =>
        {
            if (mayBeFolder && name.Length == 1 && char.IsAsciiLetterOrDigit((char)name[0])) names.Add((char)name[0]);
        });
        names.Sort();
        return names;
    }

    private bool HasSubfolder(SpoolFolder top)
    {
        foreach (var name in SubfolderNames(top))
        {
            using var subfolder = OpenSubfolder(top, name);
            if (subfolder is not null) return true;
        }
        return false;
    }

    private static bool TopHasPairs(SpoolFolder top)
    {
        var has = false;
        top.ReadNames((name, _) => has = has || MessageId.TryParseFileName(name, 'H', out var _));
        return has;
    }
}
