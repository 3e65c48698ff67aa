// Advisory locks on whole files and directories (flock), and who holds one. They end with the process, however it ends.
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

public static partial class Posix
{
    /// <summary>Takes flock's exclusive lock on an open file or directory; it lasts as long as the handle.</summary>
    /// <returns>errno: 0 taken, EAGAIN another holds it, anything else: this file system has no such locks.</returns>
    public static int TryFlock(SafeFileHandle handle)
    {
        const int LOCK_EX = 2, LOCK_NB = 4;
        return flock(handle, LOCK_EX | LOCK_NB) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Gives flock's lock back.</summary>
    public static void Unflock(SafeFileHandle handle)
    {
        const int LOCK_UN = 8;
        _ = flock(handle, LOCK_UN);
    }

    /// <summary>Process that holds a flock on an inode, by /proc/locks; 0 when that cannot be told (another container's).</summary>
    public static int FlockHolder(ulong inode)
    {
        // 3: FLOCK  ADVISORY  WRITE 4711 fd:01:393243 0 EOF
        const int KindField = 1, ProcessField = 4, FileField = 5;
        var wanted = inode.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (var line in File.ReadLines("/proc/locks"))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                // Waiting ones have an arrow in the second field. The device is not compared: btrfs and overlayfs tell others here than to stat.
                if (fields.Length > FileField && fields[KindField] == "FLOCK" && fields[FileField].Split(':') is [_, _, var number] && number == wanted
                    && int.TryParse(fields[ProcessField], NumberStyles.None, CultureInfo.InvariantCulture, out var process)) return process;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // /proc/locks is hidden from us (ProcSubset=pid)
        }
        return 0;
    }
}
