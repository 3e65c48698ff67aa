// spoolworker trace: the life of a message from Exim's logs and the worker's ledger, in the order of time: arrival, passes, old
// and new id, greetings and answers of remote hosts, deliveries, bounce. Changes nothing. Logs are streamed, never held.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Tracing;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
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
        Without --log the logs of DsnInfo:MainLog are read, with their rotated ones. JSON has query, messages (id, found) and
        events (time, id, source, kind, address, text), sorted by time. Times of logs without a zone are this host's local time.

        EXIT CODES:
          0 found   64 neither an id nor an address   66 nothing known, or no such log   74 a log cannot be read, or the ledger is damaged
          75 the ledger is being written too fast to be read   77 not permitted   78 configuration, or the ledger is of a later version
        """;

    public static Command Create(CommonOptions common)
    {
        var what = new Argument<string>("id|address") { Description = "Message id, or a sender's or recipient's address" };
        var log = new Option<string[]>("--log") { Description = "A main log of Exim, also gzipped; may be given several times", HelpName = "FILE", AllowMultipleArgumentsPerToken = false };
        var json = CommonOptions.Json();
        var command = new Command("trace", "Show the life of a message: worker and Exim, in the order of time") { what, log, json };
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                return Trace(common, parsed, parsed.GetValue(what)!, parsed.GetValue(log) ?? [], parsed.GetValue(json));
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

    private static int Trace(CommonOptions common, ParseResult parsed, string what, string[] logs, bool json)
    {
        var isId = MessageId.TryParse(what.AsSpan(), out _);
        if (!isId && !what.Contains('@', StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"spoolworker: '{what}' is neither a message id (6-6-2 or 6-11-4 letters and digits) nor an address");
            return ExitCode.Usage;
        }
        if (common.Load(parsed, out var exitCode, Needs.Of("Ledger", "DsnInfo:MainLog")) is not { } loaded) return exitCode;
        foreach (var missing in logs.Where(l => !File.Exists(l)))
        {
            Console.Error.WriteLine($"spoolworker: no file {missing}");
            return ExitCode.NoInput;
        }
        var scan = new LogScan(logs.Length > 0 ? logs : DefaultLogs(loaded), TimeProvider.System);
        if (isId) scan.Ids[what] = "asked for";
        var address = isId ? "" : what.ToLowerInvariant();
        using var ledger = LedgerGlance.Open(loaded.Settings.Ledger);
        var records = new Dictionary<(string, string), LedgerEntry>();
        foreach (var text in new[] { what, address }.Where(t => t.Length > 0).Distinct())
        {
            // As written, and in small letters: local parts are kept as they came.
            if (ledger is not null) Ask(ledger, text, scan, records);
        }
        var events = scan.Run(address);
        // What the logs led to, the worker may know too; and that may lead further in the logs.
        var known = scan.Ids.Count;
        if (ledger is not null) foreach (var id in scan.Ids.Keys.ToList()) Ask(ledger, id, scan, records);
        if (scan.Ids.Count > known) events = scan.Run("");
        var all = events.Concat(records.Values.SelectMany(LedgerScan.Events)).OrderBy(e => e.Time).ToList();
        if (json) Print(what, scan, all);
        else if (all.Count > 0) Console.Out.Write(Text(scan, all));
        if (scan.IsCut) Console.Error.WriteLine("spoolworker: there is more than is shown; ask for one message id");
        if (all.Count > 0) return ExitCode.Ok;
        Console.Error.WriteLine($"spoolworker: neither the ledger nor the logs know {what}");
        return ExitCode.NoInput;
    }

    private static void Ask(LedgerGlance ledger, string text, LogScan scan, Dictionary<(string, string), LedgerEntry> records)
    {
        foreach (var entry in LedgerScan.Find(ledger, text))
        {
            records[(entry.Intake, entry.Id)] = entry;
            foreach (var (id, why) in LedgerScan.Ids(entry))
            {
                // The ledger knows better than a look at the address.
                if (!scan.Ids.TryAdd(id, why) && scan.Ids[id] == LogScan.ByAddress) scan.Ids[id] = why;
            }
        }
    }

    private static List<string> DefaultLogs(LoadedConfiguration loaded)
    {
        var files = new List<string>();
        foreach (var path in LogServices.OptionsOf(loaded).MainLog)
        {
            files.AddRange(LogSiblings.Names(path).Where(n => n.EndsWith(".gz", StringComparison.Ordinal) || !LogSiblings.IsCompressed(n)).OrderBy(File.GetLastWriteTimeUtc));
            if (File.Exists(path)) files.Add(path);
            else Console.Error.WriteLine($"spoolworker: no log {path} (DsnInfo:MainLog, or --log FILE); told is what the ledger knows");
        }
        return files;
    }

    private static string Text(LogScan scan, List<TraceEvent> events)
    {
        var table = new AlignedTable("TIME", "MESSAGE", "WHO", "WHAT", "");
        foreach (var e in events)
            table.Add(e.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture), e.Id, e.Source, new Cell(e.Word, Colour(e.Kind)), Printable.Text(System.Text.Encoding.Latin1.GetBytes(e.Text)));
        var others = string.Concat(scan.Ids.Where(i => i.Value != "asked for" && events.Exists(e => e.Id == i.Key)).Select(i => $"{i.Key}: {i.Value}\n"));
        return table + (others.Length > 0 ? "\n" + others : "");
    }

    private static string Colour(TraceKind kind) => kind switch
    {
        TraceKind.Refused or TraceKind.Failed or TraceKind.Bounce or TraceKind.Bounced => Terminal.Red,
        TraceKind.Delayed or TraceKind.Deferred or TraceKind.Held or TraceKind.Host => Terminal.Yellow,
        TraceKind.Delivered or TraceKind.Completed or TraceKind.Requeued => Terminal.Green,
        _ => "",
    };

    private static void Print(string query, LogScan scan, List<TraceEvent> events) => Json.Print(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("query", query);
        writer.WriteStartArray("messages");
        foreach (var (id, why) in scan.Ids.Where(i => events.Exists(e => e.Id == i.Key)))
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteString("found", why);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("events");
        foreach (var e in events)
        {
            writer.WriteStartObject();
            writer.WriteString("time", e.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("id", e.Id);
            writer.WriteString("source", e.Source);
            writer.WriteString("kind", e.Word);
            if (e.Address.Length > 0) writer.WriteString("address", Printable.Json(System.Text.Encoding.Latin1.GetBytes(e.Address)));
            writer.WriteString("text", Printable.Json(System.Text.Encoding.Latin1.GetBytes(e.Text)));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
