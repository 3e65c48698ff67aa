// Where a command keeps a message that it cannot read twice. It is somebody's mail: nobody else may read it, and it has no name, so that nothing is left of it when the command is killed.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Input;

/// <summary>A file without a name.</summary>
internal static class ScratchFile
{
    private const int OwnerOnly = 0b110_000_000;

    /// <summary>Makes an empty one, open for reading and writing; it is gone with its handle.</summary>
    /// <exception cref="PosixException">None can be made in the directory for temporary files (<c>TMPDIR</c>).</exception>
    public static SafeFileHandle Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"spoolworker-{Guid.NewGuid():N}");
        var errno = Posix.TryOpen(path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, OwnerOnly, out var file);
        if (errno != 0) throw new PosixException(errno, "create", path);
        _ = Posix.TryUnlink(path);
        return file!;
    }
}
