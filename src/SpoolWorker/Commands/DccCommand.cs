// spoolworker dcc check: asks dccifd about one message as the pass dcc would, and shows request, answer and what the policy
// would do. Changes nothing: unless --report is given the daemon is asked not to count the message.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Commands.Dcc;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Dcc;
using SpoolWorker.Operations.Json;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>DCC by hand.</summary>
internal static class DccCommand
{
    private const string Examples = """
        spoolworker dcc check message.eml --ip 192.0.2.7 --from a@example.com --rcpt b@example.org
        spoolworker dcc check /var/spool/exim4/input/1xVVht-000477-0i-H --verbose
        spoolworker dcc check - --address '127.0.0.1 10045' --json < message.eml
        """;

    private const string Notes = """
        Settings are those of section Dcc. Exemptions are told, and the daemon is asked all the same.

        EXIT CODES:
          0 the daemon answered   64 usage   65 FILE is no message   66 no FILE   74 FILE cannot be read   75 no proper answer   78 configuration
        """;

    public static Command Create(CommonOptions common) => new Command("dcc", "Distributed Checksum Clearinghouse (bulk mail)") { Check(common) }
        .WithExamples(Examples);

    private static Command Check(CommonOptions common)
    {
        var file = new Argument<string>("FILE") { Description = "A mail message, a -H file with its -D beside it, or - for standard input" };
        var addresses = new Option<string[]>("--address") { Description = "Daemon, instead of Dcc:Address; may be repeated", HelpName = "PATH|'HOST PORT'" };
        addresses.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!ServiceAddress.TryParse(token.Value, out _, out var error)) result.AddError($"--address '{token.Value}': {error}");
            }
        });
        var ip = new Option<string?>("--ip") { Description = "Address of the client", HelpName = "IP" };
        var host = new Option<string?>("--host") { Description = "Name of the client", HelpName = "NAME" };
        var helo = new Option<string?>("--helo") { Description = "What the client said in HELO", HelpName = "NAME" };
        var from = new Option<string?>("--from") { Description = "Envelope sender; <> for the null sender", HelpName = "ADDRESS" };
        var recipients = new Option<string[]>("--rcpt") { Description = "Recipient; may be repeated", HelpName = "ADDRESS" };
        var report = new Option<bool>("--report") { Description = "Let the daemon count the message, as the worker does" };
        var verbose = new Option<bool>("--verbose") { Description = "Show request and answer line by line" };
        var form = new OutputFormOptions();
        var command = new Command("check", "Ask dccifd about a message; show the answer and what the policy would do") { file, addresses, ip, host, helo, from, recipients, report, verbose };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (CheckServices.PassSection<DccOptions>(common, parsed, "Dcc", out var exitCode) is not { } options) return exitCode;
            if (parsed.GetValue(addresses) is { Length: > 0 } given) options.Address = [.. given];
            if (DccOptionsValidator.Faults(options).ToList() is { Count: > 0 } faults) return Fail(ExitCode.Config, [.. faults.Select(f => $"Dcc:{f}")]);
            if (parsed.GetValue(ip) is { } client && !DccClientHost.IsAddress(client)) return Fail(ExitCode.Usage, $"--ip {client}: not an IP address");
            using var message = MessageFile.Open(parsed.GetValue(file)!, out exitCode);
            if (message is null) return exitCode;
            try
            {
                var envelope = new DccEnvelope(parsed.GetValue(ip), parsed.GetValue(host), parsed.GetValue(helo), parsed.GetValue(from), parsed.GetValue(recipients) ?? []);
                var inquiry = await DccInquiry.AskAsync(options, message.Header, message.Body, envelope, parsed.GetValue(report), cancellationToken).ConfigureAwait(false);
                if (form.Of(parsed) == OutputForm.Text) Console.Out.Write(DccCheckText.Of(inquiry, parsed.GetValue(verbose)));
                else ViewOutput.Print(DccViews.Of(inquiry, parsed.GetValue(verbose)), ViewJson.Default.DccView);
                return inquiry.Finding is null ? ExitCode.TemporaryFailure : ExitCode.Ok;
            }
            catch (ArgumentException e)
            {
                return Fail(ExitCode.Usage, e.Message);
            }
            catch (PosixException e)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static int Fail(int code, params string[] messages)
    {
        foreach (var message in messages) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"spoolworker: {message}"));
        return code;
    }
}
