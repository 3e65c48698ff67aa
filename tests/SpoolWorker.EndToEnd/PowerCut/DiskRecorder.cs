// Follows a process's system calls on a small file system of its own, so that what it did to a directory becomes a list of steps
// with inodes. Only what lies in that directory counts. It depends on nothing of the worker: LMDB's calls are among them. What
// is written through a memory map is not seen; the worker does that to LMDB's lock file only, which no restart reads.
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>Records what happens in a directory.</summary>
internal sealed class DiskRecorder
{
    private const int Page = 4096;
    private readonly string _root;
    private readonly Dictionary<(int Folder, string Name), int> _names = [];
    private readonly Dictionary<int, int> _above = [];
    private readonly Dictionary<int, long> _sizes = [];
    private readonly HashSet<int> _folders = [DiskState.Root];
    private readonly List<DiskStep> _steps = [];
    private Dictionary<int, Descriptor> _open = [];
    private int _lastInode = DiskState.Root;

    /// <summary>Begins with what is there, all of it durable.</summary>
    public DiskRecorder(string root)
    {
        _root = root;
        var contents = new Dictionary<int, byte[]>();
        Read(root, DiskState.Root, contents, []);
        Start = new DiskState(new Dictionary<(int, string), int>(_names), contents, _folders);
    }

    public DiskState Start { get; }

    public IReadOnlyList<DiskStep> Steps => _steps;

    /// <summary>Where a descriptor leads: an inode of ours, or a path elsewhere.</summary>
    private sealed record Descriptor(int? Inode, string Path, bool Appends = false, bool WritesThrough = false)
    {
        public long Position { get; set; }
    }

    private readonly record struct Place(int? Folder, string Name, int? Inode, string Path);

    /// <summary>Adds all that one process did.</summary>
    public void Add(IReadOnlyList<Call> calls)
    {
        _open = [];
        var begun = new Dictionary<Call, (int Steps, Descriptor? First, Descriptor? Second)>();
        var events = calls.Select(c => (At: c.Start, IsEnd: false, Call: c)).Concat(calls.Where(c => c.End != int.MaxValue).Select(c => (At: c.End, IsEnd: true, Call: c)));
        foreach (var (_, isEnd, call) in events.OrderBy(e => e.At).ThenBy(e => e.IsEnd))
        {
            if (!isEnd)
            {
                begun[call] = (_steps.Count, Of(call, 0), Of(call, 2));
                // Another thread may get its number before this one returns.
                if (call.Name == "close") _open.Remove(call.Fd(0));
                continue;
            }
            if (call.Result is null or < 0) continue;
            var (steps, first, second) = begun[call];
            Do(call, steps, first, second);
        }
        foreach (var call in calls.Where(c => c.End == int.MaxValue)) DoIfDone(call, begun[call].First, begun[call].Second);
    }

    private Descriptor? Of(Call call, int argument) => call.Arguments.Count > argument ? _open.GetValueOrDefault(call.Fd(argument)) : null;

    // The process was killed in it: whether it was done is to be seen on the disk, where nobody has been since. Syncs were not, as far as
    // anybody knows, nor is what was written through.
    private void DoIfDone(Call call, Descriptor? first, Descriptor? second)
    {
        var isDone = call.Name switch
        {
            "unlink" or "rename" => IsGone(Walk(null, call.Text(0))),
            "unlinkat" or "renameat" or "renameat2" => IsGone(Walk(first, call.Text(1))),
            "mkdir" => IsNew(Walk(null, call.Text(0))),
            "mkdirat" => IsNew(Walk(first, call.Text(1))),
            "openat" when call.Arguments[2].Contains("O_CREAT", StringComparison.Ordinal) => IsNew(Walk(first, call.Text(1))),
            "link" => IsNew(Walk(null, call.Text(1))),
            "linkat" => IsNew(Walk(second, call.Text(3))),
            "write" or "writev" => IsWritten(first, first?.Position ?? 0, call),
            "pwrite64" or "pwritev" or "pwritev2" => IsWritten(first, call.Number(3), call),
            _ => false,
        };
        if (isDone) Do(call with { Result = call.Name.Contains("write", StringComparison.Ordinal) ? call.Bytes(1).Length : 0 }, _steps.Count, first is null ? null : first with { WritesThrough = false }, second);
    }

    private bool IsGone(Place place) => place.Inode is not null && PathOf(place) is { } path && !Posix.Exists(path);

    private bool IsNew(Place place) => place.Inode is null && PathOf(place) is { } path && Posix.Exists(path);

