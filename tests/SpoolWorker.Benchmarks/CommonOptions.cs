using System.CommandLine;

namespace SpoolWorker.Benchmarks;

/// <summary>Options of several benchmarks.</summary>
internal static class CommonOptions
{
    /// <summary>Below the current directory, which is on a real file system more often than /tmp.</summary>
    public static Option<string> Directory { get; } = new("--directory")
    {
        Description = "Where to work: a directory on a real file system, not in memory",
        HelpName = "DIR",
        DefaultValueFactory = _ => "artifacts/bench",
    };

    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON for programs" };

    public static Option<bool> Keep { get; } = new("--keep") { Description = "Leave the files there" };

    public static Option<string?> Program { get; } = new("--spoolworker")
    {
        Description = "A published spoolworker, or the directory it is in (default: the one built with this, without ReadyToRun)",
        HelpName = "PATH",
    };

    public static Option<int> Number(string name, string description, int value) => new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
}
