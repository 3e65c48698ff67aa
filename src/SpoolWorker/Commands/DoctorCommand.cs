// spoolworker doctor: prints what Examination finds, has mended what --fix may mend, sends a message through with --probe. `doctor ack` is beside it.
using System.CommandLine;
using SpoolWorker.Commands.Diagnosing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Hosting;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor;
using SpoolWorker.Operations.Doctor.Probing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Commands;

/// <summary>Examines everything around the worker.</summary>
internal static class DoctorCommand
{
    private const string Examples = """
        spoolworker doctor
        spoolworker doctor --fix
        spoolworker doctor --probe --to blackhole@mail.example
        spoolworker doctor --json | jq '.findings[] | select(.severity == "error")'
        spoolworker doctor ack clock-unsynchronized --for 90d --note 'the host keeps it'
        """;

    private const string Notes = """
        Run it as root, or as the worker's user: others see less. docs/doctor.md lists what it finds, with the cures.
        --probe sends a message from the null sender by SMTP to the Exim that receives, and follows it through the worker until the
        target's Exim is done with it; where that Exim is not known it is put into the intake. 'spoolworker exim-config probe' prints the
        router that throws such messages away.

        EXIT CODES, as of monitoring plugins:
          0 OK   1 WARNING   2 CRITICAL   3 UNKNOWN: something could not be looked at   64 wrong usage
        What is acknowledged does not count.
        """;

    private const string UsualWithin = "60s";

    public static Command Create(CommonOptions common)
    {
        var fix = new Option<bool>("--fix") { Description = "Mend what can be mended without touching mail, and say what was done" };
        var all = new Option<bool>("--all") { Description = "Also what is well" };
        var probe = new Option<bool>("--probe") { Description = "Send a message through Exim, worker and Exim" };
        var to = new Option<string?>("--to") { Description = "Its recipient (default: spoolworker-probe at the host name of the Exim that receives)", HelpName = "ADDR" };
        var smtp = new Option<string?>("--smtp") { Description = "Where it is sent, as in '127.0.0.1 25' (default: where the Exim that receives listens)", HelpName = "ADDRESS" };
        var within = new Option<string>("--within") { Description = "How long the message may take", HelpName = "TIME", DefaultValueFactory = _ => UsualWithin };
        var form = new OutputFormOptions("finding");
        var command = new Command("doctor", "Examine all around the worker: Exims, disks, DNS, daemons; and mend what can be") { fix, all, probe, to, smtp, within };
        smtp.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !ServiceAddress.TryParse(text, out _, out var fault)) result.AddError($"--smtp '{text}': {fault}");
        });
        within.Validators.Add(result =>
        {
            if (!Duration.TryParse(result.GetValueOrDefault<string>() ?? "", out var time, out var fault)) result.AddError($"--within: {fault}");
            else if (time <= TimeSpan.Zero) result.AddError("--within: must be longer than nothing");
        });
        form.AddTo(command);
        common.AddTo(command);
        command.Subcommands.Add(DoctorAckCommand.Create(common));
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var loaded = common.Read(parsed);
            var clock = TimeProvider.System;
            var findings = await new Examination(loaded, CommonOptions.Known(), clock).RunAsync(cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(fix)) findings = DoctorReport.Mend(findings);
            if (parsed.GetValue(probe) && loaded.IsRead)
            {
                using var stop = new StopSignals();
                _ = Duration.TryParse(parsed.GetValue(within)!, out var time, out _);
                var order = new ProbeOrder(parsed.GetValue(to), parsed.GetValue(smtp) is { } text && ServiceAddress.TryParse(text, out var address, out _) ? address : null, time, Verbs.Actor.Name);
                findings = [.. findings, .. await new Probe(loaded, order, clock).RunAsync(stop.Token).ConfigureAwait(false)];
            }
            var report = DoctorReport.Of(findings, loaded.Settings.Ledger, clock);
            Print(report, loaded.Source, form.Of(parsed), parsed.GetValue(all));
            return (int)report.Level;
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void Print(DoctorReport report, string source, OutputForm form, bool all)
    {
        if (form == OutputForm.Text)
        {
            Console.Out.Write(ReportText.Of(report, source, all));
            return;
        }
        IReadOnlyList<FindingView> findings = [.. report.Findings.Select(f => ConfigurationCheck.View(f.Finding) with { Acknowledged = f.Acknowledged })];
        if (form == OutputForm.JsonLines) ViewOutput.PrintRows(findings, ViewJson.Default.FindingView, form);
        else ViewOutput.Print(new DoctorView { Verdict = report.Level.ToString().ToUpperInvariant(), Configuration = source, Findings = findings }, ViewJson.Default.DoctorView);
    }
}
