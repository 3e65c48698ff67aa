// spoolworker forget: lets a message id through again. The running worker need not be stopped.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Forgetting;
using SpoolWorker.Operations.Json;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Removes a message's records from the ledger.</summary>
internal static class ForgetCommand
{
    public static Command Create(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "Exim's message id" };
        var form = new OutputFormOptions("record");
        var force = new Option<bool>("--force") { Description = "Even while it is being handed over, or still there: it may be sent again, or be there already" };
        var command = new Command("forget", "Forget what was done for a message id, so that a pair of that id is let through again") { id, force };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (common.Load(parsed, out var exitCode, Needs.Of("Intakes", "Held", "Ledger")) is not { } loaded) return exitCode;
            if (!MessageId.TryParse(parsed.GetValue(id).AsSpan(), out var parsedId))
            {
                Console.Error.WriteLine($"spoolworker: '{parsed.GetValue(id)}' is not a message id (6-6-2 or 6-11-4 letters and digits)");
                return ExitCode.Usage;
            }
            var forgotten = Forgetter.Forget(loaded.Settings, parsedId, parsed.GetValue(force));
            if (form.Of(parsed) is not OutputForm.Text and var asked) ViewOutput.PrintRows(forgotten.Records.Select(RecordViews.Of), ViewJson.Default.RecordView, asked);
            else foreach (var entry in forgotten.Records) Console.WriteLine($"forgot {entry.Id} of {entry.Intake}: {(entry.Rows is null ? $"{entry.Done.Count} settled recipients" : "finished")}");
            return forgotten.Trouble is { } trouble ? ExitCode.Told(trouble) : ExitCode.Ok;
        });
        return command.WithExamples("spoolworker forget 1xVVht-000477-0i", """
            EXIT CODES:
              0 forgotten   64 not a message id   66 nothing is known of that id   69 the program's LMDB library is missing
              74 the ledger is damaged, or cannot be read or written   75 being handed over, or still there, or the ledger is full or read by too many
              77 not permitted   78 configuration, or the ledger is of a later version
            """);
    }
}
