// Finds the Exims that run here, in /proc. Only root's, the Exim user's and our own processes count: anybody may call a process "exim4 -C
// /tmp/mine", and what it names would be given to the exim command by root. Those of other containers do not count either: their paths are not ours.
// A daemon stays in its spool directory; who may not see that (it was setuid) asks the exim command what that configuration has.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Checks;

/// <summary>The Exims that run.</summary>
internal static class EximProcesses
{
    private const string Option = "-C";

    /// <summary>Daemons and queue runners, whatever their spool; those whose spool cannot be known are left out.</summary>
    /// <param name="target">Whose exim command is asked.</param>
    public static IReadOnlyList<EximProcess> Of(TargetOptions target)
    {
        var (spools, found) = (new Dictionary<string, string?>(), new List<EximProcess>());
        var containers = Numbers("self", "NSpid:").Length;
        var users = new HashSet<string> { "0", Text(Posix.EffectiveUser) };
        if (Posix.TryStatus(Places.SpoolOf(Places.TargetPath(target)) + "/.", out var status) == 0) users.Add(Text(status.Uid));
        if (Posix.TryStatus(Places.TargetPath(target) + "/.", out status) == 0) users.Add(Text(status.Uid));
        foreach (var id in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)))
        {
            if (WordsOf(id!) is not { } words || !Numbers(id!, "Uid:").Take(2).Any(users.Contains) || Numbers(id!, "NSpid:").Length != containers) continue;
            var config = ConfigOf(words);
            if (SpoolOf(id!, config, target, spools) is not { } spool || StartOf(id!) is not { } start) continue;
            found.Add(new EximProcess(int.Parse(id!, CultureInfo.InvariantCulture), words, config, spool, start));
        }
        return found;
    }

    private static string[]? WordsOf(string id)
    {
        var words = Read($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !Path.GetFileName(words[0]).StartsWith("exim", StringComparison.Ordinal)) return null;
        return words.Skip(1).Any(w => w is "-bd" or "-bdf" || w.StartsWith("-q", StringComparison.Ordinal)) ? words : null;
    }

    private static string ConfigOf(string[] words)
    {
        var at = Array.FindIndex(words, w => w.StartsWith(Option, StringComparison.Ordinal));
        return at < 0 ? "" : words[at] != Option ? words[at][Option.Length..] : at + 1 < words.Length ? words[at + 1] : "";
    }

    private static string? SpoolOf(string id, string config, TargetOptions target, Dictionary<string, string?> known)
    {
        try
        {
            if (new DirectoryInfo($"/proc/{id}/cwd").LinkTarget is { } directory) return directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to see: asked for below.
        }
        if (known.TryGetValue(config, out var spool)) return spool;
        return known[config] = Asked(target, config) is { } asked ? EximVersion.Setting(asked, "spool_directory") : null;
    }

    /// <summary>The exim command with the configuration of a process; null where root must not believe that.</summary>
    public static TargetOptions? Asked(TargetOptions target, string config) =>
        config.Length > 0 && (!config.StartsWith('/') || (Posix.EffectiveUser == 0 && !IsBelieved(config))) ? null : new TargetOptions { Path = target.Path, Exim = target.Exim, EximConfig = config };

    // -C takes a list, of which Exim reads the first that is there: a name that is not there now may be a stranger's file then.
    private static bool IsBelieved(string config) => !config.Contains(':', StringComparison.Ordinal) && Posix.Exists(config) && Trust.FaultOf(config) is null;

    private static DateTimeOffset? StartOf(string id)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
            return process.StartTime;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception or IOException)
        {
            // Gone.
            return null;
        }
    }

    // "Uid:	0	0	0	0"
    private static string[] Numbers(string id, string name) =>
        Read($"/proc/{id}/status").Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
