// Turns what an operator writes (a spool directory or its input directory, a user name, an octal mode) into what the
// engine works with.
using System.Runtime.CompilerServices;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>Paths, owners and modes of the settings.</summary>
internal static class Places
{
    private const uint LastMode = 0b111_111_111;

    // Exim's INPUT_DIRECTORY_MODE (config.h.defaults).
    private const uint InputDirectoryMode = 0b111_101_000;

    public static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>The directory with an intake's pairs, there or not; of a pattern see <see cref="IntakePaths"/>.</summary>
    public static string IntakePath(IntakeOptions intake) => intake.Kind == IntakeKind.Queuefile ? Full(intake.Path) : InputOf(intake.Path);

    /// <summary>The directories an intake names now: one, there or not, or of a pattern all that match.</summary>
    /// <param name="intake">The setting.</param>
    /// <param name="looked">Takes the directories in which a new match may appear.</param>
    public static IReadOnlyList<string> IntakePaths(IntakeOptions intake, ICollection<string>? looked = null)
    {
        var full = Full(intake.Path);
        if (!PathPattern.Is(full)) return [IntakePath(intake)];
        looked ??= [];
        var matches = PathPattern.Matches(full, looked);
        if (intake.Kind == IntakeKind.Queuefile) return matches;
        // Beside queues there are db, msglog and others: only what has an input is one.
        foreach (var match in matches.Where(m => Path.GetFileName(m) != Input)) looked.Add(match);
        return [.. matches.Select(match => InputOf(match, mayBeSymlink: false)).Distinct().Where(p => Posix.TryStatus(p, out var status) == 0 && status.IsDirectory)];
    }

    /// <summary>The directory pairs are requeued into, there or not: the spool's <c>input</c>. Found once for these settings.</summary>
    public static string TargetPath(TargetOptions target)
    {
        if (target.Path.Length == 0) return "";
        var key = (target.Path, target.Exim, target.EximConfig);
        if (Resolved.TryGetValue(target, out var known) && known.Key == key) return known.Place;
        var place = InputOf(target.Path);
        // A spool_directory may itself be called `input`; before its first mail only its Exim knows.
        if (place == Full(target.Path) && !LooksLikeSpool(SpoolOf(place)) && IsSpoolOfExim(place, target)) place = $"{place}/{Input}";
        Resolved.AddOrUpdate(target, new ResolvedTarget(key, place));
        return place;
    }

    /// <summary>Why pairs must not be requeued there: no Exim would see them. Null when all is well, or nothing but <c>input</c> is
    /// missing in what is known to be an Exim's spool directory.</summary>
    public static string? TargetFault(TargetOptions target)
    {
        var path = TargetPath(target);
        var spool = SpoolOf(path);
        if (Directory.Exists(path)) return null;
        if (Posix.TryStatus(spool + "/.", out var status) != 0 || !status.IsDirectory)
            return $"no directory {path}. Name the spool directory of the target's Exim (exim -bP spool_directory) or its input directory";
        // An empty directory of root's is more likely the mount point of a spool that is not mounted: the mount would hide the mail.
        var isMountPoint = status.Uid == 0 && !Directory.EnumerateFileSystemEntries(spool).Any();
        var isNamed = path == Full(target.Path);
        if ((isNamed && !isMountPoint) || LooksLikeSpool(spool) || IsSpoolOfExim(spool, target)) return null;
        return $"no directory {path}, and nothing shows that {spool} is an Exim's spool directory: no db, msglog or exim-process.info is in it, no daemon listens for it, " +
            $"and no exim command that is known says so. Set Target:Exim and Target:EximConfig to those of the Exim that delivers, or start it, or make {path}, owned by the Exim user";
    }

    /// <summary>Makes the target's input directory where only that is missing, as Exim would with its first message: owner of the
    /// spool directory (where that is root: <c>Target:Owner</c>, or Exim's own user), mode 0750.</summary>
    /// <remarks>A PosixException names what could not be made. No name <c>input</c> appears before owner and mode are right.</remarks>
    public static void EnsureTarget(TargetOptions target)
    {
        var path = TargetPath(target);
        if (Directory.Exists(path))
        {
            // A process that died may have made it.
            Posix.SyncName(path);
            return;
        }
        if (TargetFault(target) is not null) return;
        var spool = SpoolOf(path);
        var owner = OwnerOfNew(target, spool, InputDirectoryMode);
        using var above = SpoolFolder.Open(spool);
        // Exim may make its own at this very moment: that one stays.
        Owned.MakeFolder(above, Path.GetFileName(path), owner);
    }

