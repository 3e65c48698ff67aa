// Files of /etc: each appears whole under its name or not at all, with owner and mode before anybody can read it (Owned.Replace), and each change can be taken back as long as
// the work goes on.
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Init;

/// <summary>Changes to files, with the way back.</summary>
internal sealed class FileChanges
{
    private readonly Stack<Action> _back = [];

    /// <summary>A step that is no file's; <paramref name="back"/> undoes what was done before it threw, too.</summary>
    public void Do(Action step, Action back)
    {
        _back.Push(back);
        step();
    }

    /// <summary>Writes a file, over the one that is there.</summary>
    public void Write(string path, byte[] content, SpoolOwnership rights)
    {
        var (before, had) = (RightsOf(path), Read(path));
        Do(() => Owned.Replace(path, content, rights), () => Restore(path, had, before));
    }

    /// <summary>Removes a file.</summary>
    public void Remove(string path)
    {
        var (before, had) = (RightsOf(path), Read(path));
        if (before is not null) Do(() => Delete(path), () => Restore(path, had, before));
    }

    /// <summary>Makes a directory where none is.</summary>
    /// <returns>Whether it was made.</returns>
    public bool MakeDirectory(string path, SpoolOwnership rights)
    {
        if (Directory.Exists(path)) return false;
        Do(() =>
        {
            Owned.EnsureDirectory(path, rights.Mode);
            using var handle = Posix.OpenDirectory(path);
            Posix.SetOwner(handle, rights.Uid, rights.Gid, path);
            Posix.SetMode(handle, rights.Mode, path);
            Posix.Sync(handle, path);
        }, () => RemoveEmpty(path));
        return true;
    }

    /// <summary>Takes all back, the last first.</summary>
    /// <returns>What could not be taken back.</returns>
    public IReadOnlyList<string> Undo()
    {
        var troubles = new List<string>();
        while (_back.TryPop(out var back))
        {
            try
            {
                back();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                troubles.Add(e.Message);
            }
        }
        return troubles;
    }

    /// <summary>Its bytes; null when it is not there.</summary>
    /// <exception cref="IOException">Something else than a file has its name.</exception>
    public static byte[]? Read(string path)
    {
        if (!Posix.Exists(path)) return null;
        var error = Posix.TryStatusBehindLinks(path, out var status);
        if (error == 0 && status.IsRegular) return File.ReadAllBytes(path);
        throw new IOException($"{path} is {(error != 0 ? "a symlink that leads nowhere" : status.IsDirectory ? "a directory" : "something else")} where a file should be; take it away, and say it again");
    }

    /// <summary>Its owner and mode; null when it is not there.</summary>
    public static SpoolOwnership? RightsOf(string path) => Posix.TryStatus(path, out var status) == 0 ? new SpoolOwnership(status.Uid, status.Gid, status.Permissions) : null;

    /// <summary>Removes a directory that has nothing in it.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool RemoveEmpty(string path)
    {
        if (!Directory.Exists(path)) return true;
        if (Directory.EnumerateFileSystemEntries(path).Any()) return false;
        Directory.Delete(path);
        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
        return true;
    }

    private static void Restore(string path, byte[]? content, SpoolOwnership? rights)
    {
        if (content is null || rights is null) Delete(path);
        else Owned.Replace(path, content, rights);
    }

    private static void Delete(string path)
    {
        if (!Posix.Exists(path)) return;
        Posix.Unlink(path);
        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
    }
}
