// spoolworker spf: one SPF check by hand, with everything that is known of it. Needs no configuration and no message.
using System.CommandLine;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Authentication;
using SpoolWorker.Operations.Json;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Commands;

/// <summary>Checks SPF.</summary>
internal static class SpfCommand
{
    private const string Examples = """
        spoolworker spf --ip 192.0.2.1 --helo mail.example.org --from someone@example.org
        spoolworker spf --ip 2001:db8::1 --helo mail.example.org --from ''              a bounce: HELO is checked
        spoolworker spf --ip 192.0.2.1 --helo mail --from a@example.org --guess         what Spf:Guess would say; not SPF
        spoolworker spf --ip 192.0.2.1 --helo mail --from a@example.org --dns 127.0.0.1:5353 --json
        """;

    private const string Notes = """
        RESULTS (RFC 7208, 2.6):
          none neutral pass fail softfail temperror permerror

        EXIT CODES:
          0 checked, whatever the result   64 wrong usage, such as no IP address   78 wrong settings
        """;

    public static Command Create(CommonOptions common)
    {
        var ip = new Option<string>("--ip") { Description = "The client's address", Required = true, HelpName = "ADDRESS" };
        var helo = new Option<string>("--helo") { Description = "What the client said in HELO or EHLO", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var from = new Option<string>("--from") { Description = "The envelope sender; empty or <> is the null sender", HelpName = "SENDER", DefaultValueFactory = _ => "" };
        var receiver = new Option<string?>("--receiver") { Description = "Our name, for explanations and header line (default: this host's)", HelpName = "NAME" };
        var guess = new Option<bool>("--guess") { Description = "Evaluate Spf:Guess in place of the published record" };
        var dns = CheckServices.Dns();
        var form = new OutputFormOptions();
        var command = new Command("spf", "Check an address against a sender's SPF policy (RFC 7208)") { ip, helo, from, receiver, guess, dns };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!AddressArgument.TryClient(parsed.GetValue(ip)!, out var client)) return Wrong($"--ip '{parsed.GetValue(ip)}' is no IP address");
            if (parsed.GetResult(helo) is null or { Implicit: true } && parsed.GetResult(from) is null or { Implicit: true }) return Wrong("--from or --helo is needed: one of them has the domain to check");
            await using var services = CheckServices.Build(common, parsed, parsed.GetValue(dns) ?? [], out var exitCode);
            if (services is null) return exitCode;
            var query = new SpfQuery(client, ByteText.FromText(parsed.GetValue(helo)!), ByteText.FromText(parsed.GetValue(from)!), ByteText.FromText(parsed.GetValue(receiver) ?? Dns.GetHostName()));
            var spf = services.GetRequiredService<SpfEvaluator>();
            var outcome = parsed.GetValue(guess) ? await spf.EvaluateGuessAsync(query, cancellationToken) : await spf.EvaluateAsync(query, cancellationToken);
            if (form.Of(parsed) == OutputForm.Text) PrintTable(outcome, parsed.GetValue(guess));
            else ViewOutput.Print(AuthenticationViews.Of(outcome, parsed.GetValue(guess)), ViewJson.Default.SpfView);
            return ExitCode.Ok;
        });
        return command.WithExamples(Examples, Notes);
    }

    private static int Wrong(string what)
    {
        Console.Error.WriteLine($"spoolworker: {what}");
        return ExitCode.Usage;
    }

    private static string Shown(string octets) => Printable.Text(Encoding.Latin1.GetBytes(octets));

    private static void PrintTable(SpfOutcome outcome, bool guess)
    {
        var table = new AlignedTable("", "");
        table.Add("result", new Cell(outcome.Result.Token(), Colour(outcome.Result)));
        table.Add("domain", $"{Shown(outcome.Domain)} ({outcome.Identity.Token()})");
        if (outcome.Mechanism is not null) table.Add("mechanism", outcome.Mechanism);
        if (outcome.Explanation is not null) table.Add("explanation", outcome.Explanation);
        if (outcome.Problem is not null) table.Add("problem", Shown(outcome.Problem));
        Console.Out.Write(table);
        var line = Encoding.Latin1.GetString(ReceivedSpf.Line(outcome, guess ? ReceivedSpf.GuessFieldName : ReceivedSpf.FieldName).Text.Span).TrimEnd('\n');
        // Folding stays as it would be sent.
        Console.Out.WriteLine($"\n{string.Join("\n\t", line.Split("\n\t").Select(Shown))}");
    }

    private static string Colour(SpfResult result) => result switch
    {
        SpfResult.Pass => Terminal.Green,
        SpfResult.Fail or SpfResult.PermError => Terminal.Red,
        SpfResult.SoftFail or SpfResult.TempError => Terminal.Yellow,
        _ => "",
    };
}
