// The worker's process: does one run, does it answer, has it read the file that was looked at, and does mail wait for it?
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Control.Client;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about the worker.</summary>
internal static class WorkerChecks
{
    private const string Subject = "Ledger:Path";

    // A restart, an update: nobody looks for less.
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(15);

    // Of file times against the worker's.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(20);

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (StatusByFiles.WorkerOf(loaded.Settings.Ledger) is not { } process) return [.. Without(loaded, clock)];
        var findings = new List<Finding> { Finding.Ok(Subject, $"process {process} is the worker") };
        var socket = loaded.Settings.Control.Socket;
        if (socket.Length == 0) return findings;
        var asked = await ControlClient.StatusAsync(Path.GetFullPath(socket), Patience, cancellationToken).ConfigureAwait(false);
        if (asked.Status?.Worker is { } worker) findings.AddRange(Told(worker, loaded));
        // Whom it is not for is refused rightly.
        else if (asked.Trouble is { Kind: not TroubleKind.NotPermitted } trouble) findings.Add(HostKinds.WorkerSilent.Warning("Control:Socket", $"process {process} is the worker, and {trouble.Text}"));
        return findings;
    }

    private static IEnumerable<Finding> Without(LoadedConfiguration loaded, TimeProvider clock)
    {
        var settings = loaded.Settings;
        yield return HostKinds.WorkerNotRunning.Warning(Subject, $"no worker is seen to work with {Places.Full(settings.Ledger.Path)}");
        var survey = new PlaceSurvey(settings, () => settings.Intakes.Where(i => i.Path.Length > 0).SelectMany(i => Places.IntakePaths(i)).Distinct(), clock);
        var waits = survey.Figures.FirstOrDefault(f => f.Place == "intake");
        if (waits is { Oldest: { } oldest } && clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(oldest) is var age && age > MostWait)
            yield return HostKinds.MailWaits.Error("Intakes", $"{Amount.Of(waits.Messages, "message")}{(waits.IsCapped ? " and more" : "")}, the oldest for {Amount.Age((long)age.TotalSeconds)}");
    }

    private static IEnumerable<Finding> Told(WorkerView worker, LoadedConfiguration loaded)
    {
        if (!File.Exists(loaded.Source)) yield break;
        if (File.Exists(worker.Configuration) && !Places.IsSame(worker.Configuration, loaded.Source))
            yield return HostKinds.WorkerElsewhere.Warning("configuration", $"process {worker.Process} has {worker.Configuration}");
        else if (DateTimeOffset.TryParse(worker.ConfigurationRead, System.Globalization.CultureInfo.InvariantCulture, out var read) && new FileInfo(loaded.Source).LastWriteTimeUtc > read + Slack)
            yield return HostKinds.WorkerOlder.Warning("configuration", $"process {worker.Process} has read {loaded.Source} before it was changed");
    }
}
