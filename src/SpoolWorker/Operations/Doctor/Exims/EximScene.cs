// The Exims around a worker as they are now, asked once: the processes, and the command with the configuration that the running one has.
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>The Exims of a worker.</summary>
/// <param name="Settings">The worker's settings.</param>
/// <param name="Running">All that run here.</param>
/// <param name="Spool">The target's spool directory.</param>
internal sealed record EximScene(Settings Settings, IReadOnlyList<EximProcess> Running, string Spool)
{
    /// <summary>Those that deliver from the target.</summary>
    public IReadOnlyList<EximProcess> Delivering => [.. Running.Where(p => p.Spool == Spool)];

    /// <summary>The exim command with the configuration of the target's daemon, and where none runs with the one of the settings; null where there is
    /// no command, or none that is known to be the target's.</summary>
    public TargetOptions? Command
    {
        get
        {
            if (Delivering.FirstOrDefault(p => p.IsDaemon) is { } daemon && EximVersion.Command(Settings.Target) is not null) return EximProcesses.Asked(Settings.Target, daemon.Config);
            return EximVersion.ServingCommand(Settings.Target) is null ? null : Settings.Target;
        }
    }

    public static EximScene Of(Settings settings) => new(settings, EximProcesses.Of(settings.Target), Places.SpoolOf(Places.TargetPath(settings.Target)));

    /// <summary>One main setting of the running configuration; null: not told.</summary>
    public string? Setting(string name) => Command is { } command ? EximVersion.Setting(command, name) : null;
}
