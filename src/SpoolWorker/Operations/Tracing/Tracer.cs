// The life of a message from Exim's logs and the worker's ledger, in the order of time. Changes nothing. Logs are streamed, never held.
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Tracing;

/// <summary>What a trace found.</summary>
/// <param name="Messages">Messages that belong together, each with the way it was found.</param>
/// <param name="Events">Sorted by time.</param>
/// <param name="IsCut">There was more than is kept.</param>
internal sealed record Traced(IReadOnlyDictionary<string, string> Messages, IReadOnlyList<TraceEvent> Events, bool IsCut);

/// <summary>Traces messages.</summary>
internal static class Tracer
{
    /// <summary>How the message was found that was asked for.</summary>
    public const string AskedFor = "asked for";

    /// <param name="what">A message id, or an address.</param>
    /// <param name="logs">Exim's logs.</param>
    /// <param name="options">The ledger.</param>
    /// <param name="progress">Told how many bytes of how many are read.</param>
    /// <exception cref="IOException">A log, or the ledger, cannot be read.</exception>
    public static Traced Trace(string what, IReadOnlyList<string> logs, LedgerOptions options, Action<long, long>? progress)
    {
        var scan = new LogScan(logs, progress);
        var isId = MessageId.TryParse(what.AsSpan(), out _);
        if (isId) scan.Ids[what] = AskedFor;
        var address = isId ? "" : what.ToLowerInvariant();
        using var ledger = LedgerGlance.Open(options);
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
        var verbs = ledger?.Verbs().Where(row => scan.Ids.ContainsKey(row.Id)).Select(LedgerScan.Event) ?? [];
        // Of one moment each source tells in the order in which things happen: OrderBy keeps it.
        var ours = LedgerEntry.InOrder(records.Values).SelectMany(LedgerScan.Events).Concat(verbs).Select(e => (e.Time, Event: e));
        var all = Placed(events).Concat(ours).OrderBy(e => e.Time).Select(e => e.Event).ToList();
        return new Traced(scan.Ids.Where(i => all.Exists(e => e.Id == i.Key)).ToDictionary(i => i.Key, i => i.Value), all, scan.IsCut);
    }

    /// <summary>The logs that the settings name, with their rotated ones.</summary>
    /// <param name="loaded">The settings.</param>
    /// <param name="missing">Those that are not there.</param>
    public static IReadOnlyList<string> DefaultLogs(LoadedConfiguration loaded, out IReadOnlyList<string> missing)
    {
        var (files, lost) = (new List<string>(), new List<string>());
        foreach (var path in LogServices.OptionsOf(loaded).MainLog)
        {
            files.AddRange(LogSiblings.Names(path).Where(n => n.EndsWith(".gz", StringComparison.Ordinal) || !LogSiblings.IsCompressed(n)).OrderBy(File.GetLastWriteTimeUtc));
            (File.Exists(path) ? files : lost).Add(path);
        }
        missing = lost;
        return files;
    }

    public static TraceView View(string query, Traced traced) => new()
    {
        Query = query,
        Messages = [.. traced.Messages.Select(m => new TracedMessageView { Id = m.Key, Found = m.Value })],
        Events =
        [
            .. traced.Events.Select(e => new TraceEventView
            {
                Time = Views.View.TimeOf(e.Time),
                Id = e.Id,
                Source = e.Source,
                Kind = e.Word,
                Address = e.Address.Length > 0 ? RecordViews.Exact(e.Address) : null,
                Text = RecordViews.Exact(e.Text),
            }),
        ],
        Cut = traced.IsCut,
    };

    // Without log_selector +millisec Exim tells whole seconds. What the worker did to a message within one goes behind its arrival, and before the rest that Exim tells.
    private static IEnumerable<(DateTimeOffset Time, TraceEvent Event)> Placed(IReadOnlyList<TraceEvent> events)
    {
        var lastOfSecond = TimeSpan.FromMilliseconds(events.All(e => e.Time.Millisecond == 0) ? 999 : 0);
        var toArrive = events.Where(e => e.Kind == TraceKind.Arrival).Select(e => e.Id).ToHashSet();
        foreach (var e in events)
        {
            yield return (toArrive.Contains(e.Id) ? e.Time : e.Time + lastOfSecond, e);
            if (e.Kind == TraceKind.Arrival) toArrive.Remove(e.Id);
        }
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
}
