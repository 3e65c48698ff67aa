// What else in Exim's configuration brings mail into an intake: wiring by hand, which init did not make and does not undo. As Exim itself has it in force (-bP config), so that what
// is commented out, or in a part that is not read, does not count; then looked for in /etc/exim4, so that it can be said where.
using System.Text.RegularExpressions;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Init;

/// <summary>Finds it.</summary>
internal static partial class HandWiring
{
    // A configuration is some hundred kilobytes.
    private const long MostBytes = 1 << 20;

    /// <summary>Lines in force that name an intake, each with its place; none when Exim does not tell.</summary>
    public static IReadOnlyList<string> Find(IEnumerable<IntakeOptions> intakes)
    {
        var run = ToolRun.Of(DebianExim.Program, ["-bP", "config"]);
        if (!run.IsGood) return [];
        var (queues, directories) = (new List<string>(), new List<string>());
        foreach (var intake in intakes.Where(i => i.Path.Length > 0))
        {
            if (intake.Kind == IntakeKind.NamedQueue) queues.AddRange(Places.IntakePaths(intake).Select(p => Path.GetFileName(Places.SpoolOf(p))));
            else if (intake.Kind == IntakeKind.Queuefile) directories.AddRange(Places.IntakePaths(intake));
        }
        var lines = run.Output.Split('\n', StringSplitOptions.TrimEntries).Where(l => Names(QueueLine().Match(l), queues) || Names(DirectoryLine().Match(l), directories));
        return [.. lines.Distinct().Select(l => $"'{l}' ({Where(l)})")];
    }

    /// <summary>The file and line where a line of Exim's configuration stands; a sentence when it is not found, as where a macro makes it.</summary>
    public static string Where(string line)
    {
        try
        {
            foreach (var file in Directory.EnumerateFiles(DebianExim.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(f => new FileInfo(f).Length <= MostBytes))
            {
                var number = Array.FindIndex(File.ReadAllLines(file), l => l.Trim() == line);
                if (number >= 0) return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{number + 1}");
            }
            return FileChanges.Read(DebianExim.LocalMacros) is { } macros && EximMacros.IsBroken(macros) ? $"{DebianExim.LocalMacros}, in a block of spoolworker that has lost a mark," : $"another file of {DebianExim.Root}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"a file of {DebianExim.Root}";
        }
    }

    // An expansion counts when the name stands in it.
    private static bool Names(Match match, List<string> names) => match.Success && names.Any(n => match.Groups[1].Value == n || Regex.IsMatch(match.Groups[1].Value, $@"(?<![\w/-]){Regex.Escape(n)}(?![\w/-])"));

    [GeneratedRegex(@"^(?:\w+ +)?queue\s*=\s*(.+)$")]
    private static partial Regex QueueLine();

    [GeneratedRegex(@"^directory\s*=\s*(.+)$")]
    private static partial Regex DirectoryLine();
}
