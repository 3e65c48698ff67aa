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
    private const uint ReadRight = 0b100, WriteRight = 0b010, Pass = 0b001;

    /// <summary>The worker's user; null where nothing tells.</summary>
    public static WorkerUser? Of(Settings settings)
    {
        if (StatusByFiles.WorkerOf(settings.Ledger) is { } process && OfProcess(process) is { } running) return running;
        if (settings.Target.Path.Length == 0 || Posix.TryStatus(Places.TargetPath(settings.Target) + "/.", out _) != 0) return null;
        var made = Places.Ownership(settings.Target);
        return new WorkerUser(made.Uid, made.Gid, [made.Gid, .. Places.GroupsOf(made.Uid)]);
    }

    /// <summary>What keeps it from reading a file, or from connecting to a socket, which is to write (unix(7)): the file itself, or a directory above it; null: nothing.</summary>
    public string? Obstacle(string file)
    {
        if (Uid == 0) return null;
        if (Lacks(file, IsSocket(file) ? WriteRight : ReadRight)) return file;
        return Above(file).Concat(File.ResolveLinkTarget(file, returnFinalTarget: true) is { } target ? Above(target.FullName) : []).FirstOrDefault(above => Lacks(above + "/.", Pass));
    }

    /// <summary>Whether a socket is there.</summary>
    public static bool IsSocket(string path) => Posix.TryStatusBehindLinks(path, out var status) == 0 && status.IsSocket;

    private static IEnumerable<string> Above(string path)
    {
        for (var above = Path.GetDirectoryName(path); above is not null; above = Path.GetDirectoryName(above)) yield return above;
    }

    // The class of the owner, the group or of all others, and no other, counts (path_resolution(7)).
    private bool Lacks(string path, uint right)
    {
        if (Posix.TryStatusBehindLinks(path, out var status) != 0) return false;
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
