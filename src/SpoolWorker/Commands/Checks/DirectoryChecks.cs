// Directories: are they there, may we write, do they share a file system where links are expected, is there room, is the
// layout the one Exim has. Looks only; anything that cannot be looked at is a finding of its own, never an exception.
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Checks;

/// <summary>Findings about directories.</summary>
internal static class DirectoryChecks
{
    // Below these a spool fills up while somebody is still being called.
    private const long LowBytes = 256L << 20, LowInodes = 10_000;

    public static IEnumerable<Finding> Intakes(Settings settings)
    {
        var target = Device(Places.TargetPath(settings.Target));
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            var subject = $"Intakes:{i}";
            var path = Places.IntakePath(settings.Intakes[i]);
            if (Posix.TryStatus(path + "/.", out var status) != 0)
            {
                yield return settings.Intakes[i].Kind == IntakeKind.NamedQueue
                    ? Finding.Warning(subject, $"{path} is not there yet{NearbyPaths.Sentence(path)}", "Exim makes it with the first message of the queue; check the path if mail should have come already")
                    : Finding.Error(subject, $"{path} is not there{NearbyPaths.Sentence(path)}", "make it, owned by the Exim user, or correct the path");
                continue;
            }
            if (!Posix.CanWriteInto(path)) yield return Finding.Error(subject, $"{path} cannot be written to by uid {Posix.EffectiveUser}: pairs could not be taken out", "run as the Exim user or as root");
            else yield return Finding.Ok(subject, $"{path} ({SettingsReader.Dashed(settings.Intakes[i].Kind.ToString())})");
            foreach (var (name, device) in new[] { ("Target", target), ("Held", Device(Places.Full(settings.Held.Path))), ("Corrupt", Device(Places.Full(settings.Corrupt.Path))) })
            {
                if (device is { } other && other != status.Device)
                    yield return Finding.Warning(subject, $"{path} and {name}:Path are on different file systems: -D is copied, not linked", $"slower, and safe; put {name}:Path on the intake's file system if it matters");
            }
        }
    }

    public static IEnumerable<Finding> Target(Settings settings)
    {
        const string subject = "Target:Path";
        var path = Places.TargetPath(settings.Target);
        if (Posix.TryStatus(path + "/.", out var status) != 0) yield break;
        var ownership = Places.Ownership(settings.Target);
        var user = Posix.EffectiveUser;
        if (!Posix.CanWriteInto(path)) yield return Finding.Error(subject, $"{path} cannot be written to by uid {user}", "run as the Exim user or as root");
        else if (user != 0 && user != ownership.Uid)
            yield return Finding.Error(subject, $"files there must belong to uid {ownership.Uid}, and uid {user} cannot give files away", "run as that user or as root; Exim passes over files of others");
        else yield return Finding.Ok(subject, string.Create(CultureInfo.InvariantCulture, $"{path}, files for uid {ownership.Uid} gid {ownership.Gid}"));
        if (status.Uid != ownership.Uid) yield return Finding.Warning(subject, $"{path} belongs to uid {status.Uid}, files are made for uid {ownership.Uid}", "leave Target:Owner empty, or set it to the Exim user");
        if (ownership.Mode != SpoolOwnership.DefaultMode) yield return Finding.Warning("Target:Mode", $"{settings.Target.Mode} is not Exim's 0640", "leave it at 0640 unless this Exim was built with another SPOOL_MODE");
        var parent = Places.SpoolOf(path);
        if (Path.GetFileName(path) != "input" || !(Directory.Exists($"{parent}/msglog") || Directory.Exists($"{parent}/db")))
            yield return Finding.Warning(subject, $"{path} does not look like an Exim spool's input (no msglog or db beside it)", "give the spool directory of the Exim that delivers; start that Exim once, and it makes them");
        foreach (var finding in Leftovers(settings, path)) yield return finding;
    }

    public static IEnumerable<Finding> Room(Settings settings)
    {
        foreach (var (subject, path) in new[] { ("Target:Path", Places.TargetPath(settings.Target)), ("Ledger:Path", Places.Full(settings.Ledger.Path)) })
        {
            if (Posix.Room(Existing(path)) is not { } room) continue;
            var text = $"{Amount.Size(room.FreeBytes)} free{(room.Inodes > 0 ? $", {room.FreeInodes} inodes" : "")}";
            var low = room.FreeBytes < LowBytes || (room.Inodes > 0 && room.FreeInodes < LowInodes);
            yield return low ? Finding.Warning(subject, $"{path}: only {text}", $"make room: below {Amount.Size(LowBytes)} or {LowInodes} inodes mail will soon wait in the intakes") : Finding.Ok(subject, $"{path}: {text}");
        }
    }

    public static IEnumerable<Finding> Folders(Settings settings)
    {
        foreach (var (subject, path) in new[] { ("Held:Path", settings.Held.Path), ("Corrupt:Path", settings.Corrupt.Path), ("Ledger:Path", settings.Ledger.Path) })
        {
            var existing = Existing(Places.Full(path));
            if (!Posix.CanWriteInto(existing)) yield return Finding.Error(subject, $"{existing} cannot be written to by uid {Posix.EffectiveUser}", "give it to the user the worker runs as");
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
            yield return Finding.Warning("Target:Path", $"{Amount.Of(foreign.Count, "staged file")} of another ledger, such as {foreign[0]}", "if no other worker uses this target, its ledger was lost: remove them together with the -D that has no -H");
    }

    /// <summary>The path, or the nearest directory above it that is there.</summary>
    public static string Existing(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent) path = parent;
        return path;
    }

    private static ulong? Device(string path) => path.Length > 0 && Posix.TryStatus(Existing(path) + "/.", out var status) == 0 ? status.Device : null;
}
