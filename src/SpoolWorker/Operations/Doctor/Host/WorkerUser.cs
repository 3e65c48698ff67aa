// As whom the worker runs: the process, where one runs; else the user its files are made for.
using System.Globalization;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Status;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>A user and its groups.</summary>
/// <param name="Uid">The user.</param>
/// <param name="Gid">Its own group.</param>
/// <param name="Groups">All its groups, that one too.</param>
internal sealed record WorkerUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups)
{
    private const uint Read = 0b100, Pass = 0b001;

    /// <summary>The worker's user; null where nothing tells.</summary>
    public static WorkerUser? Of(Settings settings)
    {
        if (StatusByFiles.WorkerOf(settings.Ledger) is { } process && OfProcess(process) is { } running) return running;
        if (settings.Target.Path.Length == 0 || Posix.TryStatus(Places.TargetPath(settings.Target) + "/.", out _) != 0) return null;
        var made = Places.Ownership(settings.Target);
        return new WorkerUser(made.Uid, made.Gid, [made.Gid, .. Places.GroupsOf(made.Uid)]);
    }

    /// <summary>What keeps it from reading a file: the file itself, or a directory above it; null: nothing.</summary>
    public string? Obstacle(string file)
    {
        if (Uid == 0) return null;
        if (Lacks(file, Read)) return file;
        for (var above = Path.GetDirectoryName(file); above is not null; above = Path.GetDirectoryName(above))
        {
            if (Lacks(above + "/.", Pass)) return above;
        }
        return null;
    }

    // The class of the owner, the group or of all others, and no other, counts (path_resolution(7)).
    private bool Lacks(string path, uint right)
    {
        if (Posix.TryStatus(path, out var status) != 0 || status.IsSymlink) return false;
        var shift = status.Uid == Uid ? 6 : Groups.Contains(status.Gid) ? 3 : 0;
        return ((status.Permissions >> shift) & right) == 0;
    }

    private static WorkerUser? OfProcess(int process)
    {
        try
        {
            var lines = File.ReadLines($"/proc/{process}/status").ToList();
            uint[] Of(string name) => [.. lines.First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => uint.Parse(n, CultureInfo.InvariantCulture))];
            // Real, effective, saved, of the file system.
            var (uid, gid) = (Of("Uid:")[1], Of("Gid:")[1]);
            return new WorkerUser(uid, gid, [gid, .. Of("Groups:")]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
