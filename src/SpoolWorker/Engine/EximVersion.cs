// The version of an Exim, as far as its spool files depend on it: 4.97 brought message ids of 23 characters, which older
// ones do not see at all (exim-facts, part 1).
using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Configuration;

namespace SpoolWorker.Engine;

/// <summary>Exim's version number.</summary>
internal readonly record struct EximVersion(int Major, int Minor)
{
    private static readonly string[] UsualPlaces = ["/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim", "/usr/local/sbin/exim"];
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Sees ids of 23 characters.</summary>
    public bool SeesLongIds => Major > 4 || (Major == 4 && Minor >= 97);

    public static bool TryParse(string text, out EximVersion version)
    {
        version = default;
        var parts = text.Split('.', '-', '_', ' ');
        if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)) return false;
        version = new EximVersion(major, minor);
        return true;
    }

    /// <summary>The exim command of a target, or null when there is none here.</summary>
    public static string? Command(TargetOptions target) => target.Exim.Length > 0 ? target.Exim : UsualPlaces.FirstOrDefault(File.Exists);

    /// <summary>The version configured or told by the target's command; null when neither is to be had: then nothing may be
    /// assumed of the Exim that uses the target.</summary>
    public static EximVersion? Of(TargetOptions target)
    {
        if (TryParse(target.EximVersion, out var version)) return version;
        if (ServingCommand(target) is not { } command) return null;
        const string Lead = "Exim version ";
        var first = Ask(command, "-bV").FirstOrDefault("");
        return first.StartsWith(Lead, StringComparison.Ordinal) && TryParse(first[Lead.Length..], out version) ? version : null;
    }

    /// <summary>The command, when it is known to work on the target's spool: named in the settings, or found and asked for its
    /// spool_directory. Another Exim's command would neither find the messages nor tell the right version.</summary>
    public static string? ServingCommand(TargetOptions target)
    {
        if (Command(target) is not { } command || target.Exim.Length > 0) return Command(target);
        return Setting(target, "spool_directory") == Places.SpoolOf(Places.TargetPath(target)) ? command : null;
    }

    /// <summary>What the target's command says of one of its main settings (-bP); null when there is none to ask, or it does not say.</summary>
    public static string? Setting(TargetOptions target, string name)
    {
        if (Command(target) is not { } command) return null;
        string[] question = target.EximConfig.Length > 0 ? ["-C", Path.GetFullPath(target.EximConfig), "-bP", name] : ["-bP", name];
        return Ask(command, question).FirstOrDefault(line => line.StartsWith($"{name} = ", StringComparison.Ordinal)) is { } line ? line[(name.Length + 3)..] : null;
    }

    private static string[] Ask(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) return [];
            var answer = process.StandardOutput.ReadToEndAsync().WaitAsync(AnswerTime).GetAwaiter().GetResult();
            if (!process.WaitForExit(AnswerTime)) process.Kill();
            return answer.Split('\n', StringSplitOptions.TrimEntries);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or TimeoutException)
        {
            return [];
        }
    }

    public override string ToString() => $"{Major}.{Minor}";
}
