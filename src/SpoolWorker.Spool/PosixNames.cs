// What makes names durable. A file's own sync says nothing of its name, and a name that another process made is no more than
// visible until somebody has synced its directory: who finds it there and relies on it syncs, too.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

public static partial class Posix
{
    /// <summary>Makes the names in a directory durable. Where the directory itself cannot be synced (some file systems say EINVAL,
    /// as Exim's spool_out.c knows) the whole file system is; fails when neither can be.</summary>
    public static void SyncDirectory(string path)
    {
        using var handle = OpenDirectory(path);
        if (fsync(handle) != 0) SyncFileSystem(handle, path);
    }

    /// <summary>Makes the name of a directory durable in the directory above it; of a file system's root there is none.</summary>
    public static void SyncName(string path)
    {
        var above = open($"{path}/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (above >= 0)
        {
            using var handle = new SafeFileHandle(above, ownsHandle: true);
            if (fsync(handle) == 0) return;
        }
        // Passing through a directory does not mean that we may read it; its file system is the same.
        using var own = OpenDirectory(path);
        SyncFileSystem(own, path);
    }
}
