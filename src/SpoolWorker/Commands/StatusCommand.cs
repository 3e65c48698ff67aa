// spoolworker status: how the worker is, for people, programs and monitoring systems. Asks the worker; where none listens it tells what the files
// tell. Changes nothing.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Showing;
using SpoolWorker.Configuration;
using SpoolWorker.Control.Client;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Status;

namespace SpoolWorker.Commands;

/// <summary>Tells how the worker is.</summary>
internal static class StatusCommand
{
    // Counting 100,000 messages on a slow disk, with some to spare: monitoring systems give a plugin a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static Needs Wanted => Needs.Of("Control", "Intakes", "Target:Path", "Target:Wake", "Ledger", "Held", "Corrupt", "Metrics");

    // As StatusFigure has them: not asked for them, as every command's start makes this text (a test compares).
    private const string Notes = """
        LIMITS, as NAME=VALUE,NAME=VALUE:
          oldest         time, age of the oldest message in the intakes
          intake         number, messages in the intakes
          deferred       number, deferred messages
          planned        number, messages that wait for the hours of a pass, or the end of its pause
          paused         time, how long the longest pause, or a drain, lasts
          frozen         number, frozen messages
          held           number, held messages
          held-oldest    time, age of the oldest held message
          corrupt        number, corrupt messages
          target         number, messages in the target
          target-oldest  time, age of the oldest message in the target
          scan           time, time since the intakes were last read
          open           number, passes whose service is down
          jobs           number, jobs whose last run failed
          disk           percentage at least, free on the fullest disk
          ledger         percentage, of the ledger in use

        EXIT CODES, as of monitoring plugins:
          0 OK   1 WARNING: a limit of --warn, a pass whose service is down, or a pause   2 CRITICAL: a limit of --critical, no worker, or mail does not go on
          3 UNKNOWN: the worker cannot be asked   64 wrong usage   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var warn = Limits("--warn", "Limits of a warning");
        var critical = Limits("--critical", "Limits of more than a warning");
        var form = new OutputFormOptions();
        var command = new Command("status", "Tell how the worker is: places, passes, jobs, disks; for monitoring systems too") { warn, critical };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.Load(parsed, out var exitCode, Wanted) is not { } loaded) return exitCode;
            var found = await FindAsync(loaded, cancellationToken).ConfigureAwait(false);
            var verdict = StatusVerdict.Of(found.Status, Of(parsed.GetValue(warn)), Of(parsed.GetValue(critical)), found.Unknown);
            if (form.Of(parsed) == OutputForm.Json)
            {
                ViewOutput.Print(found.Status, ViewJson.Default.StatusView);
                foreach (var reason in verdict.Reasons) Console.Error.WriteLine($"spoolworker: {reason}");
            }
            else
            {
                Console.Out.Write(StatusText.Of(found.Status, verdict, TimeProvider.System.GetUtcNow()));
            }
            return (int)verdict.Level;
        });
        return command.WithExamples("""
            spoolworker status                                          how it is
            spoolworker status --warn oldest=15m,held=50 --critical oldest=1h,disk=5%
            spoolworker status --json | jq .places
            """, Notes);
    }

    private static Option<string?> Limits(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "LIMITS" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }] && !Threshold.TryParse(text, out _, out var fault)) result.AddError($"{name}: {fault}");
        });
        return option;
    }

    private static IReadOnlyList<Threshold> Of(string? text) => text is not null && Threshold.TryParse(text, out var thresholds, out _) ? thresholds : [];

    private static async Task<(Operations.Views.Status.StatusView Status, string? Unknown)> FindAsync(LoadedConfiguration loaded, CancellationToken cancellationToken)
    {
        var options = loaded.Settings.Control;
        var asked = options.Socket.Length == 0 ? new Asked(null, true, null) : await ControlClient.StatusAsync(Path.GetFullPath(options.Socket), Patience, cancellationToken).ConfigureAwait(false);
        if (asked.Status is { } status) return (status, null);
        var byFiles = StatusByFiles.Of(loaded.Settings, TimeProvider.System, out var trouble);
        var unknown = asked switch
        {
            { IsNobody: false, Trouble: { } refused } => refused.Text,
            _ when byFiles.Running => $"a worker runs (process {StatusByFiles.WorkerOf(loaded.Settings.Ledger)}) and cannot be asked: {asked.Trouble?.Text ?? "Control:Socket is empty"}",
            _ => trouble?.Text,
        };
        return (byFiles, unknown);
    }
}
