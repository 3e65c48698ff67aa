// The version of an Exim, as far as its spool files depend on it: 4.97 brought message ids of 23 characters, which older
// ones do not see at all (exim-facts, part 1).
using System.Diagnostics;
using System.Globalization;

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

    /// <summary>The version configured or told by the command; null when neither is to be had.</summary>
    public static EximVersion? Of(TargetOptions target)
    {
        if (TryParse(target.EximVersion, out var version)) return version;
        if (Command(target) is not { } command) return null;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, "-bV") { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) return null;
            var first = process.StandardOutput.ReadLineAsync().WaitAsync(AnswerTime).GetAwaiter().GetResult() ?? "";
            if (!process.WaitForExit(AnswerTime)) process.Kill();
            const string Lead = "Exim version ";
            return first.StartsWith(Lead, StringComparison.Ordinal) && TryParse(first[Lead.Length..], out version) ? version : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or TimeoutException)
        {
            return null;
        }
    }

    public override string ToString() => $"{Major}.{Minor}";
}
