// spoolworker trace: prints what Tracer finds: arrival, passes, old and new id, greetings and answers of remote hosts, deliveries, bounce.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Tracing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Traces a message.</summary>
internal static class TraceCommand
{
    private const string Examples = """
        spoolworker trace 1xVVht-000477-0i
        spoolworker trace bob@r.example --log /var/log/exim4/mainlog --log /var/log/exim4/mainlog.2.gz
        spoolworker trace 1xVVht-000477-0i --json
        """;

    private const string Notes = """
        Without --log the logs of DsnInfo:MainLog are read, with their rotated ones. Times of logs without a zone are this
        host's local time. Without log_selector +millisec Exim tells whole seconds: what the worker
        did within one stands behind the arrival and before the rest.

        EXIT CODES:
          0 found   64 neither an id nor an address   66 nothing known, or no such log   74 a log cannot be read, or the ledger is damaged
          75 the ledger is being written too fast to be read   77 not permitted   78 configuration, or the ledger is of a later version
        """;

    public static Command Create(CommonOptions common)
    {
        var what = new Argument<string>("id|address") { Description = "Message id, or a sender's or recipient's address" };
        var log = new Option<string[]>("--log") { Description = "A main log of Exim, also gzipped; may be given several times", HelpName = "FILE", AllowMultipleArgumentsPerToken = false };
        var form = new OutputFormOptions("event");
        var command = new Command("trace", "Show the life of a message: worker and Exim, in the order of time") { what, log };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                return Trace(common, parsed, parsed.GetValue(what)!, parsed.GetValue(log) ?? [], form.Of(parsed));
            }
            catch (UnauthorizedAccessException e)
            {
                Console.Error.WriteLine($"spoolworker: {e.Message}");
                return ExitCode.NoPermission;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                Console.Error.WriteLine($"spoolworker: {e.Message}");
                return e is FileNotFoundException or DirectoryNotFoundException ? ExitCode.NoInput : ExitCode.Of(e);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static int Trace(CommonOptions common, ParseResult parsed, string what, string[] named, OutputForm form)
    {
        if (!MessageId.TryParse(what.AsSpan(), out _) && !what.Contains('@', StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"spoolworker: '{Printable.Text(what)}' is neither a message id (6-6-2 or 6-11-4 letters and digits) nor an address");
            return ExitCode.Usage;
        }
        if (common.Load(parsed, out var exitCode, Needs.Of("Ledger", "DsnInfo:MainLog")) is not { } loaded) return exitCode;
        foreach (var missing in named.Where(l => !File.Exists(l)))
        {
            Console.Error.WriteLine($"spoolworker: no file {missing}");
            return ExitCode.NoInput;
        }
        IReadOnlyList<string> logs = named;
        if (named.Length == 0)
        {
            logs = Tracer.DefaultLogs(loaded, out var lost);
            foreach (var path in lost) Console.Error.WriteLine($"spoolworker: no log {path} (DsnInfo:MainLog, or --log FILE); told is what the ledger knows");
        }
        Traced traced;
        using (var progress = new Progress("logs", 0, TimeProvider.System)) traced = Tracer.Trace(what, logs, loaded.Settings.Ledger, progress.Report);
        if (form == OutputForm.Json) ViewOutput.Print(Tracer.View(what, traced), ViewJson.Default.TraceView);
        else if (form == OutputForm.JsonLines) ViewOutput.PrintRows(Tracer.View(what, traced).Events, ViewJson.Default.TraceEventView, form);
        else if (traced.Events.Count > 0) Console.Out.Write(Text(traced));
        if (traced.IsCut) Console.Error.WriteLine("spoolworker: there is more than is shown; ask for one message id");
        if (traced.Events.Count > 0) return ExitCode.Ok;
        Console.Error.WriteLine($"spoolworker: neither the ledger nor the logs know {what}");
        return ExitCode.NoInput;
    }

    private static string Text(Traced traced)
    {
        var table = new AlignedTable("TIME", "MESSAGE", "WHO", "WHAT", "");
        foreach (var e in traced.Events)
            table.Add(e.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture), e.Id, e.Source, new Cell(e.Word, Colour(e.Kind)), Printable.Text(System.Text.Encoding.Latin1.GetBytes(e.Text)));
        var others = string.Concat(traced.Messages.Where(m => m.Value != Tracer.AskedFor).Select(i => $"{i.Key}: {i.Value}\n"));
        return table + (others.Length > 0 ? "\n" + others : "");
    }

    private static string Colour(TraceKind kind) => kind switch
    {
        TraceKind.Refused or TraceKind.Failed or TraceKind.Bounce or TraceKind.Bounced => Terminal.Red,
        TraceKind.Delayed or TraceKind.Deferred or TraceKind.Held or TraceKind.Host => Terminal.Yellow,
        TraceKind.Delivered or TraceKind.Completed or TraceKind.Requeued => Terminal.Green,
        _ => "",
    };
}
