// The worker's unit, where systemd runs and the package's unit is there; elsewhere the administrator starts the worker himself.
using SpoolWorker.Operations.Exim;

namespace SpoolWorker.Operations.Init;

/// <summary>Starts and stops the worker.</summary>
internal static class WorkerUnit
{
    public const string Name = "spoolworker.service";

    private const string File = $"/lib/systemd/system/{Name}", Systemd = "/run/systemd/system";

    /// <summary>Whether it is systemd's to start.</summary>
    public static bool IsThere => Directory.Exists(Systemd) && System.IO.File.Exists(File);

    /// <summary>Whether it runs.</summary>
    public static bool IsActive => IsThere && ToolRun.Of("systemctl", ["is-active", "--quiet", Name]).IsGood;

    /// <exception cref="CannotMakeException">It does not start.</exception>
    public static void Start() => Call("start");

    /// <exception cref="CannotMakeException">It does not stop.</exception>
    public static void Stop() => Call("stop");

    private static void Call(string verb)
    {
        var run = ToolRun.Of("systemctl", [verb, Name]);
        if (!run.IsGood) throw new CannotMakeException(run, "; 'journalctl -u spoolworker' says why");
    }
}
