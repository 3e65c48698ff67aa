// spoolworker show: one message with everything that is known of it. An id is looked for in the intakes, the target, held/
// and corrupt/, and shown wherever it is; a file may lie anywhere and needs no configuration. Changes nothing, takes no lock.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Showing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Shows a message.</summary>
internal static class ShowCommand
{
    private const string Examples = """
        spoolworker show 1xVVht-000477-0i                       wherever it is: intakes, target, held, corrupt
        spoolworker show var/corrupt/1xVVht-000477-0i-H         a file; says where and why it cannot be read
        spoolworker show /var/spool/exim4/input/1xVVht-000477-0i-H --json
        spoolworker show 1xVVht-000477-0i --raw > mail.eml      byte for byte; on a terminal what that would obey is escaped
        """;

    private const string Notes = """
        Bytes that are not printable are shown as \xNN. An id may lie in several places.

        EXIT CODES:
          0 shown   64 neither an id nor a file   65 shown, but -H cannot be read   66 not found   74 reading failed   77 not permitted (what may be read is shown)
          78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var what = new Argument<string>("id|file") { Description = "Message id, or path of a -H file" };
        var headers = new Option<bool>("--headers") { Description = "The header lines alone" };
        var body = new Option<bool>("--body") { Description = "The body alone" };
        var raw = new Option<bool>("--raw") { Description = "The message as it would be sent" };
        var form = new OutputFormOptions("message");
        var command = new Command("show", "Show a message: envelope, variables, recipients and their state, headers") { what, headers, body, raw };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                var parts = (parsed.GetValue(headers) || parsed.GetValue(raw) ? MessagePart.Headers : 0) | (parsed.GetValue(body) || parsed.GetValue(raw) ? MessagePart.Body : 0);
                return Show(common, parsed, parsed.GetValue(what)!, form.Of(parsed), parts);
            }
            catch (PosixException e)
            {
                Console.Error.WriteLine($"spoolworker: {e.Message}");
                return e.Errno is Errno.EACCES or Errno.EPERM ? ExitCode.NoPermission : ExitCode.InputOutput;
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static int Show(CommonOptions common, ParseResult parsed, string what, OutputForm form, MessagePart parts)
    {
        if (!MessageId.TryParse(what.AsSpan(), out var id))
        {
            if (what.Contains('/', StringComparison.Ordinal) || Posix.Exists(what) || what.EndsWith("-H", StringComparison.Ordinal))
            {
                if (Posix.Exists(what)) return Print([FoundMessage.Read("file", Path.GetFullPath(what), [])], form, parts);
                Console.Error.WriteLine($"spoolworker: no file {what}");
                return ExitCode.NoInput;
            }
            Console.Error.WriteLine($"spoolworker: '{Printable.Text(what)}' is neither a message id (6-6-2 or 6-11-4 letters and digits) nor a file");
            return ExitCode.Usage;
        }
        if (common.Load(parsed, out var exitCode, CommonOptions.Places) is not { } loaded) return exitCode;
        var result = MessageSearch.Find(loaded.Settings, id);
        // What lies elsewhere is shown all the same.
        foreach (var trouble in result.Troubles) exitCode = ExitCode.Told(trouble);
        if (result.Messages.Count > 0) return Print(result.Messages, form, parts) is var printed && printed != ExitCode.Ok ? printed : exitCode;
        if (result.Records.Count > 0)
        {
            foreach (var entry in result.Records) Console.Error.WriteLine($"spoolworker: {id} is gone; the ledger says: {(entry.Done.Count > 0 ? string.Join(", ", entry.Done.Select(d => $"{Printable.Text(d.Key)} {d.Value}")) : "it is finished; what became of it is no longer kept (History:Keep)")}");
        }
        else if (exitCode == ExitCode.Ok) Console.Error.WriteLine($"spoolworker: {id} is not in the intakes, the target, {loaded.Settings.Held.Path} or {loaded.Settings.Corrupt.Path}");
        else Console.Error.WriteLine($"spoolworker: {id} is not where this user may look");
        return exitCode != ExitCode.Ok ? exitCode : ExitCode.NoInput;
    }

    private static int Print(IReadOnlyList<FoundMessage> messages, OutputForm form, MessagePart parts)
    {
        if (parts != MessagePart.None)
        {
            // It may lie in several places: of one message there is one.
            if (MessageParts.Print(messages[0], parts)) return ExitCode.Ok;
            Console.Error.WriteLine($"spoolworker: {Printable.Text(messages[0].HeaderPath)}: {(messages[0].Error is { } error ? Printable.Text(error.ToString()) : $"-D {messages[0].BodyFault}")}");
            return ExitCode.DataError;
        }
        if (form == OutputForm.Text) Console.Out.Write(string.Join("\n", messages.Select(m => TextView.Of(m, TimeProvider.System.GetUtcNow()))));
        else ViewOutput.PrintRows(messages.Select(MessageViews.Of), ViewJson.Default.MessageView, form);
        return messages.Any(m => m.Error is not null) ? ExitCode.DataError : ExitCode.Ok;
    }
}
