// spoolworker reload: has the worker read its configuration again, and returns when that is done or refused. The worker judges it; nothing of the file but the
// socket is looked at here, and where the file cannot be read the usual socket is asked, so that the refusal is in the worker's log and status, too.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Control.Client;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;

namespace SpoolWorker.Commands;

/// <summary>Reloads.</summary>
internal static class ReloadCommand
{
    // A worker that is starting answers when its recovery is over; one reload waits for another.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create(CommonOptions common)
    {
        var form = new OutputFormOptions();
        var command = new Command("reload", "Have the worker read its configuration again: passes, lists, keys, rules, schedules");
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var file = ConfigurationFile.Find(parsed.GetValue(common.Config));
            var (known, needs) = (CommonOptions.Known(), Needs.Of("Control:Socket"));
            var loaded = ConfigurationLoader.Load(file, common.Settings, known, needs);
            var unreadable = loaded.IsRead ? [] : loaded.Faults;
            if (!loaded.IsRead) loaded = ConfigurationLoader.Load(ConfigurationFile.None, common.Settings, known, needs);
            if (loaded.Settings.Control.Socket is not { Length: > 0 } socket) return ExitCode.Told(new Trouble(TroubleKind.NotNow, "Control:Socket is empty, so the worker cannot be asked; send it SIGHUP"));
            var answer = await ControlClient.ReloadAsync(Path.GetFullPath(socket), file.IsNone ? null : Path.GetFullPath(file.Source), Patience, cancellationToken).ConfigureAwait(false);
            // Where its worker listens stands in it.
            if (answer.IsNobody && unreadable.Count > 0) return Refused(unreadable);
            if (answer.IsNobody)
                return ExitCode.Told(new Trouble(TroubleKind.NotNow, $"{answer.Trouble!.Text}: no worker runs there that could be told; it reads its configuration when it starts"));
            if (answer.Value is not { } view) return ExitCode.Told(answer.Trouble!);
            if (form.Of(parsed) == OutputForm.Json) ViewOutput.Print(view, ViewJson.Default.ReloadView);
            else if (view.Reloaded) Console.WriteLine($"{Printable.Text(view.Configuration)} is in force (generation {view.Generation})");
            if (view.Reloaded) return ExitCode.Ok;
            return Refused(view.Reasons);
        });
        return command.WithExamples("""
            spoolworker reload
            systemctl reload spoolworker
            spoolworker reload --json | jq -r '.reasons[]'
            """, """
            Messages that have begun end with the configuration they began with. A file with faults, and a key that needs a restart (spoolworker config explain KEY),
            change nothing. SIGHUP does the same, and tells in the log.

            EXIT CODES:
              0 the configuration is in force   64 wrong usage   65 what listens there is no worker   75 no worker runs, it stops, or does not answer
              77 not permitted   78 refused: the configuration has faults, or needs a restart
            """);
    }

    private static int Refused(IEnumerable<string> reasons)
    {
        Console.Error.WriteLine("spoolworker: not reloaded, and nothing changed:");
        foreach (var reason in reasons) Console.Error.WriteLine($"  {Printable.Text(reason)}");
        return ExitCode.Config;
    }
}
