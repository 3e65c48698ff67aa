// What is told of init, for programs; people get the same in lines.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Keys;
using SpoolWorker.Operations.Views.Tools;

namespace SpoolWorker.Operations.Init;

/// <summary>Views of init.</summary>
internal static class InitReport
{
    private const string Passes = "What does not come by SMTP (cron, the sendmail command) and Exim's own bounces pass the worker by: Exim puts neither into a named queue.";

    /// <summary>Of a plan, before or after it was done.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="done">What came of it; null: it is only shown.</param>
    public static InitView Of(DebianPlan plan, InitDone? done)
    {
        var notes = new List<string> { Passes };
        if (!WorkerUnit.IsThere) notes.Add($"No systemd with {WorkerUnit.Name} is here: {(done is null ? "" : "now ")}start the worker yourself as {DebianExim.User} ('spoolworker run'); until then mail waits in {plan.Intake}.");
        else if (done is { Worker: true }) notes.Add($"{WorkerUnit.Name} is started.");
        if (DebianExim.Daemon() is null) notes.Add("Exim's daemon does not run; it reads its configuration when it is started.");
        if (done is { IsLive: false }) notes.Add("Exim has it already; nothing was to do there.");
        return new InitView
        {
            Done = done is null ? "shown" : "applied",
            Form = plan.Exim.Form,
            Intake = plan.Intake,
            Files = [.. plan.Files.Select(Of)],
            Commands = [.. WorkerUnit.IsThere ? new[] { $"systemctl start {WorkerUnit.Name}" } : [], .. EximMaking.Commands],
            Records = [.. (done?.Records ?? []).Select(Of)],
            Notes = notes,
        };
    }

    /// <summary>Of what was taken back.</summary>
    public static InitView Of(RemovalDone removal) => new()
    {
        Done = "removed",
        Files = [.. removal.Removed.Select(f => new InitFileView { Path = f, Fate = "removed" }), .. removal.Kept.Select(k => k.Split(": ", 2)).Select(k => new InitFileView { Path = k[0], Fate = "kept", Note = k[1] })],
        Commands = [],
        Records = [],
        Notes = removal.Removed.Count == 0 ? ["Nothing of init is here."] : File.Exists(ConfigurationFile.SystemFile) ? [$"{ConfigurationFile.SystemFile} is there: the worker can be run without Exim's part, on what else it names."] : [],
    };

    private static InitFileView Of(PlannedFile file) => new()
    {
        Path = file.Path,
        Fate = file.Fate switch { FileFate.New => "new", FileFate.Changed => "changed", FileFate.Same => "same", _ => "kept" },
        Owner = $"{Places.UserName(file.Rights.Uid)}:{Places.GroupName(file.Rights.Gid)}",
        Mode = "0" + Convert.ToString(file.Rights.Mode, 8).PadLeft(3, '0'),
        Added = file.Added.Length > 0 ? file.Added : null,
        Note = file.Note.Length > 0 ? file.Note : null,
    };

    private static InitRecordView Of(KeyToPublish key) => new() { Name = key.Name, Record = key.Text };
}
