// Can the worker's user go on with what is there, and can nobody else look at it? Root looks at it for the worker; mending is root's or the owner's,
// and touches directories and the ledger's files, never a message.
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about owners and modes of the worker's own places.</summary>
internal static class OwnerChecks
{
    private const uint Others = 0b111;

    public static IEnumerable<Finding> All(Settings settings)
    {
        var user = WorkerUser.Of(settings);
        foreach (var (subject, path) in new[] { ("Held:Path", settings.Held.Path), ("Corrupt:Path", settings.Corrupt.Path), ("Ledger:Path", settings.Ledger.Path) })
        {
            if (path.Length == 0 || Posix.TryStatus(Places.Full(path) + "/.", out var status) != 0) continue;
            var full = Places.Full(path);
            var strange = user is null or { Uid: 0 } ? [] : (string[])[.. new[] { full }.Concat(subject == "Ledger:Path" ? FilesOf(full) : []).Where(p => Posix.TryStatus(p, out var s) == 0 && !s.IsSymlink && s.Uid != user.Uid)];
            if (strange.Length > 0)
                yield return HostKinds.FolderOwner.Error(subject, $"{string.Join(", ", strange)}: not of uid {user!.Uid}, as which the worker runs") with { Repair = Posix.EffectiveUser == 0 ? () => Given(strange, user) : null };
            if ((status.Permissions & Others) != 0)
                yield return HostKinds.FolderOpen.Warning(subject, $"{full} has mode {Octal(status.Permissions)}") with { Repair = Posix.EffectiveUser == 0 || Posix.EffectiveUser == status.Uid ? () => Closed(full) : null };
        }
    }

    private static IEnumerable<string> FilesOf(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Given(IReadOnlyList<string> paths, WorkerUser user)
    {
        foreach (var path in paths)
        {
            using var handle = Posix.Open(path, Posix.O_RDONLY);
            // A file with more names than one may be another's, linked to from here.
            if (Posix.Status(handle, path) is { IsRegular: true, Links: > 1 } shared) throw new IOException($"{path} has {shared.Links} names; see which of them is right, and remove the others");
            Posix.SetOwner(handle, user.Uid, user.Gid, path);
        }
        return $"{string.Join(", ", paths)}: given to uid {user.Uid} gid {user.Gid}";
    }

    private static string Closed(string path)
    {
        using var handle = Posix.OpenDirectory(path);
        var mode = Posix.Status(handle, path).Permissions & ~Others;
        Posix.SetMode(handle, mode, path);
        return $"{path} has mode {Octal(mode)} now";
    }

    private static string Octal(uint mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
