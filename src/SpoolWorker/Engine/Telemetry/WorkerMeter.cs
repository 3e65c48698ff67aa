// Every metric there is: its name, labels, meaning and where it comes from. What happens to messages comes from the outcomes, as they are
// published; all else is asked of the parts when somebody asks for the metrics, and costs nothing until then. Labels have few values: words of
// our own, names of passes and places, never an address, an id or a name from the mail.
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Schedule;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Telemetry;

/// <summary>What the metrics are taken from.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Ledger">Its ledger.</param>
/// <param name="Survey">What lies in the places.</param>
/// <param name="Jobs">What runs by the clock.</param>
/// <param name="Dns">The resolver of the passes; null: none looks anything up.</param>
/// <param name="TlsDeliveries">What Exim's logs tell of TLS; null: none is followed.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Clock">Dates.</param>
internal sealed record MeterSources(SpoolEngine Engine, MessageLedger Ledger, PlaceSurvey Survey, JobBook Jobs, DnsResolver? Dns, Func<TlsDeliveries>? TlsDeliveries, string Version, TimeProvider Clock);

/// <summary>A metric, for its page.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Names of its labels.</param>
/// <param name="Help">What it says.</param>
internal sealed record MetricInfo(string Name, IReadOnlyList<string> Labels, string Help);

/// <summary>The metrics.</summary>
internal sealed class WorkerMeter : IDisposable
{
    public const string Name = "spoolworker";

    // A pass's result is one of a few words; one that were not would be a series each.
    private const int MostValues = 32, MostValueLength = 24;

    private const string OtherValue = "other";

