// The version of an Exim, as far as its spool files depend on it: 4.97 brought message ids of 23 characters, which older
// ones do not see at all (exim-facts, part 1).
using System.Globalization;
using SpoolWorker.Options;

namespace SpoolWorker.Engine.Target;

/// <summary>Exim's version number.</summary>
internal readonly record struct EximVersion(int Major, int Minor)
{
    private static readonly string[] UsualPlaces = ["/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim", "/usr/local/sbin/exim"];
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Sees ids of 23 characters.</summary>
    public bool SeesLongIds => Major > 4 || (Major == 4 && Minor >= 97);

    /// <summary>Whether this is an earlier one.</summary>
    public bool IsBefore(EximVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor)) < 0;

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
        // The first line comes before it looks at its configuration, which may be missing where another is given with -C.
        var first = Ask(command, [.. ConfigOf(target), "-bV"]).FirstOrDefault("");
        return first.StartsWith(Lead, StringComparison.Ordinal) && TryParse(first[Lead.Length..], out version) ? version : null;
    }

    /// <summary>The command, when it is known to work on the target's spool: named in the settings, or found and asked for its
    /// spool_directory. Another Exim's command would neither find the messages nor tell the right version.</summary>
    public static string? ServingCommand(TargetOptions target)
    {
        if (Command(target) is not { } command || target.Exim.Length > 0) return Command(target);
        return Setting(target, "spool_directory") == Places.SpoolOf(Places.TargetPath(target)) ? command : null;
    }

    /// <summary>What the target's command says of one of its main settings (-bP), empty where that is; null when there is none to ask, or it does not say.</summary>
    public static string? Setting(TargetOptions target, string name)
    {
        if (Command(target) is not { } command) return null;
        return Ask(command, [.. ConfigOf(target), "-bP", name]).FirstOrDefault(line => line.StartsWith($"{name} =", StringComparison.Ordinal)) is { } line ? line[(name.Length + 2)..].TrimStart() : null;
    }

    /// <summary>How many queue runners the target's daemon starts at most (queue_run_max), 0 for any number; null when its command cannot say,
    /// or when it is an expansion, which the daemon alone knows.</summary>
    public static int? QueueRunMax(TargetOptions target) =>
        ServingCommand(target) is not null && int.TryParse(Setting(target, "queue_run_max"), NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : null;

    private static string[] ConfigOf(TargetOptions target) => target.EximConfig.Length > 0 ? ["-C", Path.GetFullPath(target.EximConfig)] : [];

    private static string[] Ask(string command, params string[] arguments) => AskedCommand.Ask(command, arguments, AnswerTime)?.Output.Split('\n', StringSplitOptions.TrimEntries) ?? [];

    public override string ToString() => $"{Major}.{Minor}";
}
