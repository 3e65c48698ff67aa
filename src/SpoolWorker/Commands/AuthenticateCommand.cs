// spoolworker authenticate: what the pass of that name finds in one message and the header lines it would add. Changes
// nothing. A -H file brings client, HELO and sender along; for a message they are given, or SPF is left out.
using System.CommandLine;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
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
        var json = CommonOptions.Json();
        var command = new Command("authenticate", "Check a message with SPF, DKIM, DMARC and ARC") { file, ip, helo, from, dns, json };
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
                var header = Described(message.Header, client, parsed.GetValue(helo), parsed.GetValue(from));
                var options = services.GetRequiredService<AuthenticateOptions>();
                var authenticator = services.GetRequiredService<Authenticator>();
                // A message in a file is no submission: its author's policy counts even where nothing is known of the client. Of a pair Exim knows.
                var isSubmission = message.IsPair && Authenticator.IsSubmission(header);
                var report = await authenticator.RunAsync(header, message.Body, options.EffectiveId, isSubmission, cancellationToken).ConfigureAwait(false);
                var notChecked = isSubmission ? "not checked: submitted on this host or by an authenticated client" : "not checked: no client address (--ip)";
                var edits = new AuthenticatePass(options, services.GetRequiredService<DmarcOptions>(), authenticator).Edits(header, report).ToList();
                if (parsed.GetValue(json)) PrintJson(report, edits, notChecked);
                else PrintTable(report, edits, notChecked);
                return ExitCode.Ok;
            }
            catch (IOException e)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static HeaderFile Described(HeaderFile header, IPAddress? client, string? helo, string? from)
    {
        if (client is not null) header = header.WithVariable("host_address", $"[{client}]:25").WithoutVariable("host_auth");
        if (helo is not null) header = header.WithVariable("helo_name", Encoding.UTF8.GetBytes(helo));
        if (from is null) return header;
        var sender = from.Trim();
        if (sender.StartsWith('<') && sender.EndsWith('>')) sender = sender[1..^1];
        return header.WithSender(Encoding.UTF8.GetBytes(sender));
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

    private static void PrintJson(AuthenticationReport report, IReadOnlyList<HeaderEdit> edits, string notChecked) => Json.Print(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("spf");
        json.WriteString("result", report.Spf?.Result.Token() ?? "none");
        json.WriteString("explanation", report.Spf?.Explanation);
        json.WriteString("comment", report.Spf is null ? notChecked : Shown(ReceivedSpf.Comment(report.Spf)));
        if (report.Guess is { } guess) json.WriteString("guess", guess.Result.Token());
        json.WriteEndObject();
        json.WriteStartArray("dkim");
        foreach (var s in report.Dkim.Signatures)
        {
            json.WriteStartObject();
            json.WriteString("domain", Shown(s.Domain));
            json.WriteString("selector", Shown(s.Selector));
            json.WriteString("result", s.Result.Token());
            json.WriteString("reason", s.Reason);
            json.WriteString("identity", Shown(s.Identity));
            json.WriteString("algorithm", s.Algorithm);
            json.WriteBoolean("testing", s.IsTesting);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("dmarc");
        json.WriteString("result", report.Dmarc?.Result.Token() ?? "none");
        json.WriteString("policy", report.Dmarc?.Policy?.Token());
        json.WriteString("domain", Shown(report.Dmarc?.Domain ?? ""));
        json.WriteString("reason", report.Dmarc?.Reason ?? "");
        json.WriteEndObject();
        if (report.Arc is { } arc)
        {
            json.WriteStartObject("arc");
            json.WriteString("result", ArcWords.Token(arc.State));
            json.WriteString("reason", arc.ReasonText);
            json.WriteStartArray("domains");
            foreach (var domain in arc.Highest == 0 ? [] : arc.Domains.Split(':')) json.WriteStringValue(Shown(domain));
            json.WriteEndArray();
            json.WriteNumber("oldestPass", arc.OldestPass);
            json.WriteEndObject();
        }
        json.WriteStartObject("results");
        foreach (var (name, value) in AuthenticationResultNames.Of(report)) json.WriteString(name, Printable.Json(Encoding.Latin1.GetBytes(value)));
        json.WriteEndObject();
        json.WriteStartArray("added");
        foreach (var edit in edits.OfType<HeaderEdit.AddOnTop>().Reverse()) json.WriteStringValue(Printable.Json(edit.Line.Text.Span.TrimEnd((byte)'\n')));
        json.WriteEndArray();
        json.WriteStartArray("removed");
        foreach (var edit in edits.OfType<HeaderEdit.Delete>()) json.WriteStringValue(Printable.Json(edit.Line.Text.Span.TrimEnd((byte)'\n')));
        json.WriteEndArray();
        json.WriteEndObject();
    });

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
