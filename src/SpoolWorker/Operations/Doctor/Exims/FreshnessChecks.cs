// Does the running Exim do what its files say? Files that are newer than its last look at them, a program that was exchanged, a configuration
// that could not be read again. A SIGHUP makes a daemon read anew without a new process; its log tells (DaemonLog).
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Findings about a running Exim and its files.</summary>
internal static class FreshnessChecks
{
    // Times of processes are exact to a hundredth of a second, and a file is written just before a start.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private const int MostIncludes = 200;

    public static IEnumerable<Finding> All(EximScene scene)
    {
        if (scene.Command is not { } command) return [];
        // Then it does not tell its file either.
        if (EximProbe.Ask(command, "-bV") is null)
            return [EximKinds.ConfigurationInvalid.Error("Target:Exim", $"{EximVersion.Command(command)} {(command.EximConfig.Length > 0 ? $"-C {command.EximConfig} " : "")}-bV fails")];
        if (FileOf(command) is not { } file) return [];
        var findings = new List<Finding>();
        if (file == DebianExim.Generated && NewestOf(DebianFiles()) is { } source && source.Time > TimeOf(file))
            findings.Add(EximKinds.GeneratedStale.Warning("Target:Exim", $"{source.Path} is newer than {file}"));
        foreach (var daemon in scene.Delivering.Where(p => p.IsDaemon)) findings.AddRange(Of(daemon, command, file, scene.Setting("log_file_path")));
        return findings;
    }

    /// <summary>The file a command reads; null: not told.</summary>
    public static string? FileOf(TargetOptions command) => EximProbe.Ask(command, "-bP", "config_file")?.Trim() is { } path && path.StartsWith('/') ? path : null;

    private static IEnumerable<Finding> Of(EximProcess daemon, TargetOptions command, string file, string? logFilePath)
    {
        var (told, started) = (DaemonLog.LastStart(logFilePath, daemon.Id, out var isReadable), daemon.Started);
        var read = told > started ? told.Value : started;
        var changed = NewestOf([file, .. Includes(file)]);
        if (changed is { } newer && newer.Time > read + Slack)
            yield return isReadable ? EximKinds.OlderThanConfiguration.Warning("Target:Exim", $"process {daemon.Id} has read it at {Shown(read)}, {newer.Path} was changed at {Shown(newer.Time)}")
                : EximKinds.OlderThanConfiguration.Unknown("Target:Exim", $"process {daemon.Id} was started at {Shown(read)}, {newer.Path} was changed at {Shown(newer.Time)}; whether it has read it since, its log would tell, which cannot be read");
        else yield return Finding.Ok("Target:Exim", $"process {daemon.Id} has read {file} as it is");
        var program = ProgramOf(daemon, command);
        if (program.IsGone || (program.Path is { } path && BornOf(path) > daemon.Started + Slack))
            yield return EximKinds.BinaryReplaced.Warning("Target:Exim", $"process {daemon.Id} was started at {Shown(daemon.Started)}, before {program.Path} as it is now");
    }

    // The link says so itself, where it may be read.
    private static (string? Path, bool IsGone) ProgramOf(EximProcess daemon, TargetOptions command)
    {
        const string Gone = " (deleted)";
        try
        {
            if (new FileInfo($"/proc/{daemon.Id}/exe").LinkTarget is { } link) return link.EndsWith(Gone, StringComparison.Ordinal) ? (link[..^Gone.Length], true) : (link, false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to see.
        }
        return (EximVersion.Command(command), false);
    }

    // `.include` and `.include_if_exists` with a path as it stands; one with a macro in it is Exim's to know.
    private static HashSet<string> Includes(string file)
    {
        var (found, open) = (new HashSet<string>(), new Stack<string>([file]));
        while (open.TryPop(out var at) && found.Count < MostIncludes)
        {
            foreach (var line in Lines(at))
            {
                if (!line.StartsWith(".include", StringComparison.Ordinal) || line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is not [_, var path]) continue;
                path = path.Trim().Trim('"');
                if (path.StartsWith('/') && found.Add(path)) open.Push(path);
            }
        }
        return found;
    }

    private static IEnumerable<string> DebianFiles()
    {
        foreach (var path in new[] { DebianExim.Answers, DebianExim.Template, DebianExim.LocalMacros }) yield return path;
        if (!Directory.Exists(DebianExim.Split)) yield break;
        foreach (var path in Directory.EnumerateFiles(DebianExim.Split, "*", SearchOption.AllDirectories).Where(IsReadByDebian)) yield return path;
    }

    // Its run_parts: what dpkg and editors leave beside a file is passed over.
    private static bool IsReadByDebian(string path)
    {
        const string Ruled = ".rul";
        var name = Path.GetFileName(path);
        return (name.EndsWith(Ruled, StringComparison.Ordinal) ? name[..^Ruled.Length] : name).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
    }

    private static (string Path, DateTimeOffset Time)? NewestOf(IEnumerable<string> paths)
    {
        (string Path, DateTimeOffset Time)? newest = null;
        foreach (var path in paths)
        {
            if (TimeOf(path) is { } time && (newest is null || time > newest.Value.Time)) newest = (path, time);
        }
        return newest;
    }

    private static DateTimeOffset? TimeOf(string path) => File.Exists(path) ? new FileInfo(path).LastWriteTimeUtc : null;

    // A package keeps the time of its files: when this one came here tells.
    private static DateTimeOffset? BornOf(string path) => Posix.TryStatus(path, out var status) == 0 && status.Born > 0 ? DateTimeOffset.UnixEpoch.AddTicks(status.Born / 100) : null;

    private static IEnumerable<string> Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path).Select(l => l.Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Shown(DateTimeOffset time) => Amount.Time(time, TimeProvider.System.GetUtcNow());
}