    /// <summary>Lets a group look into a directory of our own; without a name nothing changes.</summary>
    /// <returns>The group's number; null without a name.</returns>
    /// <exception cref="PosixException">Only root, or a member of the group, may give it away.</exception>
    public static uint? ShareWith(string path, string group)
    {
        const uint ReadAndPass = 0b101_000;
        if (group.Length == 0 || !TryGroup(group, out var gid)) return null;
        using var handle = Posix.OpenDirectory(Full(path));
        var status = Posix.Status(handle, path);
        if (status.Gid != gid) Posix.SetOwner(handle, Posix.Unchanged, gid, path);
        if ((status.Permissions & ReadAndPass) != ReadAndPass) Posix.SetMode(handle, status.Permissions | ReadAndPass, path);
        return gid;
    }

    /// <summary>Lets the group of <c>Ledger:Group</c> read the ledger: its directory and its file. The lock file stays the worker's, see <see cref="LedgerGlance"/>.</summary>
    /// <exception cref="PosixException">Only root, or a member of the group, may give it away.</exception>
    public static void ShareLedger(LedgerOptions ledger)
    {
        const uint Read = 0b100_000;
        if (ShareWith(ledger.Path, ledger.Group) is not { } group) return;
        var path = MessageLedger.FileOf(ledger);
        using var folder = SpoolFolder.Open(Full(ledger.Path));
        // LMDB's record locks are on the other file: closing this descriptor drops none.
        using var file = folder.OpenFile(Path.GetFileName(path), Posix.O_RDONLY);
        var status = Posix.Status(file, path);
        if (status.Gid != group) Posix.SetOwner(file, Posix.Unchanged, group, path);
        if ((status.Permissions & Read) == 0) Posix.SetMode(file, status.Permissions | Read, path);
    }

    /// <summary>Makes a directory of our own that holds mail or tells of it: not for everybody's eyes, and durable, it and its name.</summary>
    public static void MakePrivate(string path) => Owned.EnsureDirectory(path);

    /// <summary>Exim's spool_directory of the target: what its notifier socket is named after.</summary>
    public static string SpoolOf(string inputPath) => Path.GetDirectoryName(inputPath) ?? "/";

    /// <summary>Whether the target's exim command has the target's spool for its spool_directory.</summary>
    public static bool IsTargetOf(TargetOptions target) => IsSpoolOfExim(SpoolOf(TargetPath(target)), target);

    /// <summary>Whether the target is the input of what looks like an Exim's spool directory, or of one whose Exim says so.</summary>
    public static bool IsInSpool(TargetOptions target) => LooksLikeSpool(SpoolOf(TargetPath(target))) || IsTargetOf(target);

    /// <summary>Owner and mode <see cref="EnsureTarget"/> would give the directory.</summary>
    public static SpoolOwnership OwnerOfNew(TargetOptions target) => OwnerOfNew(target, SpoolOf(TargetPath(target)), InputDirectoryMode);

    /// <summary>Whether two names lead to one file or directory; false when one cannot be looked at.</summary>
    public static bool IsSame(string one, string other) =>
        Posix.TryStatus(one, out var a) == 0 && Posix.TryStatus(other, out var b) == 0 && (a.Device, a.Inode) == (b.Device, b.Inode);

    public static SpoolOwnership Ownership(TargetOptions target)
    {
        TryMode(target.Mode, out var mode);
        var ownership = SpoolOwnership.Of(TargetPath(target), mode);
        if (target.Owner.Length > 0 && TryUser(target.Owner, out var uid)) ownership = ownership with { Uid = uid };
        if (target.Group.Length > 0 && TryGroup(target.Group, out var gid)) ownership = ownership with { Gid = gid };
        return ownership;
    }

