// Whether a path leads root to something that only root can have put there. Each directory on the way, symlinks followed, and
// the file itself have to be root's and writable by root alone (and root's group). A sticky directory such as /tmp is no
// objection where what lies below it is root's: nobody else can exchange that. What is not there has to be root's to make: it is used later than it is
// looked at. ACLs are not looked at.
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>What root may believe.</summary>
internal static class Trust
{
    private const uint GroupWrite = 0b010_000, OtherWrite = 0b010, Sticky = 0x200;

    // The kernel's own limit of symlinks on one way (ELOOP).
    private const int MostLinks = 40;

    /// <summary>Who else could have put there what the path leads to, with the cure, or could put it there where nothing is; null: nobody.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="owner">A user who may be trusted beside root.</param>
    public static string? FaultOf(string path, uint owner = 0)
    {
        var left = new Stack<string>(path.Split('/').Reverse());
        var (at, links) = ("/", 0);
        if (Posix.TryStatus(at, out var status) != 0) return null;
        while (true)
        {
            if (status.Uid != 0 && status.Uid != owner) return $"{at} belongs to uid {status.Uid}; give it to root, or use a file that only root can change";
            if (!left.TryPop(out var name)) return IsWritableByOthers(status) && !status.IsDirectory ? Writable(at, status) : null;
            if (name is "" or ".") continue;
            var next = name == ".." ? Path.GetDirectoryName(at) ?? "/" : Path.Join(at, name);
            var isThere = Posix.TryStatus(next, out var found) == 0;
            var isSafe = !IsWritableByOthers(status) || (isThere && (status.Permissions & Sticky) != 0 && (found.Uid == 0 || found.Uid == owner));
            if (!isSafe) return Writable(at, status);
            if (!isThere) return null;
            if (!found.IsSymlink)
            {
                (at, status) = (next, found);
                continue;
            }
            if (++links > MostLinks || new FileInfo(next).LinkTarget is not { } to) return null;
            foreach (var part in to.Split('/').Reverse()) left.Push(part);
            if (to.StartsWith('/')) at = "/";
            if (Posix.TryStatus(at, out status) != 0) return null;
        }
    }

    /// <summary>As <see cref="FaultOf"/>, of a directory in which nobody else may make anything either.</summary>
    public static string? FaultOfDirectory(string path, uint owner) =>
        FaultOf(path, owner) ?? (Posix.TryStatus(path + "/.", out var status) == 0 && IsWritableByOthers(status) ? Writable(path, status) : null);

    private static bool IsWritableByOthers(FileStatus status) => (status.Permissions & OtherWrite) != 0 || ((status.Permissions & GroupWrite) != 0 && status.Gid != 0);

    private static string Writable(string path, FileStatus status) =>
        $"others than root may write {path} (mode {Convert.ToString(status.Permissions, 8)}, gid {status.Gid}); chmod go-w it, or use a file that only root can change";
}
