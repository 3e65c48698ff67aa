// spoolworker forget: lets a message id through again. The running worker need not be stopped.
using System.CommandLine;
using System.Text.Json;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Removes a message's records from the ledger.</summary>
internal static class ForgetCommand
{
    public static Command Create(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "Exim's message id" };
        var json = CommonOptions.Json();
        var force = new Option<bool>("--force") { Description = "Even while it is being handed over: it may be sent again, or be there already" };
        var command = new Command("forget", "Forget what was done for a message id, so that a pair of that id is let through again") { id, force, json };
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (common.Load(parsed, out var exitCode, Needs.Of("Ledger")) is not { } loaded) return exitCode;
            if (!MessageId.TryParse(parsed.GetValue(id).AsSpan(), out var parsedId))
            {
                Console.Error.WriteLine($"spoolworker: '{parsed.GetValue(id)}' is not a message id (6-6-2 or 6-11-4 letters and digits)");
                return ExitCode.Usage;
            }
            // Not made by asking: root would leave a ledger behind that the worker may not open.
            if (!MessageLedger.Exists(loaded.Settings.Ledger)) return Unknown(parsedId);
            using var ledger = MessageLedger.Open(loaded.Settings.Ledger);
            if (!parsed.GetValue(force) && ledger.FindAll(parsedId).FirstOrDefault(e => e.Staged.Count > 0) is { } open)
            {
                Console.Error.WriteLine($"spoolworker: {parsedId} is being handed over to {open.Staged[0].Folder}, or was when the worker was killed. Let the worker finish (start it if it does not run), or say --force");
                return ExitCode.TemporaryFailure;
            }
            var forgotten = ledger.Forget(parsedId);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize([.. forgotten], LedgerJson.Default.LedgerEntryArray));
            else foreach (var entry in forgotten) Console.WriteLine($"forgot {entry.Id} of {entry.Intake}: {entry.Done.Count} settled recipients");
            return forgotten.Count > 0 ? ExitCode.Ok : Unknown(parsedId);
        });
        return command.WithExamples("spoolworker forget 1xVVht-000477-0i", """
            EXIT CODES:
              0 forgotten   64 not a message id   66 nothing is known of that id   69 the program's LMDB library is missing
              74 the ledger is damaged, or cannot be read or written   75 being handed over, or the ledger is full or read by too many
              77 not permitted   78 configuration, or the ledger is of a later version
            """);
    }

    private static int Unknown(MessageId id)
    {
        Console.Error.WriteLine($"spoolworker: nothing is known of {id}");
        return ExitCode.NoInput;
    }
}