    /// <summary>Owner and mode of what is put into <c>held/</c>; lets the group of <c>Held:Group</c> look into it.</summary>
    public static SpoolOwnership HeldOwnership(Settings settings)
    {
        var ownership = Ownership(settings.Target);
        return ShareWith(settings.Held.Path, settings.Held.Group) is { } group ? ownership with { Gid = group } : ownership;
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
    public static string UserName(uint uid) => NameOf("/etc/passwd", uid);

    /// <summary>Name of a group id; the number itself where the host knows no name.</summary>
    public static string GroupName(uint gid) => NameOf("/etc/group", gid);

    /// <summary>The groups that a user is a member of beside its own: Exim's daemon, and what systemd starts as a user, has them too (initgroups(3)).</summary>
    public static IReadOnlyList<uint> GroupsOf(uint uid)
    {
        var name = UserName(uid);
        // "name:x:number:member,member"
        return File.Exists("/etc/group") ? [.. File.ReadLines("/etc/group").Select(l => l.Split(':')).Where(g => g.Length == 4 && g[3].Split(',').Contains(name) && uint.TryParse(g[2], out _)).Select(g => uint.Parse(g[2], System.Globalization.CultureInfo.InvariantCulture))] : [];
    }

    private static string NameOf(string file, uint id)
    {
        var number = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.Split(':') is { Length: > 2 } parts && parts[2] == number) : null;
        return line?.Split(':')[0] ?? number;
    }

    // "name:x:number:…" in both files. Accounts of a directory service are given by number.
    private static bool TryAccount(string file, string name, out uint number)
    {
        if (uint.TryParse(name, out number)) return true;
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal)) : null;
        return line is not null && uint.TryParse(line.Split(':')[2], out number);
    }

    private static SpoolOwnership OwnerOfNew(TargetOptions target, string spool, uint mode)
    {
        var owner = SpoolOwnership.Of(spool, mode);
        if (owner.Uid == 0 && IsSpoolOfExim(spool, target) && EximVersion.Setting(target, "exim_user") is { } user && EximVersion.Setting(target, "exim_group") is { } group
            && TryUser(user, out var eximUid) && TryGroup(group, out var eximGid)) owner = owner with { Uid = eximUid, Gid = eximGid };
        if (target.Owner.Length > 0 && TryUser(target.Owner, out var uid)) owner = owner with { Uid = uid };
        if (target.Group.Length > 0 && TryGroup(target.Group, out var gid)) owner = owner with { Gid = gid };
        return owner;
    }

    // An operator may name the spool directory or its `input`. Exim's is always called that, so what is called otherwise is a
    // spool directory, whether it has taken a message and has an `input` in it or not; or a symlink that leads to an `input`.
    private static string InputOf(string path, bool mayBeSymlink = true)
    {
        var full = Full(path);
        if (Path.GetFileName(full) == Input) return Directory.Exists($"{full}/{Input}") && LooksLikeSpool(full) ? $"{full}/{Input}" : full;
        return mayBeSymlink && !Directory.Exists($"{full}/{Input}") && RealPath(full) is { } real && Path.GetFileName(real) == Input ? real : $"{full}/{Input}";
    }

    private static string? RealPath(string directory)
    {
        if (SpoolFolder.TryOpen(directory, out var folder) != 0) return null;
        using (folder) return folder!.RealPath();
    }

    // What Exim makes with its first message or at a delivery, and the socket of a daemon that has done neither (daemon.c).
    private static bool LooksLikeSpool(string path) =>
        Directory.Exists($"{path}/db") || Directory.Exists($"{path}/msglog") || File.Exists($"{path}/exim-process.info") || HasDaemon(path);

    /// <summary>Whether the daemon of an Exim with this spool directory listens.</summary>
    public static bool HasDaemon(string spool)
    {
        var name = $" @{spool}/exim_daemon_notify";
        try
        {
            return File.ReadLines("/proc/self/net/unix").Any(line => line.TrimEnd('@').EndsWith(name, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsSpoolOfExim(string path, TargetOptions target) =>
        EximVersion.Setting(target, "spool_directory") is { } spool && (spool == path || IsSame(spool + "/.", path + "/."));

    private const string Input = "input";

    private sealed record ResolvedTarget((string Path, string Exim, string EximConfig) Key, string Place);

    private static readonly ConditionalWeakTable<TargetOptions, ResolvedTarget> Resolved = [];
}
