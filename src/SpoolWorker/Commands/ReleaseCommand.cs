// spoolworker release: has Releaser requeue a held message, and prints what became of it.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Releasing;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Requeues held messages.</summary>
internal static class ReleaseCommand
{
    private const string Examples = """
        spoolworker release 1xVVht-000477-0i        let it go; the worker may be running
        spoolworker list --held                     what is held, and why
        """;

    private const string Notes = """
        Recipients that are done already stay done. The pair keeps its id unless the target still holds that id.

        EXIT CODES:
          0 requeued, or a release that died is finished   64 not a message id   65 the pair cannot be read   66 not held
          69 the program's LMDB library is missing   74 the spool failed, or the ledger is damaged   75 in use, or target or ledger cannot be written to now; try again
          77 not permitted   78 configuration, or the ledger is of a later version
        """;

    public static Command Create(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "Message id of the held pair" };
        var form = new OutputFormOptions();
        var command = new Command("release", "Requeue a held message into the target") { id };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.Load(parsed, out var exitCode, Needs.Of("Target", "Held", "Corrupt", "Ledger")) is not { } loaded) return exitCode;
            if (!MessageId.TryParse(parsed.GetValue(id).AsSpan(), out var messageId))
            {
                await Console.Error.WriteLineAsync($"spoolworker: '{parsed.GetValue(id)}' is not a message id (6-6-2 or 6-11-4 letters and digits)").ConfigureAwait(false);
                return ExitCode.Usage;
            }
            try
            {
                var result = await Releaser.ReleaseAsync(loaded.Settings, messageId, cancellationToken).ConfigureAwait(false);
                if (result.Trouble is { } trouble) return ExitCode.Told(trouble);
                Print(result.Released!, form.Of(parsed));
                return ExitCode.Ok;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return ExitCode.Told(Trouble.Of(e));
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void Print(ReleaseView released, OutputForm form)
    {
        if (form == OutputForm.Json) ViewOutput.Print(released, ViewJson.Default.ReleaseView);
        else Console.WriteLine($"released {released.Id}: requeued{(released.NewId == released.Id ? "" : $" as {released.NewId}")} {(released.Directory is { } folder ? $"in {folder}" : "before; what that release had left is removed")}");
    }
}
