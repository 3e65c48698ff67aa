// spoolworker explain: why a message is where it is, what comes next, and what would let it go.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Accounting;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Explains messages.</summary>
internal static class ExplainCommand
{
    public static Command Create(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "Message id" };
        var form = new OutputFormOptions("message");
        var command = new Command("explain", "Say why a message is where it is: what passes saw, decided and cost, what comes next") { id };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (!MessageId.TryParse(parsed.GetValue(id).AsSpan(), out var messageId))
            {
                Console.Error.WriteLine($"spoolworker: '{Printable.Text(parsed.GetValue(id)!)}' is not a message id (6-6-2 or 6-11-4 letters and digits)");
                return ExitCode.Usage;
            }
            if (common.Load(parsed, out var exitCode, Needs.Of("Intakes", "Target:Path", "Held", "Corrupt", "Ledger", "Passes", "Engine:TakeFrozen")) is not { } loaded) return exitCode;
            var explained = Explainer.Explain(loaded.Settings, CommonOptions.Known().Passes, messageId);
            foreach (var trouble in explained.Troubles) exitCode = ExitCode.Told(trouble);
            if (form.Of(parsed) is not OutputForm.Text and var asked) ViewOutput.PrintRows(explained.Views, ViewJson.Default.ExplainView, asked);
            else foreach (var view in explained.Views) Print(view);
            if (explained.Views.Count > 0 || exitCode != ExitCode.Ok) return exitCode;
            return ExitCode.Told(new Trouble(TroubleKind.NotFound, $"nothing is known of {messageId}"));
        });
        return command.WithExamples("""
            spoolworker explain 1xVVht-000477-0i
            spoolworker explain 1xVVht-000477-0i --json
            """, """
            What passes saw is what the ledger and the history keep of the last time they judged it.

            EXIT CODES:
              0 told   64 not a message id   66 nothing is known of it   74 reading failed   77 not permitted   78 configuration
            """);
    }

    private static void Print(ExplainView view)
    {
        Console.WriteLine($"{view.Id}: {view.Place}{(view.Directory is { } directory ? $", in {Printable.Text(directory)}" : "")}");
        if (view.Passes.Count > 0)
        {
            Console.WriteLine($"\njudged {Local(view.Judged!)}");
            var table = new AlignedTable("PASS", "DECIDED", "MS", "FOUND");
            foreach (var pass in view.Passes) table.Add(pass.Pass, pass.Decided, pass.Milliseconds.ToString("0.0", CultureInfo.InvariantCulture), Printable.Text(pass.Why ?? string.Join(", ", pass.Found.Select(f => $"{f.Key}={f.Value}"))));
            Console.Write(table);
        }
        foreach (var own in view.RecipientResults ?? [])
            Console.WriteLine($"for {Printable.Text(string.Join(' ', own.Recipients))}: {Printable.Text(string.Join(", ", own.Results.Select(r => $"{r.Key}={r.Value}")))}");
        Console.WriteLine();
        foreach (var recipient in view.Recipients) Console.WriteLine($"  {Printable.Text(recipient.Address)}  {Printable.Text(recipient.Outcome)}");
        foreach (var line in (view.Reason ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)) Console.WriteLine($"  because {Printable.Text(line)}");
        Console.WriteLine($"\nnext: {Printable.Text(view.Next)}{(view.NextTry is { } next ? $", at {Local(next)}" : "")}");
        foreach (var way in view.LetGo) Console.WriteLine($"  {Printable.Text(way)}");
    }

    private static string Local(string time) => View.Moment(time).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
