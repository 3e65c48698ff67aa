// spoolworker audit: what operators did with messages, and what of it waits.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Auditing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Commands;

/// <summary>Shows the audit.</summary>
internal static class AuditCommand
{
    public static Command Create(CommonOptions common)
    {
        var ids = new Argument<string[]>("id") { Description = "Message ids; none: all", Arity = ArgumentArity.ZeroOrMore };
        var since = new Option<string?>("--since") { Description = "Only what was asked for since then: a time ago, as in 2h or 7d, or a date", HelpName = "TIME" };
        var where = new Option<string?>("--where") { Description = "Only what fits a condition (docs/conditions.md): id, recipient, sender of a deletion, age, reason, state", HelpName = "CONDITION" };
        var form = new OutputFormOptions("verb");
        var command = new Command("audit", "Show what operators did with messages: who, when, why, and what came of it") { ids, since, where };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (common.Load(parsed, out var exitCode, Needs.Of("Ledger", "Audit")) is not { } loaded) return exitCode;
            if (!TrySince(parsed.GetValue(since), out var from))
            {
                Console.Error.WriteLine($"spoolworker: --since '{Printable.Text(parsed.GetValue(since)!)}' is neither a time ago (90s, 5m, 2h, 7d) nor a date (2026-11-28, 2026-11-28T14:00Z)");
                return ExitCode.Usage;
            }
            if (!Selection.TryParse(parsed.GetValue(ids) ?? [], parsed.GetValue(where), ConditionNames.OfAudit(() => CommonOptions.Known().Passes), out var selection, out var fault))
            {
                Console.Error.WriteLine($"spoolworker: {Printable.Text(fault)}");
                return ExitCode.Usage;
            }
            try
            {
                var unread = 0;
                Print(AuditReading.Read(loaded.Settings.Ledger, selection, from, TimeProvider.System.GetUtcNow(), () => unread++), form.Of(parsed));
                if (unread > 0) Console.Error.WriteLine($"spoolworker: {Amount.Of(unread, "row")} of the audit cannot be read, as of a later version, whose audit shows {(unread == 1 ? "it" : "them")}");
                return ExitCode.Ok;
            }
            catch (PatternTimeException e)
            {
                return ExitCode.Told(new Trouble(TroubleKind.BadData, $"--where: {e.Message}"));
            }
            catch (IOException e)
            {
                return ExitCode.Told(Trouble.Of(e));
            }
        });
        return command.WithExamples("""
            spoolworker audit                                       all of it, the oldest first; what waits comes last
            spoolworker audit --since 2d --where "recipient = *@r.example and state != done"
            spoolworker audit 1xVVht-000477-0i --json               one message; of a deletion also sender and header lines
            """, """
            Kept for Audit:Keep, in the ledger.

            EXIT CODES:
              0 shown   64 wrong usage   74 the ledger cannot be read   75 the ledger is being written too fast to be read
              77 not permitted   78 configuration, or the ledger is of a later version
            """);
    }

    private static void Print(IEnumerable<AuditView> rows, OutputForm form)
    {
        if (form != OutputForm.Text)
        {
            ViewOutput.PrintRows(rows, ViewJson.Default.AuditView, form);
            return;
        }
        foreach (var row in rows)
        {
            var time = View.Moment(row.Time).ToLocalTime();
            Console.WriteLine($"{time:yyyy-MM-dd HH:mm:ss} {row.Verb}{(row.Id is { } id ? $" {id}" : "")} by {Printable.Text(row.Actor)} ({row.Uid}): {row.State}");
            if (row.Result is { } result) Console.WriteLine($"  {Printable.Text(result)}{(row is { Id: not null, Standing: { } number } ? $", by standing hold {number}" : "")}");
            if (row.File is { } file) Console.WriteLine($"  file: {Printable.Text(file)}");
            if (row.Reason is { } reason) Console.WriteLine($"  reason: {Printable.Text(reason)}");
            if (row.Recipients.Count > 0) Console.WriteLine($"  for {string.Join(", ", row.Recipients.Select(r => Printable.Text(r.Address)))}");
        }
    }

    private static bool TrySince(string? text, out DateTimeOffset from)
    {
        from = DateTimeOffset.MinValue;
        if (text is null) return true;
        if (Duration.TryParse(text, out var ago, out _))
        {
            from = TimeProvider.System.GetUtcNow() - ago;
            return true;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out from);
    }
}
