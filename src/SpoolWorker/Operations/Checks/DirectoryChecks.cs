// Directories: are they there, may we write, do they share a file system where links are expected, is there room, is the
// layout the one Exim has. Looks only; anything that cannot be looked at is a finding of its own, never an exception.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about directories.</summary>
internal static class DirectoryChecks
{
    // Below these a spool fills up while somebody is still being called.
    private const long LowBytes = 256L << 20, LowInodes = 10_000;

    // As Exim makes its own (INPUT_DIRECTORY_MODE).
    private const uint IntakeMode = 0b111_101_000;

    public static IEnumerable<Finding> Intakes(Settings settings)
    {
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            var (intake, subject) = (settings.Intakes[i], $"Intakes:{i}");
            if (intake.Path.Length == 0) continue;
            var paths = Places.IntakePaths(intake);
            var isPattern = PathPattern.Is(Places.Full(intake.Path));
            if (isPattern) yield return Finding.Ok(subject, paths.Count == 0 ? $"{intake.Path}: no directory matches now; those that come are taken" : $"{intake.Path}: {paths.Count} matching ({Word(intake.Kind)}); those that come are taken");
            foreach (var finding in paths.SelectMany(path => Intake(settings, subject, path, intake.Kind)).Where(f => !isPattern || f.Severity != Severity.Ok)) yield return finding;
        }
    }

    private static IEnumerable<Finding> Intake(Settings settings, string subject, string path, IntakeKind kind)
    {
        if (Posix.TryStatus(path + "/.", out var status) != 0)
        {
            yield return Missing(subject, path, kind, settings.Target);
            yield break;
        }
        if (!Posix.CanWriteInto(path)) yield return PlaceKinds.IntakeUnwritable.Error(subject, $"{path} cannot be written to by uid {Posix.EffectiveUser}: pairs could not be taken out", "run as the Exim user or as root");
        else yield return Finding.Ok(subject, $"{path} ({Word(kind)})");
        var holder = Posix.FlockHolder(status.Inode);
        var own = Posix.TryStatus($"{Places.Full(settings.Ledger.Path)}/lock", out var ownLock) == 0 ? Posix.FlockHolder(ownLock.Inode) : 0;
        if (holder > 0 && holder != own) yield return PlaceKinds.IntakeTaken.Error(subject, $"another worker takes from {path}: {LockHolder.Describe(status.Inode)}", "stop one of them: with two ledgers mail would be sent twice");
        foreach (var finding in OrphansOf(subject, path)) yield return finding;
        foreach (var (name, other) in new[] { ("Target", Places.TargetPath(settings.Target)), ("Held", Places.Full(settings.Held.Path)), ("Corrupt", Places.Full(settings.Corrupt.Path)) })
        {
            if (Device(other) is { } device && device != status.Device)
                yield return PlaceKinds.OtherFileSystem.Warning(subject, $"{path} and {name}:Path are on different file systems: -D is copied, not linked", $"slower, and safe; put {name}:Path on the intake's file system if it matters");
        }
    }

    // An Exim's own is made with its first message, so it is missing for good only where the spool directory is.
    private static Finding Missing(string subject, string path, IntakeKind kind, TargetOptions target)
    {
        if (kind == IntakeKind.Queuefile)
            return PlaceKinds.IntakeMissing.Error(subject, $"{path} is not there{NearbyPaths.Sentence(path)}", "make it, owned by the Exim user, or correct the path") with { Repair = Made(path, target) };
        var spool = Places.SpoolOf(path);
        if (kind == IntakeKind.NamedQueue) spool = Places.SpoolOf(spool);
        return Directory.Exists(spool)
            ? PlaceKinds.IntakeMissing.Warning(subject, $"{path} is not there yet: Exim makes it with its first message{(kind == IntakeKind.NamedQueue ? " of the queue" : "")}, and the worker takes it up then{NearbyPaths.Sentence(path)}", "check the path if mail should have come already")
            : PlaceKinds.IntakeMissing.Error(subject, $"{spool} is not there{NearbyPaths.Sentence(spool)}", "give the receiving Exim's spool_directory (exim -bP spool_directory)");
    }

    // An empty directory where mail is to come; in one that is not there either something else is wrong.
    private static Func<string>? Made(string path, TargetOptions target) => !Directory.Exists(Path.GetDirectoryName(path)) ? null : () =>
    {
        var owner = Directory.Exists(Places.TargetPath(target)) ? Places.Ownership(target) : Places.OwnerOfNew(target);
        using var above = SpoolFolder.Open(Path.GetDirectoryName(path)!);
        Owned.MakeFolder(above, Path.GetFileName(path), owner with { Mode = IntakeMode });
        return string.Create(CultureInfo.InvariantCulture, $"{path} is made, for uid {owner.Uid} gid {owner.Gid}, mode {Convert.ToString(IntakeMode, 8)}");
    };

    private static string Word(IntakeKind kind) => SettingsReader.Dashed(kind.ToString());

    private static IEnumerable<Finding> OrphansOf(string subject, string path)
    {
        Orphans orphans;
        try
        {
            orphans = Orphans.Read(path, TimeProvider.System.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // That it cannot be read is a finding of its own.
            yield break;
        }
        if (orphans.Days + orphans.Old > 0) yield return PlaceKinds.Orphans.Warning(subject, $"{path}: {orphans}", "left by a crash; look at them, and remove those older than a day: nobody takes them");
    }

    public static IEnumerable<Finding> Target(Settings settings)
    {
        const string subject = "Target:Path";
        var path = Places.TargetPath(settings.Target);
        if (settings.Target.Path.Length == 0) yield break;
        if (Posix.TryStatus(path + "/.", out var status) != 0)
        {
            // Else it is a fault of the configuration, and told as one.
            if (Places.TargetFault(settings.Target) is not null) yield break;
            var owner = Places.OwnerOfNew(settings.Target);
            yield return Finding.Ok(subject, string.Create(CultureInfo.InvariantCulture, $"{path} is not there yet: this Exim has taken no message so far; the worker makes it at its start, for uid {owner.Uid} gid {owner.Gid}"));
            yield break;
        }
        var ownership = Places.Ownership(settings.Target);
        var user = Posix.EffectiveUser;
        if (!Posix.CanWriteInto(path)) yield return PlaceKinds.TargetUnwritable.Error(subject, $"{path} cannot be written to by uid {user}", "run as the Exim user or as root");
        else if (user != 0 && user != ownership.Uid)
            yield return PlaceKinds.TargetUnwritable.Error(subject, $"files there must belong to uid {ownership.Uid}, and uid {user} cannot give files away", "run as that user or as root; Exim passes over files of others");
        else yield return Finding.Ok(subject, string.Create(CultureInfo.InvariantCulture, $"{path}, files for uid {ownership.Uid} gid {ownership.Gid}"));
        if (status.Uid != ownership.Uid) yield return PlaceKinds.TargetOwner.Warning(subject, $"{path} belongs to uid {status.Uid}, files are made for uid {ownership.Uid}", "leave Target:Owner empty, or set it to the Exim user");
        if (ownership.Mode != SpoolOwnership.DefaultMode) yield return PlaceKinds.TargetMode.Warning("Target:Mode", $"{settings.Target.Mode} is not Exim's 0640", "leave it at 0640 unless this Exim was built with another SPOOL_MODE");
        if (!Places.IsInSpool(settings.Target))
            yield return PlaceKinds.NoSpool.Warning(subject, $"{path} does not look like an Exim spool's input (no msglog or db beside it, no daemon listens for it)", "give the spool directory of the Exim that delivers; set Target:Exim and Target:EximConfig, so that it can be asked");
        foreach (var finding in Leftovers(settings, path)) yield return finding;
    }

    public static IEnumerable<Finding> Room(Settings settings)
    {
        foreach (var (subject, path) in new[] { ("Target:Path", Places.TargetPath(settings.Target)), ("Ledger:Path", Places.Full(settings.Ledger.Path)) })
        {
            if (Posix.Room(Existing(path)) is not { } room) continue;
            var text = $"{Amount.Size(room.FreeBytes)} free{(room.Inodes > 0 ? $", {room.FreeInodes} inodes" : "")}";
            var low = room.FreeBytes < LowBytes || (room.Inodes > 0 && room.FreeInodes < LowInodes);
            yield return low ? PlaceKinds.DiskLow.Warning(subject, $"{path}: only {text}", $"make room: below {Amount.Size(LowBytes)} or {LowInodes} inodes mail will soon wait in the intakes") : Finding.Ok(subject, $"{path}: {text}");
        }
    }

    public static IEnumerable<Finding> Folders(Settings settings)
    {
        foreach (var (subject, path) in new[] { ("Held:Path", settings.Held.Path), ("Corrupt:Path", settings.Corrupt.Path), ("Ledger:Path", settings.Ledger.Path) })
        {
            var existing = Existing(Places.Full(path));
            if (!Posix.CanWriteInto(existing)) yield return PlaceKinds.FolderUnwritable.Error(subject, $"{existing} cannot be written to by uid {Posix.EffectiveUser}", "give it to the user the worker runs as");
        }
    }

    // hdr.<id>.<tag>: ours are swept at the next start, those of a lost ledger by nobody.
    private static IEnumerable<Finding> Leftovers(Settings settings, string path)
    {
        var tag = LedgerChecks.Tag(settings.Ledger);
        List<string> foreign;
        try
        {
            foreign = [.. new SpoolDirectory(path).FilesStartingWith("hdr.").Where(f => Path.GetFileName(f).Split('.') is [_, var id, var other] && MessageId.TryParse(id.AsSpan(), out _) && other != tag)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }
        if (foreign.Count > 0)
            yield return PlaceKinds.StagedByAnother.Warning("Target:Path", $"{Amount.Of(foreign.Count, "staged file")} of another ledger, such as {foreign[0]}", "if no other worker uses this target, its ledger was lost: remove them together with the -D that has no -H");
    }

    /// <summary>The path, or the nearest directory above it that is there.</summary>
    public static string Existing(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent) path = parent;
        return path;
    }

    private static ulong? Device(string path) => path.Length > 0 && Posix.TryStatus(Existing(path) + "/.", out var status) == 0 ? status.Device : null;
}
