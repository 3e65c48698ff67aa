// Turns what an operator writes (a spool directory or its input directory, a user name, an octal mode) into what the
// engine works with.
using SpoolWorker.Engine;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>Paths, owners and modes of the settings.</summary>
internal static class Places
{
    private const uint LastMode = 0b111_111_111;

    public static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>The directory with an intake's pairs.</summary>
    public static string IntakePath(IntakeOptions intake) => intake.Kind == IntakeKind.Queuefile ? Full(intake.Path) : InputOf(intake.Path);

    /// <summary>The directory pairs are requeued into.</summary>
    public static string TargetPath(TargetOptions target)
    {
        if (target.Path.Length == 0) return "";
        var path = InputOf(target.Path);
        // A spool that never saw mail has no input directory yet, but these Exim makes at its first start.
        var isFresh = Path.GetFileName(path) != "input" && (Directory.Exists($"{path}/db") || Directory.Exists($"{path}/msglog") || File.Exists($"{path}/exim-process.info"));
        return isFresh ? $"{path}/input" : path;
    }

    /// <summary>Makes the target's input directory where only that is missing, with the spool directory's owner, as Exim does.</summary>
    public static void EnsureTarget(TargetOptions target)
    {
        const int InputDirectoryMode = 0b111_101_000;
        var path = TargetPath(target);
        if (Directory.Exists(path))
        {
            // A process that died may have made it.
            Posix.SyncName(path);
            return;
        }
        if (!CanMakeTarget(path)) return;
        var owner = SpoolOwnership.Of(SpoolOf(path), InputDirectoryMode);
        var made = Posix.TryMakeDirectory(path, InputDirectoryMode);
        if (made is not 0 and not Errno.EEXIST) throw new PosixException(made, "mkdir", path);
        using var handle = Posix.OpenDirectory(path);
        if (Posix.Status(handle, path).Uid != owner.Uid) Posix.SetOwner(handle, owner.Uid, owner.Gid, path);
        Posix.SyncDirectory(SpoolOf(path));
    }

    /// <summary>True when the directory is an <c>input</c> whose spool directory is there, and is one: an empty directory of root's is
    /// more likely the mount point of a spool that is not mounted, and mail put there would be hidden by the mount.</summary>
    public static bool CanMakeTarget(string path) => Path.GetFileName(path) == "input" && Posix.TryStatus(SpoolOf(path), out var spool) == 0
        && spool.IsDirectory && (spool.Uid != 0 || Directory.EnumerateFileSystemEntries(SpoolOf(path)).Any());

    /// <summary>Makes a directory of our own that holds mail or tells of it: not for everybody's eyes, and durable, it and its name.</summary>
    public static void MakePrivate(string path)
    {
        const int PrivateMode = 0b111_101_000;
        try
        {
            Posix.MakeDirectories(Full(path), PrivateMode);
        }
        catch (PosixException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw new UnauthorizedAccessException(e.Message, e);
        }
    }

    /// <summary>Exim's spool_directory of the target: what its notifier socket is named after.</summary>
    public static string SpoolOf(string inputPath) => Path.GetDirectoryName(inputPath) ?? "/";

    public static SpoolOwnership Ownership(TargetOptions target)
    {
        TryMode(target.Mode, out var mode);
        var ownership = SpoolOwnership.Of(TargetPath(target), mode);
        if (target.Owner.Length > 0 && TryUser(target.Owner, out var uid)) ownership = ownership with { Uid = uid };
        if (target.Group.Length > 0 && TryGroup(target.Group, out var gid)) ownership = ownership with { Gid = gid };
        return ownership;
    }

    public static bool TryMode(string text, out uint mode)
    {
        mode = 0;
        if (text.Length is < 1 or > 5 || text.Any(c => c is < '0' or > '7')) return false;
        mode = Convert.ToUInt32(text, 8);
        return mode <= LastMode;
    }

    public static bool TryUser(string name, out uint uid) => TryAccount("/etc/passwd", name, out uid);

    public static bool TryGroup(string name, out uint gid) => TryAccount("/etc/group", name, out gid);

    /// <summary>Name of a user id; the number itself where the host knows no name.</summary>
    public static string UserName(uint uid)
    {
        var number = uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var line = File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd").FirstOrDefault(l => l.Split(':') is { Length: > 2 } parts && parts[2] == number) : null;
        return line?.Split(':')[0] ?? number;
    }

    // "name:x:number:…" in both files. Accounts of a directory service are given by number.
    private static bool TryAccount(string file, string name, out uint number)
    {
        if (uint.TryParse(name, out number)) return true;
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal)) : null;
        return line is not null && uint.TryParse(line.Split(':')[2], out number);
    }

    // An operator may name the spool directory or its input directory. A spool directory has an `input` in it.
    private static string InputOf(string path)
    {
        var full = Full(path);
        return Path.GetFileName(full) != "input" && Directory.Exists($"{full}/input") ? $"{full}/input" : full;
    }
}
