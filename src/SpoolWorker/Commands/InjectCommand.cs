// spoolworker inject: a message file becomes a pair in an intake, and is worked on as any other mail.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Injecting;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Puts messages into intakes.</summary>
internal static class InjectCommand
{
    private const string Notes = """
        A Received: line and an id are added, and nothing else. Run it as the Exim user or as root: the files get the owner of the intake.

        EXIT CODES:
          0 it is there   64 wrong usage   65 no message   66 no such file or intake   74 reading or writing failed   75 no room
          77 not permitted   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var file = new Argument<string>("file") { Description = "A mail message, or a -H file with its -D beside it; - for standard input" };
        var from = new Option<string>("--from") { Description = "Envelope sender; '' or <> for the null sender", HelpName = "ADDR", Required = true };
        var to = new Option<string[]>("--to") { Description = "Envelope recipients", HelpName = "ADDR", Required = true, AllowMultipleArgumentsPerToken = true };
        var intake = new Option<string?>("--intake") { Description = "Which of the intakes; the first one where it is not said", HelpName = "DIR" };
        var form = new OutputFormOptions();
        var command = new Command("inject", "Put a message file into an intake") { file, from, to, intake };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var sender = parsed.GetValue(from)! is "<>" ? "" : parsed.GetValue(from)!;
            var recipients = parsed.GetValue(to)!;
            if (recipients.Concat(sender.Length > 0 ? [sender] : []).FirstOrDefault(a => !AddressArgument.IsMailbox(a)) is { } wrong)
            {
                Console.Error.WriteLine($"spoolworker: '{Printable.Text(wrong)}' is no address: one local part and one domain, as in bob@r.example");
                return ExitCode.Usage;
            }
            if (common.Load(parsed, out var exitCode, Needs.Of("Intakes")) is not { } loaded) return exitCode;
            if (Injector.IntakeOf(loaded.Settings, parsed.GetValue(intake), out var trouble) is not { } path) return ExitCode.Told(trouble!);
            using var message = MessageFile.Open(parsed.GetValue(file)!, out exitCode);
            if (message is null) return exitCode;
            if (message.Header.Headers.IsEmpty && message.Body.Length == 0) return ExitCode.Told(new Trouble(TroubleKind.BadData, $"{Printable.Text(parsed.GetValue(file)!)} is empty: there is no message to put into an intake"));
            try
            {
                var injected = new InjectedMessage([.. message.Header.Headers.Where(h => !h.IsDeleted)], message.Body, Encoding.UTF8.GetBytes(sender), [.. recipients.Select(Encoding.UTF8.GetBytes)],
                    Places.UserName(Posix.EffectiveUser), System.Net.Dns.GetHostName());
                var id = Injector.Inject(path, injected, TimeProvider.System);
                Print(new InjectView { Id = id.ToString(), Directory = path, Sender = sender, Recipients = [.. recipients.Select(r => new RecipientView { Address = r })] }, form.Of(parsed));
                return ExitCode.Ok;
            }
            catch (InvalidDataException e)
            {
                return ExitCode.Told(new Trouble(TroubleKind.BadData, $"{Printable.Text(parsed.GetValue(file)!)}: {e.Message}, which no -H can hold; nothing is put anywhere"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return ExitCode.Told(Trouble.Of(e));
            }
        });
        return command.WithExamples("""
            spoolworker inject mail.eml --from alice@sender.example --to bob@r.example
            spoolworker inject - --from '<>' --to bob@r.example carol@r.example --intake /var/spool/exim4/scan < mail.eml
            """, Notes);
    }

    private static void Print(InjectView view, OutputForm form)
    {
        if (form == OutputForm.Json) ViewOutput.Print(view, ViewJson.Default.InjectView);
        else Console.WriteLine($"{view.Id} in {Printable.Text(view.Directory)}");
    }
}