    // From a requeue at once to mail that waited for days.
    private static readonly double[] LongSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 345_600];

    private static readonly double[] ShortSeconds = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];

    private static readonly double[] GroupSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly MeterSources _sources;
    private readonly List<MetricInfo> _all = [];
    private readonly Counter<long> _messages, _recipients, _bytes, _results, _held, _notifications, _notices, _unavailable, _skipped, _tls, _measures;
    private readonly Histogram<double> _queue, _pass, _work, _requeue, _group;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> _values = new();
    private readonly DateTimeOffset _started;

    public WorkerMeter(MeterSources sources)
    {
        _sources = sources;
        _started = sources.Clock.GetUtcNow();
        _messages = Counter("spoolworker_messages_total", ["outcome"], "Looks at messages, by what they came to. One whose recipients fared differently counts once for each outcome, one that is deferred once for each try.");
        _recipients = Counter("spoolworker_recipients_total", ["outcome"], "Recipients of those messages, by what became of them.");
        _bytes = Counter("spoolworker_message_bytes_total", ["outcome"], "Bytes of -H and -D of those messages.");
        _results = Counter("spoolworker_results_total", ["result", "value"], "What the passes found, by the short word of the result and its value.");
        _measures = Counter("spoolworker_verdict_recipients_total", ["pass", "measure"], "Recipients that a content engine was asked about, at each look at their message, by the pass and what its settings had done: accept, tag, redirect, hold, bounce, discard, defer.");
        _held = Counter("spoolworker_held_messages_total", ["pass"], "Messages that were held, by the pass that wanted it; worker: the program itself.");
        _notifications = Counter("spoolworker_notifications_total", ["action", "result"], "Notifications of delivery status, by what they are about, and whether they were sent or suppressed.");
        _notices = Counter("spoolworker_notices_total", ["result"], "Held messages that administrators were to be told of (Notices), by whether a notice was sent or, as they are limited, suppressed: told with a later one.");
        _unavailable = Counter("spoolworker_pass_unavailable_total", ["pass"], "Runs of a pass that its service did not answer, that failed, ran out of time or were not made, as the circuit was open.");
        _skipped = Counter("spoolworker_skipped_passes_total", ["pass", "why"], "Messages that went on without a pass, by why: skip-after (its service is down, and they were older than SkipAfter), by-hand (spoolworker skip), on-unavailable (OnUnavailable is skip).");
        _tls = Counter("spoolworker_tls_received_messages_total", ["session"], "Messages that had come over TLS and are done with, by their session: resumed, offered (the client offered one, which was not resumed), new, or unsupported (an Exim that was built without). Of an Exim that says nothing of it none.");
        _queue = Histogram("spoolworker_queue_seconds", [], "From a message's being queued to a worker's beginning with it.", ShortSeconds);
        _pass = Histogram("spoolworker_pass_seconds", ["pass"], "Time of one message in a pass.", ShortSeconds);
        _work = Histogram("spoolworker_message_seconds", [], "From a worker's beginning with a message to the end of that look.", ShortSeconds);
        _requeue = Histogram("spoolworker_requeue_seconds", [], "From a message's reception by Exim to its lying in the target.", LongSeconds);
        _group = Histogram("spoolworker_commit_group_messages", [], "Messages that were committed together.", GroupSizes);
        ObserveEngine();
        ObservePlaces();
        ObserveServices();
        ObserveJobs();
        Counter("spoolworker_tls_delivered_messages_total", ["session"], "Messages that Exim delivered over TLS, as its main logs tell (DsnInfo:MainLog; none without the pass dsn-info), by their session: resumed, or new. Without log_selector = +tls_resumption Exim tells of none that it was resumed.", () =>
            sources.TlsDeliveries is { } deliveries ? TlsOut(deliveries()) : []);
        sources.Engine.Outcomes.Published += See;
        sources.Engine.GroupFilled += SeeGroup;
    }

    /// <summary>For a listener.</summary>
    public Meter Meter { get; } = new(Name);

    /// <summary>All metrics, for their page.</summary>
    public IReadOnlyList<MetricInfo> All => _all;

    public void Dispose()
    {
        _sources.Engine.Outcomes.Published -= See;
        _sources.Engine.GroupFilled -= SeeGroup;
        Meter.Dispose();
    }

    private void SeeGroup(int messages) => _group.Record(messages);

    // On the way of every message.
    private void See(Outcome outcome)
    {
        for (var i = 0; i < outcome.Fates.Count; i++)
        {
            var fate = outcome.Fates[i];
            var word = Label("outcome", OutcomeWords.Of(fate.Kind));
            if (fate.Recipients > 0) _recipients.Add(fate.Recipients, word);
            if (fate.Kind == OutcomeKind.Held) _held.Add(1, Label("pass", fate.Pass.Length > 0 ? fate.Pass : "worker"));
            if (IsRepeated(outcome.Fates, i)) continue;
            _messages.Add(1, word);
            if (outcome.Size > 0) _bytes.Add(outcome.Size, word);
            if (fate.Kind == OutcomeKind.Requeued && outcome.SinceArrival is { } since) _requeue.Record(since.TotalSeconds);
        }
        if (outcome is { IsSettled: true, Resumption: { } session }) _tls.Add(1, Label("session", SessionWord(session)));
        if (outcome.Elapsed > TimeSpan.Zero)
        {
            _queue.Record(outcome.InQueue.TotalSeconds);
            _work.Record(outcome.Elapsed.TotalSeconds);
        }
        foreach (var run in outcome.Runs)
        {
            if (run.Skip is { } skip) _skipped.Add(1, Label("pass", run.Pass), Label("why", skip.Word));
            if (run.Skip is { Cause: SkipCause.ByHand }) continue;
            _pass.Record(run.Elapsed.TotalSeconds, Label("pass", run.Pass));
            if (run.IsUnavailable) _unavailable.Add(1, Label("pass", run.Pass));
            foreach (var (word, recipients) in run.Measures) _measures.Add(recipients, Label("pass", run.Pass), Label("measure", word));
        }
        if (outcome.Results.Count > 0) SeeResults(outcome.Results);
        if (outcome.AdminsTold is { } told) _notices.Add(1, Label("result", told ? "sent" : "suppressed"));
        foreach (var notice in outcome.Notices) _notifications.Add(1, Label("action", DsnActions.Token(notice.Action)), Label("result", notice.IsSent ? "sent" : "suppressed"));
    }

    private void SeeResults(IReadOnlyDictionary<string, string> results)
    {
        // Those of the passes in force: others' have the same words.
        var known = _sources.Engine.ResultsInShort;
        for (var i = 0; i < known.Count; i++)
        {
            if (results.TryGetValue(known[i].Name, out var value)) _results.Add(1, Label("result", known[i].Word), Label("value", Bounded(known[i].Word, value)));
        }
    }

    private static string SessionWord(TlsResumption session) => session switch
    {
        { IsResumed: true } => "resumed",
        { IsSessionOffered: true } => "offered",
        { IsBuilt: true } => "new",
        _ => "unsupported",
    };

    private static bool IsRepeated(IReadOnlyList<Fate> fates, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (fates[i].Kind == fates[index].Kind) return true;
        }
        return false;
    }

    private string Bounded(string word, string value)
    {
        var known = _values.GetOrAdd(word, static _ => new ConcurrentDictionary<string, bool>());
        if (known.ContainsKey(value)) return value;
        if (value.Length is 0 or > MostValueLength || known.Count >= MostValues || value.AsSpan().ContainsAnyExcept(Plain)) return OtherValue;
        known.TryAdd(value, true);
        return value;
    }

    private static readonly System.Buffers.SearchValues<char> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private void ObserveEngine()
    {
        var engine = _sources.Engine;
        Gauge("spoolworker_build_info", ["version"], "Always 1; the label is the version of the program.", () => [new(1, Label("version", _sources.Version))]);
        Gauge("spoolworker_start_time_seconds", [], "When the worker was started, in Unix time.", () => One(Seconds(_started)));
        Gauge("spoolworker_config_generation", [], "How often the configuration has been read, with that of the start.", () => One(engine.Generation));
        Gauge("spoolworker_config_last_reload_successful", [], "1 when the last reload of the configuration was done, or there was none; 0 when it was refused, and nothing changed.", () => One(engine.Reloads.Last is { IsDone: false } ? 0 : 1));
        Gauge("spoolworker_config_last_reload_success_timestamp_seconds", [], "When the configuration in force was read, in Unix time.", () => One(Seconds(engine.Reloads.Read)));
        Gauge("spoolworker_queued_messages", [], "Messages queued in memory or in hand.", () => One(engine.Busy));
        Gauge("spoolworker_waiting_messages", ["state"], "Messages the worker leaves in the intakes, by why: deferred, planned (they wait for the hours of a pass, or the end of its pause), paused (the worker or their intake is, and they wait for nothing else), frozen, or half written.",
            () => [new(_sources.Survey.Figures.Sum(f => f.Paused), Label("state", "paused")), new(engine.Waiting.Deferred, Label("state", "deferred")), new(engine.Waiting.Planned, Label("state", "planned")), new(engine.Waiting.Frozen, Label("state", "frozen")), new(engine.Waiting.Partial, Label("state", "partial"))]);
        Gauge("spoolworker_paused_seconds", ["what", "name"], "How long the worker, an intake, a pass or a job has been paused, or the worker drained (what: worker, intake, pass, job, drain); not there while nothing is.", () =>
            engine.Orders.All.Where(o => o.Kind != OrderKind.Skip).Select(o => new Measurement<double>(Math.Max(0, Seconds(_sources.Clock.GetUtcNow()) - (o.Since / 1000.0)), Label("what", o.Kind == OrderKind.Drain ? OrderWords.Of(o.Kind) : OrderWords.Of(o.Scope)), Label("name", o.Name))));
        Gauge("spoolworker_skipped_until_timestamp_seconds", ["pass"], "Until when an operator has a pass skipped, in Unix time; not there while none is.", () =>
            engine.Orders.All.Where(o => o.Kind == OrderKind.Skip).Select(o => new Measurement<double>(o.Until / 1000.0, Label("pass", o.Name))));
        Gauge("spoolworker_hand_over_paused", [], "1 while the environment (a full disk, a missing directory) keeps all messages from being handed over.", () => One(engine.IsPaused ? 1 : 0));
        Gauge("spoolworker_intakes_unread", [], "1 while an intake, or a part of one, cannot be read or is another worker's.", () => One(engine.HasUnread ? 1 : 0));
        Gauge("spoolworker_last_scan_timestamp_seconds", [], "When the intakes were last read through, in Unix time.", () => engine.LastScan is { } scan ? One(Seconds(scan)) : []);
        Counter("spoolworker_committed_messages_total", [], "Messages whose decision was made durable.", () => [new(engine.Committed)]);
        Counter("spoolworker_repaired_messages_total", [], "Messages that came with a wrong line count, or with non-recipients out of order, and were put right.", () => [new(engine.Repaired)]);
        Counter("spoolworker_wakeups_total", ["way", "result"], "Messages the target's Exim was told of, by how and with what result: asked, begun, ignored (left to its own queue runs), failed.",
            () => from way in Enum.GetValues<WakeWay>()
                  from result in Enum.GetValues<WakeResult>()
                  select new Measurement<long>(engine.Wakes.Of(way, result), Label("way", Word(way.ToString())), Label("result", Word(result.ToString()))));
    }

    private void ObservePlaces()
    {
        var survey = _sources.Survey;
        Gauge("spoolworker_place_messages", ["place"], "Messages that lie in a place: intake (all of them), held, corrupt, target.", () => survey.Figures.Select(f => new Measurement<double>(f.Messages, Label("place", f.Place))));
        Gauge("spoolworker_place_oldest_age_seconds", ["place"], "Age of the oldest of them, by its id; 0 when there is none.", () => survey.Figures.Select(f =>
            new Measurement<double>(f.Oldest is { } oldest ? Math.Max(0, _sources.Clock.GetUtcNow().ToUnixTimeSeconds() - oldest) : 0, Label("place", f.Place))));
        Gauge("spoolworker_oldest_unplanned_age_seconds", [], "Age of the oldest message in the intakes that does not wait as an operator wants it (for the hours of a pass, or the end of a pause), by its id; 0 when there is none.", () => survey.Figures.Where(f => f.Place == "intake").Select(f =>
            new Measurement<double>(f.OldestUnplanned is { } oldest ? Math.Max(0, _sources.Clock.GetUtcNow().ToUnixTimeSeconds() - oldest) : 0)));
        Gauge("spoolworker_place_capped", ["place"], "1 when there are more in a place than are counted.", () => survey.Figures.Select(f => new Measurement<double>(f.IsCapped ? 1 : 0, Label("place", f.Place))));
        Gauge("spoolworker_place_cap_messages", [], "How many are counted in a place at most (Metrics:CountAtMost).", () => One(survey.CountAtMost));
        Gauge("spoolworker_disk_free_bytes", ["place"], "Bytes that are free, for who is not root, on the disk of a place.", () => survey.Rooms.Select(r => new Measurement<double>(r.Room.FreeBytes, Label("place", r.Place))));
        Gauge("spoolworker_disk_bytes", ["place"], "Bytes of that disk.", () => survey.Rooms.Select(r => new Measurement<double>(r.Room.Bytes, Label("place", r.Place))));
        Gauge("spoolworker_disk_free_inodes", ["place"], "Files that may still be made there.", () => survey.Rooms.Where(r => r.Room.Inodes > 0).Select(r => new Measurement<double>(r.Room.FreeInodes, Label("place", r.Place))));
        Gauge("spoolworker_ledger_bytes", ["kind"], "Bytes of the ledger: used by records, of its file, and the limit (Ledger:MapSize).", () => _sources.Ledger.Size is var size
            ? [new(size.UsedBytes, Label("kind", "used")), new(size.FileBytes, Label("kind", "file")), new(size.LimitBytes, Label("kind", "limit"))] : []);
    }

    private void ObserveServices()
    {
        Gauge("spoolworker_pass_breaker_state", ["pass", "state"], "1 for the state the circuit breaker of a pass is in: closed, half-open, open; 0 for the others.", () =>
            from breaker in _sources.Engine.Breakers
            from word in Breaker.Words
            select new Measurement<double>(breaker.State == word ? 1 : 0, Label("pass", breaker.Pass), Label("state", word)));
        Gauge("spoolworker_pass_breaker_changed_timestamp_seconds", ["pass"], "Since when it is in that state, in Unix time.", () => _sources.Engine.Breakers.Select(b => new Measurement<double>(Seconds(b.Since), Label("pass", b.Pass))));
        Counter("spoolworker_dns_lookups_total", ["kind", "result"], "Lookups that DNS servers were asked for, by the kind of record and the result.", () =>
            (_sources.Dns?.Counts.Asked ?? []).Select(a => new Measurement<long>(a.Count, Label("kind", a.Kind), Label("result", Word(a.Status.ToString())))));
        Counter("spoolworker_dns_cached_lookups_total", ["kind"], "Lookups that were answered from memory.", () => (_sources.Dns?.Counts.Cached ?? []).Select(c => new Measurement<long>(c.Count, Label("kind", c.Kind))));
    }

    private static Measurement<long>[] TlsOut(TlsDeliveries deliveries) =>
        [new(deliveries.Resumed, Label("session", "resumed")), new(deliveries.Others, Label("session", "new"))];

    // Not `job`: that is the name of Prometheus' own label of what it scrapes.
    private void ObserveJobs()
    {
        Gauge("spoolworker_job_last_success_timestamp_seconds", ["name"], "When a job last ended well, in Unix time; not there before the first time.", () =>
            _sources.Jobs.All.Where(j => j.Succeeded is not null).Select(j => new Measurement<double>(Seconds(j.Succeeded!.Value), Label("name", j.Name))));
        Gauge("spoolworker_job_interval_seconds", ["name"], "How often a job is to begin; not there for one that goes by the date, or is paused.", () =>
            _sources.Jobs.All.Where(j => j.Period is not null).Select(j => new Measurement<double>(j.Period!.Value.TotalSeconds, Label("name", j.Name))));
        Gauge("spoolworker_job_findings", ["name", "kind"], "What the last run of a job beside Exim found, by kind: how many things it is so with.", () => _sources.Jobs.All.Where(j => j.Report is not null).SelectMany(j => j.Kinds.Select(kind =>
            new Measurement<double>(j.Report!.Findings.Where(f => f.Kind == kind).Sum(f => f.Others + 1), Label("name", j.Name), Label("kind", kind)))));
        Counter("spoolworker_job_runs_total", ["name", "result"], "Runs of a job that ended well (ok) or did not (failed).", () => _sources.Jobs.All.SelectMany(j => new Measurement<long>[]
        {
            new(j.Successes, Label("name", j.Name), Label("result", "ok")), new(j.Failures, Label("name", j.Name), Label("result", "failed")),
        }));
    }

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static Measurement<double>[] One(double value) => [new(value)];

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    // NameError as name-error.
    private static string Word(string name) => string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? $"{(i > 0 ? "-" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));

    private Counter<long> Counter(string name, string[] labels, string help)
    {
        _all.Add(new MetricInfo(name, labels, help));
        return Meter.CreateCounter<long>(name, description: help);
    }

    private Histogram<double> Histogram(string name, string[] labels, string help, double[] bounds)
    {
        _all.Add(new MetricInfo(name, labels, help));
        return Meter.CreateHistogram(name, description: help, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
    }

    private void Gauge(string name, string[] labels, string help, Func<IEnumerable<Measurement<double>>> observe)
    {
        _all.Add(new MetricInfo(name, labels, help));
        Meter.CreateObservableGauge(name, observe, description: help);
    }

    private void Counter(string name, string[] labels, string help, Func<IEnumerable<Measurement<long>>> observe)
    {
        _all.Add(new MetricInfo(name, labels, help));
        Meter.CreateObservableCounter(name, observe, description: help);
    }
}
