// spoolworker exim-config: the Exim side of each wiring, ready to be placed. Prints, reads nothing, changes nothing.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.EximConfig;
using SpoolWorker.Operations.Json;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Commands;

/// <summary>Prints Exim configuration.</summary>
internal static class EximConfigCommand
{
    private const int SmtpPort = 25, HighestPort = 65535;

    private const string Examples = """
        spoolworker exim-config named-queue
        spoolworker exim-config named-queue --part acl >> /etc/exim4/conf.d/acl/10_spoolworker
        spoolworker exim-config second-exim --directory /var/spool/exim-in --port 25 > /etc/exim4/in.conf
        spoolworker exim-config queuefile --directory /var/spool/scan
        spoolworker exim-config srs --domain fwd.example.org
        spoolworker exim-config dsn-info --part acl >> /etc/exim4/conf.d/acl/10_spoolworker
        spoolworker exim-config dovecot --socket /run/dovecot/auth-exim
        spoolworker exim-config probe --part routers > /etc/exim4/conf.d/router/010_spoolworker_probe
        """;

    public static Command Create()
    {
        var wiring = new Argument<string>("wiring")
        {
            Description = "queuefile, named-queue, second-exim; or dsn-info, the events that the pass of that name reads from Exim's log; or srs, for bounces to SRS addresses; or dovecot, to let it authenticate; or probe, for doctor --probe",
            HelpName = "queuefile|named-queue|second-exim|dsn-info|srs|dovecot|probe",
        };
        wiring.AcceptOnlyFromAmong("queuefile", "named-queue", "second-exim", "dsn-info", "srs", "dovecot", "probe");
        var part = new Option<string>("--part") { Description = "Only this section, without heading: main, acl, routers, transports, authenticators (default: all, a file Exim accepts)", HelpName = "PART", DefaultValueFactory = _ => "all" };
        part.AcceptOnlyFromAmong([.. EximWiring.Parts, "all"]);
        var directory = new Option<string?>("--directory") { Description = "queuefile: the intake (default /var/spool/scan); second-exim: its spool directory (default /var/spool/exim-in)", HelpName = "DIR" };
        var queue = new Option<string>("--queue") { Description = "named-queue: its name", HelpName = "NAME", DefaultValueFactory = _ => "scan" };
        var domain = new Option<string>("--domain") { Description = "srs: the alias, the domain of SRS addresses", HelpName = "DOMAIN", DefaultValueFactory = _ => "srs.example.org" };
        var port = new Option<int>("--port") { Description = "The SMTP port that is listened on", HelpName = "PORT", DefaultValueFactory = _ => SmtpPort };
        var socket = new Option<string>("--socket") { Description = "dovecot: the listener of its service auth, /path or 'host port'", HelpName = "ADDRESS", DefaultValueFactory = _ => DoctorWirings.UsualSocket };
        socket.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !ServiceAddress.TryParse(text, out _, out var fault)) result.AddError($"--socket '{text}': {fault}");
        });
        directory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } path && (!path.StartsWith('/') || path.Any(c => c is '$' or '{' or '}' or ':' or '"' or '#' || char.IsWhiteSpace(c))))
                result.AddError($"--directory '{path}': must be an absolute path without blanks and characters that Exim expands");
        });
        queue.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { Length: > 0 } name || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
                result.AddError("--queue: must be letters, digits, - and _");
        });
        domain.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { Length: > 0 } name || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.')))
                result.AddError("--domain: must be letters, digits, - and dots");
        });
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > HighestPort) result.AddError($"--port: must be 1 to {HighestPort}");
        });
        var form = new OutputFormOptions();
        var command = new Command("exim-config", "Print the Exim configuration for a wiring") { wiring, part, directory, queue, domain, port, socket };
        form.AddTo(command);
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetValue(wiring) switch
            {
                "queuefile" => Wirings.Queuefile(parsed.GetValue(directory) ?? "/var/spool/scan"),
                "named-queue" => Wirings.NamedQueue(parsed.GetValue(queue)!, parsed.GetValue(port)),
                "srs" => SrsWiring.Make(parsed.GetValue(domain)!, parsed.GetValue(port)),
                "dsn-info" => DsnInfoWiring.Make(parsed.GetValue(port)),
                "dovecot" => DoctorWirings.Dovecot(parsed.GetValue(socket)!),
                "probe" => DoctorWirings.Probe(),
                _ => Wirings.SecondExim(parsed.GetValue(directory) ?? "/var/spool/exim-in", parsed.GetValue(port)),
            };
            if (form.Of(parsed) == OutputForm.Json) ViewOutput.Print(chosen.View, ViewJson.Default.WiringView);
            else Console.Out.Write(parsed.GetValue(part) == "all" ? chosen.All() : chosen.Part(parsed.GetValue(part)!));
            return ExitCode.Ok;
        });
        return command.WithExamples(Examples);
    }
}