    private bool IsWritten(Descriptor? to, long offset, Call call)
    {
        if (to?.Inode is not { } inode || _names.FirstOrDefault(n => n.Value == inode) is not { Key.Name: { } name } found || PathOf(new Place(found.Key.Folder, name, inode, "")) is not { } path) return false;
        var bytes = call.Bytes(1);
        var there = File.ReadAllBytes(path).AsSpan();
        return there.Length >= offset + bytes.Length && there.Slice((int)offset, bytes.Length).SequenceEqual(bytes);
    }

    private string? PathOf(Place place)
    {
        if (place.Folder is not { } folder) return null;
        var path = $"/{place.Name}";
        for (; folder != DiskState.Root; folder = _above[folder]) path = $"/{_names.First(n => n.Value == folder).Key.Name}{path}";
        return _root + path;
    }

    private void Do(Call call, int covers, Descriptor? first, Descriptor? second)
    {
        switch (call.Name)
        {
            case "open": Open((int)call.Result!, Walk(null, call.Text(0)), call.Arguments[1]); break;
            case "openat": Open((int)call.Result!, Walk(first, call.Text(1)), call.Arguments[2]); break;
            case "creat": Open((int)call.Result!, Walk(null, call.Text(0)), "O_CREAT|O_TRUNC"); break;
            case "dup" or "dup2" or "dup3": Duplicate((int)call.Result!, first); break;
            case "fcntl" when call.Arguments[1].StartsWith("F_DUPFD", StringComparison.Ordinal): Duplicate((int)call.Result!, first); break;
            case "lseek" when first is not null: first.Position = call.Result!.Value; break;
            case "write" or "writev" when first?.Inode is not null:
                Write(first, first.Position, call.Bytes(1), call.Result!.Value);
                first.Position += call.Result!.Value;
                break;
            case "pwrite64" when first?.Inode is not null: Write(first, call.Number(3), call.Bytes(1), call.Result!.Value); break;
            case "pwritev" or "pwritev2" when first?.Inode is not null: Write(first, call.Number(3), call.Bytes(1), call.Result!.Value); break;
            case "ftruncate" when first?.Inode is { } file: SetSize(file, call.Number(1)); break;
            case "mkdir": MakeFolder(Walk(null, call.Text(0))); break;
            case "mkdirat": MakeFolder(Walk(first, call.Text(1))); break;
            case "link": Name(Walk(null, call.Text(0)).Inode, Walk(null, call.Text(1))); break;
            case "linkat": Name(Walk(first, call.Text(1)).Inode, Walk(second, call.Text(3))); break;
            case "unlink": Remove(Walk(null, call.Text(0))); break;
            case "unlinkat": Remove(Walk(first, call.Text(1))); break;
            case "rename": Rename(Walk(null, call.Text(0)), Walk(null, call.Text(1))); break;
            case "renameat" or "renameat2": Rename(Walk(first, call.Text(1)), Walk(second, call.Text(3))); break;
            case "fsync" or "fdatasync" when first?.Inode is { } synced: _steps.Add(new SyncStep(synced, covers, call.Name == "fdatasync")); break;
            case "syncfs" when first?.Inode is not null: _steps.Add(new SyncStep(null, covers, false)); break;
            case "sync": _steps.Add(new SyncStep(null, covers, false)); break;
            case "fallocate" or "copy_file_range" or "sendfile" or "symlink" or "symlinkat" or "rmdir" or "truncate" when first?.Inode is not null || second?.Inode is not null:
                throw new NotSupportedException($"{call.Name} is not recorded");
        }
    }

    private void Open(int fd, Place place, string flags)
    {
        _open.Remove(fd);
        var inode = place.Inode;
        if (flags.Contains("TMPFILE", StringComparison.Ordinal) && inode is not null) inode = NewFile();
        else if (place is { Inode: null, Folder: { } folder })
        {
            // The rig's own files.
            if (!flags.Contains("O_CREAT", StringComparison.Ordinal)) return;
            inode = NewFile();
            Change([(folder, place.Name, inode)], [folder, inode.Value]);
        }
        else if (inode is { } there && flags.Contains("O_TRUNC", StringComparison.Ordinal) && _sizes[there] > 0) SetSize(there, 0);
        if (inode is null && place.Path.Length == 0) return;
        _open[fd] = new Descriptor(inode, place.Path, flags.Contains("O_APPEND", StringComparison.Ordinal), flags.Contains("SYNC", StringComparison.Ordinal));
    }

