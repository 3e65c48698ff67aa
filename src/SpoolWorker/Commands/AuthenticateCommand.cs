// spoolworker authenticate: what the pass of that name finds in one message and the header lines it would add. Changes
// nothing. A -H file brings client, HELO and sender along; for a message they are given, or SPF is left out.
using System.CommandLine;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Authentication;
using SpoolWorker.Operations.Json;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Authenticates a message.</summary>
internal static class AuthenticateCommand
{
    private const string Examples = """
        spoolworker authenticate message.eml                       signatures, chain and policy; without a client there is no SPF
        spoolworker authenticate message.eml --ip 192.0.2.1 --helo mail.example.org --from someone@example.org
        spoolworker authenticate /var/spool/exim4/input/1xVVht-000477-0i-H       with what Exim knows of the client
        spoolworker authenticate - --dns 127.0.0.1:5353 --json < message.eml
        """;

    private const string Notes = """
        RESULTS are the words of RFC 8601. oldestPass is the lowest instance from which on all message signatures verify.
        A -H file of mail submitted on this host, or by an authenticated client, is judged as the pass does it: without SPF and DMARC.
        With --ip it is judged as if that client had brought it.

        EXIT CODES:
          0 judged, whatever the result   64 wrong usage, such as no IP address   65 not a message   66 no such file   74 read error
          77 not permitted   78 wrong settings
        """;

    public static Command Create(CommonOptions common)
    {
        var file = new Argument<string>("file") { Description = "Message, a -H file with its -D beside it, or - for standard input" };
        var ip = new Option<string?>("--ip") { Description = "The client's address", HelpName = "ADDRESS" };
        var helo = new Option<string?>("--helo") { Description = "What the client said in HELO or EHLO", HelpName = "NAME" };
        var from = new Option<string?>("--from") { Description = "The envelope sender; empty or <> is the null sender", HelpName = "SENDER" };
        var dns = CheckServices.Dns();
        var form = new OutputFormOptions();
        var command = new Command("authenticate", "Check a message with SPF, DKIM, DMARC and ARC") { file, ip, helo, from, dns };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IPAddress? client = null;
            if (parsed.GetValue(ip) is { } address && !AddressArgument.TryClient(address, out client)) return Fail(ExitCode.Usage, $"--ip '{address}' is no IP address");
            await using var services = CheckServices.Build(common, parsed, parsed.GetValue(dns) ?? [], out var exitCode, "authenticate");
            if (services is null) return exitCode;
            using var message = MessageFile.Open(parsed.GetValue(file)!, out exitCode);
            if (message is null) return exitCode;
            try
            {
                var authenticator = new HandAuthenticator(services.GetRequiredService<AuthenticateOptions>(), services.GetRequiredService<DmarcOptions>(), services.GetRequiredService<Authenticator>());
                var judged = await authenticator.RunAsync(message.Header, message.Body, message.IsPair, new Bringer(client, parsed.GetValue(helo), parsed.GetValue(from)), cancellationToken).ConfigureAwait(false);
                if (form.Of(parsed) == OutputForm.Text) PrintTable(judged.Report, judged.Edits, judged.NotChecked);
                else ViewOutput.Print(AuthenticationViews.Of(judged), ViewJson.Default.AuthenticationView);
                return ExitCode.Ok;
            }
            catch (IOException e)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void PrintTable(AuthenticationReport report, IReadOnlyList<HeaderEdit> edits, string notChecked)
    {
        var table = new AlignedTable("METHOD", "RESULT", "DETAIL");
        if (report.Spf is { } spf) table.Add("spf", Word(spf.Result.Token()), Shown(ReceivedSpf.Comment(spf)));
        else table.Add("spf", "-", notChecked);
        if (report.Guess is { } guess) table.Add("spf guess", Word(guess.Result.Token()), Shown(ReceivedSpf.Comment(guess)));
        if (report.Dkim.Signatures.IsEmpty) table.Add("dkim", Word("none"), "no signature");
        foreach (var s in report.Dkim.Signatures)
            table.Add("dkim", Word(s.Result.Token()), Shown($"d={s.Domain} s={s.Selector} a={s.Algorithm}{(s.Reason.Length > 0 ? $": {s.Reason}" : "")}{(s.IsTesting ? " (test mode)" : "")}{(s.IsAsReceived ? " (with header lines as received)" : "")}"));
        if (report.Dkim.NotLookedAt > 0) table.Add("dkim", "-", $"{report.Dkim.NotLookedAt} more signatures were not looked at (Dkim:MaxSignatures)");
        if (report.Dmarc is { } dmarc) table.Add("dmarc", Word(dmarc.Result.Token()), Shown($"from {(dmarc.Domain.Length > 0 ? dmarc.Domain : "-")}{(dmarc.Policy is { } policy ? $" policy={policy.Token()}" : "")}{(dmarc.Reason.Length > 0 ? $": {dmarc.Reason}" : "")}"));
        if (report.Arc is { } arc) table.Add("arc", Word(ArcWords.Token(arc.State)), Shown(arc.State == ArcState.None ? "no chain" : $"{arc.Highest} sets of {arc.Domains}{(arc.ReasonText.Length > 0 ? $": {arc.ReasonText}" : $", oldest pass {arc.OldestPass}")}"));
        Console.Out.Write(table);
        foreach (var edit in edits.OfType<HeaderEdit.Delete>()) Console.Out.Write($"\nremoved: {Shown(Encoding.Latin1.GetString(edit.Line.Text.Span).TrimEnd('\n'))}\n");
        Console.Out.WriteLine();
        foreach (var edit in edits.OfType<HeaderEdit.AddOnTop>().Reverse()) Console.Out.Write(Lines(edit.Line));
    }

    private static Cell Word(string result) => new(result, result switch
    {
        "pass" => Terminal.Green,
        "fail" or "permerror" => Terminal.Red,
        "softfail" or "temperror" or "policy" => Terminal.Yellow,
        _ => "",
    });

    private static string Shown(string octets) => Printable.Text(Encoding.Latin1.GetBytes(octets));

    // Folding stays as it would be sent.
    private static string Lines(HeaderLine line) => string.Join('\n', Encoding.Latin1.GetString(line.Text.Span).TrimEnd('\n').Split('\n').Select(l => l.StartsWith('\t') ? "\t" + Shown(l[1..]) : Shown(l))) + "\n";

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        return exitCode;
    }
}
