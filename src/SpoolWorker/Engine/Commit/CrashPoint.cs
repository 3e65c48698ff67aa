// Test hook: SPOOLWORKER_KILL_AT=<step>[:n] makes the process kill itself, with SIGKILL, when a step of the commit
// protocol is reached the n-th time. Off (one read of a constant) when the variable is not set. The steps are those of
// the README's state table.
using System.Diagnostics;
using System.Globalization;

namespace SpoolWorker.Engine.Commit;

/// <summary>Places at which a test can kill the process.</summary>
internal static class CrashPoint
{
    public const string Claimed = "claimed", PassesRun = "passes-run", Staged = "staged", Synced = "synced", Recorded = "recorded",
        Renamed = "renamed", Committed = "committed", HeaderRemoved = "header-removed", Removed = "removed", Recovering = "recovering";

    /// <summary>All steps, in the order a message goes through them.</summary>
    public static readonly IReadOnlyList<string> Steps =
        [Claimed, PassesRun, Staged, Synced, Recorded, Renamed, Committed, HeaderRemoved, Removed, Recovering];

    private static readonly string? Wanted = Environment.GetEnvironmentVariable("SPOOLWORKER_KILL_AT");
    private static int _left = Wanted is not null && Wanted.IndexOf(':') is var colon && colon > 0
        ? int.Parse(Wanted.AsSpan(colon + 1), CultureInfo.InvariantCulture) : 1;

    public static void Reach(string step)
    {
        if (Wanted is null || Wanted.Split(':')[0] != step || Interlocked.Decrement(ref _left) != 0) return;
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