    private void Duplicate(int fd, Descriptor? of)
    {
        _open.Remove(fd);
        if (of is not null) _open[fd] = of;
    }

    private int NewFile()
    {
        _sizes[++_lastInode] = 0;
        return _lastInode;
    }

    private void Write(Descriptor to, long offset, byte[] bytes, long written)
    {
        var inode = to.Inode!.Value;
        // Linux: O_APPEND goes before an offset.
        if (to.Appends) offset = _sizes[inode];
        for (var at = 0; at < written;)
        {
            var n = (int)Math.Min(written - at, Page - (offset + at) % Page);
            _steps.Add(new WriteStep(inode, offset + at, bytes[at..(at + n)], offset + at + n > _sizes[inode], to.WritesThrough));
            _sizes[inode] = Math.Max(_sizes[inode], offset + at + n);
            at += n;
        }
    }

    private void SetSize(int inode, long size)
    {
        _steps.Add(new SizeStep(inode, size));
        _sizes[inode] = size;
    }

    private void MakeFolder(Place place)
    {
        if (place.Folder is not { } folder) return;
        var made = ++_lastInode;
        _folders.Add(made);
        _above[made] = folder;
        Change([(folder, place.Name, made)], [folder, made]);
    }

    private void Name(int? inode, Place place)
    {
        if (place.Folder is not { } folder) return;
        Change([(folder, place.Name, inode ?? throw new NotSupportedException("a link to a file that is not recorded"))], [folder, inode.Value]);
    }

    private void Remove(Place place)
    {
        if (place is { Folder: { } folder, Inode: { } inode }) Change([(folder, place.Name, null)], [folder, inode]);
    }

    private void Rename(Place from, Place to)
    {
        if (from is not { Folder: { } old, Inode: { } inode }) return;
        if (_folders.Contains(inode)) _above[inode] = to.Folder!.Value;
        Change([(old, from.Name, null), (to.Folder!.Value, to.Name, inode)], [old, to.Folder.Value, inode]);
    }

    private void Change(IReadOnlyList<(int Folder, string Name, int? Inode)> changes, IReadOnlyList<int> touched)
    {
        foreach (var (folder, name, inode) in changes)
        {
            if (inode is { } there) _names[(folder, name)] = there;
            else _names.Remove((folder, name));
        }
        _steps.Add(new NameStep(changes, touched));
    }

    // From a descriptor, or the current directory, which is the root of ours.
    private Place Walk(Descriptor? from, string path)
    {
        const string OwnFiles = "/proc/self/fd/";
        if (path.StartsWith(OwnFiles, StringComparison.Ordinal)) return new Place(null, "", _open.GetValueOrDefault(int.Parse(path.AsSpan(OwnFiles.Length), System.Globalization.CultureInfo.InvariantCulture))?.Inode, "");
        var (inside, outside) = path.StartsWith('/') ? ((int?)null, "/") : from is null ? (DiskState.Root, "") : (from.Inode, from.Path);
        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            if (step == ".") continue;
            if (inside is not { } folder)
            {
                outside = System.IO.Path.GetFullPath(System.IO.Path.Combine(outside, step));
                if (outside == _root) (inside, outside) = (DiskState.Root, "");
                continue;
            }
            if (step == "..")
            {
                if (folder == DiskState.Root) (inside, outside) = (null, System.IO.Path.GetDirectoryName(_root)!);
                else inside = _above[folder];
                continue;
            }
            int? there = _names.TryGetValue((folder, step), out var found) ? found : null;
            if (i == steps.Length - 1) return new Place(folder, step, there, "");
            if (there is null) return default;
            inside = there;
        }
        return new Place(null, "", inside, outside);
    }

    private void Read(string path, int folder, Dictionary<int, byte[]> contents, Dictionary<ulong, int> known)
    {
        foreach (var entry in Directory.GetFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            Posix.TryStatus(entry, out var status).Should().Be(0);
            // Files at the top are the rig's own.
            if (folder == DiskState.Root && !status.IsDirectory) continue;
            if (!known.TryGetValue(status.Inode, out var inode)) known[status.Inode] = inode = ++_lastInode;
            _names[(folder, System.IO.Path.GetFileName(entry))] = inode;
            if (status.IsDirectory)
            {
                _folders.Add(inode);
                _above[inode] = folder;
                Read(entry, inode, contents, known);
                continue;
            }
            contents[inode] = File.ReadAllBytes(entry);
            _sizes[inode] = status.Size;
        }
    }
}
