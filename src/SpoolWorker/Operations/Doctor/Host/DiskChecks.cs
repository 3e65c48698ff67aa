// What the file systems of the places promise: that they can be written to, that they keep what was synced. Room and shared devices are
// looked at by DirectoryChecks.
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about file systems.</summary>
internal static class DiskChecks
{
    private static readonly HashSet<string> InMemory = ["tmpfs", "ramfs"], OfNetwork = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "glusterfs", "fuse.sshfs", "fuse.glusterfs"];

    public static IEnumerable<Finding> All(Settings settings)
    {
        var mounts = MountTable.Read();
        foreach (var group in PlacesOf(settings).Select(p => (Place: p, Mount: mounts.Of(Real(DirectoryChecks.Existing(p.Path))))).Where(p => p.Mount is not null).GroupBy(p => p.Mount!.Point))
        {
            var mount = group.First().Mount!;
            var findings = Of(mount, string.Join(", ", group.Select(p => p.Place.Name).Distinct())).ToList();
            if (findings.Count == 0) findings.Add(Finding.Ok(string.Join(", ", group.Select(p => p.Place.Name).Distinct()), $"{mount.Kind} on {mount.Point}"));
            foreach (var finding in findings) yield return finding;
        }
    }

    /// <summary>What is wrong with a file system.</summary>
    /// <param name="mount">The file system.</param>
    /// <param name="subject">The places on it.</param>
    public static IEnumerable<Finding> Of(Mount mount, string subject)
    {
        var shown = $"{mount.Kind} on {mount.Point}";
        if (mount.Options.Contains("ro")) yield return HostKinds.ReadOnly.Error(subject, $"{shown} is mounted read-only");
        if (InMemory.Contains(mount.Kind)) yield return HostKinds.Volatile.Error(subject, $"{shown} is in memory");
        if (OfNetwork.Contains(mount.Kind)) yield return HostKinds.Network.Warning(subject, shown);
        if (mount.Options.Contains("nobarrier") || mount.Options.Contains("barrier=0")) yield return HostKinds.NoBarrier.Warning(subject, $"{shown} is mounted without barriers");
        if (mount.Kind == "ext2" || (mount.Kind == "ext4" && HasJournal(mount.Device) == false)) yield return HostKinds.NoJournal.Warning(subject, $"{shown} has no journal");
    }

    /// <summary>Whether an ext4 has a journal: only then its options name what of the data goes through it (fs/ext4/super.c). Null: not told.</summary>
    public static bool? HasJournal(string device)
    {
        try
        {
            var name = Path.GetFileName(new FileInfo($"/sys/dev/block/{device}").LinkTarget ?? "");
            var options = $"/proc/fs/ext4/{name}/options";
            return name.Length > 0 && File.Exists(options) ? File.ReadLines(options).Any(l => l.StartsWith("data=", StringComparison.Ordinal)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, string Path)> PlacesOf(Settings settings)
    {
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            if (settings.Intakes[i].Path.Length == 0) continue;
            foreach (var path in Places.IntakePaths(settings.Intakes[i])) yield return ($"Intakes:{i}", path);
        }
        if (settings.Target.Path.Length > 0) yield return ("Target:Path", Places.TargetPath(settings.Target));
        foreach (var (name, path) in new[] { ("Held:Path", settings.Held.Path), ("Corrupt:Path", settings.Corrupt.Path), ("Ledger:Path", settings.Ledger.Path) })
            if (path.Length > 0) yield return (name, Places.Full(path));
    }

    private static string Real(string path)
    {
        if (SpoolFolder.TryOpen(path, out var folder) != 0) return path;
        using (folder) return folder!.RealPath() ?? path;
    }
}
