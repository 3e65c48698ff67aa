// How a worker is, told by itself.
using SpoolWorker.Engine;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Options;
using SpoolWorker.Schedule;

namespace SpoolWorker.Operations.Status;

/// <summary>What the status is taken from.</summary>
/// <param name="Settings">The settings.</param>
/// <param name="Source">Where they were read from.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Ledger">Its ledger.</param>
/// <param name="Survey">What lies in the places.</param>
/// <param name="Jobs">What is done by the clock.</param>
/// <param name="Clock">Dates.</param>
internal sealed record StatusSources(Settings Settings, string Source, SpoolEngine Engine, MessageLedger Ledger, PlaceSurvey Survey, JobBook Jobs, TimeProvider Clock);

/// <summary>The status of the worker that runs.</summary>
internal sealed class LiveStatus(StatusSources sources)
{
    private readonly DateTimeOffset _started = sources.Clock.GetUtcNow();

    /// <summary>What lies in the intakes, counted now; null where they cannot be read.</summary>
    public PlaceFigures? InIntakes => sources.Survey.Within(TimeSpan.Zero).FirstOrDefault(f => f.Place == "intake");

    /// <summary>The jobs beside Exim that run.</summary>
    public IReadOnlyList<string> Upkeep => [.. sources.Jobs.All.Where(j => j.Kinds.Count > 0).Select(j => j.Name)];

    /// <summary>As it is now.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public StatusView Of()
    {
        var (engine, now) = (sources.Engine, sources.Clock.GetUtcNow());
        var size = sources.Ledger.Size;
        return new StatusView
        {
            Running = true,
            Time = View.TimeOf(now),
            Worker = new WorkerView
            {
                Version = ProgramVersion.Text,
                Process = Environment.ProcessId,
                Started = View.TimeOf(_started),
                Configuration = sources.Source,
                ConfigurationRead = View.TimeOf(engine.Reloads.Read),
                Generation = engine.Generation,
                LastReload = engine.Reloads.Last is { } last ? new LastReloadView { Time = View.TimeOf(last.Time), Done = last.IsDone, Reasons = last.Reasons } : null,
                Queued = engine.Busy,
                Committed = engine.Committed,
                LastScan = engine.LastScan is { } scan ? View.TimeOf(scan) : null,
                Faults = [.. engine.Stuck(EngineHealth.UsualLimit), .. engine.Obstacles],
            },
            Places = StatusViews.Places(sources.Survey, now),
            Waiting = new WaitingView { Deferred = engine.Waiting.Deferred, Planned = engine.Waiting.Planned, Frozen = engine.Waiting.Frozen, Partial = engine.Waiting.Partial, NextTry = engine.Waiting.NextTry is { } left ? View.TimeOf(now + left) : null },
            Ledger = new LedgerSizeView { Used = size.UsedBytes, File = size.FileBytes, Limit = size.LimitBytes },
            Target = StatusViews.Target(sources.Settings.Target) with { Ignored = engine.WakesIgnored },
            Disks = StatusViews.Disks(sources.Survey),
            Jobs = [.. sources.Jobs.All.Select(Job)],
            Services = [.. engine.Breakers.Select(b => new ServiceView { Pass = b.Pass, Breaker = b.State, Since = View.TimeOf(b.Since) })],
            Holds = [.. sources.Ledger.Standing.Read().Holds.Select(h => StandingViews.Of(h, now))],
            Orders = [.. engine.Orders.All.Select(OrderViews.Of)],
        };
    }

    private static JobView Job(JobState job) => new()
    {
        Name = job.Name,
        EverySeconds = job.Period is { } period ? View.Seconds(period) : null,
        Began = job.Began is { } began ? View.TimeOf(began) : null,
        Succeeded = job.Succeeded is { } ended ? View.TimeOf(ended) : null,
        Failures = job.Failures,
        Fault = job.Fault,
        Next = job.Next is { } next ? View.TimeOf(next) : null,
        Findings = [.. (job.Report?.Findings ?? []).Select(JobViews.Of)],
    };
}
