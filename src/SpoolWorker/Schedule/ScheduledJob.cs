// One schedule at work. A timer of the monotonic clock asks it every second whether its time has come by the date: so it is late by a second at the
// most, no setting of the clock stops it, and the rules for daylight saving are those of CronTimes. What was missed (the worker was down, the machine
// asleep, the run before it still at work, it was paused) is said, and done once, however often it was missed. A run that fails is tried again soon, and then
// less and less often where its pace says so. A run that somebody else has made meanwhile (a command) counts as one of its own.
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Schedule;

/// <summary>Runs one schedule.</summary>
/// <param name="name">Its name.</param>
/// <param name="pace">When it runs.</param>
/// <param name="run">Does it, and says how many messages it found.</param>
/// <param name="runs">When schedules ran last.</param>
/// <param name="notes">For status and metrics.</param>
/// <param name="clock">The date.</param>
/// <param name="log">Where is said what was missed.</param>
internal sealed class ScheduledJob(string name, JobPace pace, Func<CancellationToken, Task<int>> run, LastRuns runs, JobNotes notes, TimeProvider clock, ILogger log)
{
    /// <summary>How often it is to be asked.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // A busy machine is late by seconds; what is later was missed.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    // A date of the last run that lies farther ahead is none that this one was set back from.
    private static readonly TimeSpan SetBack = TimeSpan.FromDays(1);

    private DateTimeOffset? _next;
    private DateTimeOffset _looked;
    // When it ran last, and what is noted of that: not the same where a run could not be noted.
    private DateTimeOffset? _last, _noted;
    private bool _hasBegun;
    private int _failures;

    /// <summary>While true it does not run.</summary>
    public Func<bool> IsPaused { get; init; } = static () => false;

    /// <summary>Runs it if its time has come.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = runs.Find(name) is { } last ? DateTimeOffset.FromUnixTimeMilliseconds(last.Began) : (DateTimeOffset?)null;
        if (!_hasBegun || before != _noted)
        {
            (_last, _noted, _failures, _hasBegun) = (before, before, 0, true);
            if (before is { } then) notes.Recall(then);
            _next = before is null && pace.RunsAtFirst ? pace.InHours(now) : NextAfter(before ?? now, now);
        }
        // A date that was set back: what was run before does not run again, what comes now does.
        else if (now < _looked) _next = NextAfter(_last ?? now, now);
        _looked = now;
        // What was due while nobody could run it, and is not to run at this hour.
        if (_next < now && pace.InHours(now) is var open && open > now) _next = open;
        notes.Due(_next);
        if (IsPaused() || _next is not { } due || now < due) return;
        if (now - due > Late) log.RunMissed(name, due);
        await RunAsync(now, cancellationToken).ConfigureAwait(false);
        notes.Due(_next);
    }

    private async Task RunAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (started, messages, fault) = (clock.GetTimestamp(), 0, "");
        notes.Begin(now);
        try
        {
            messages = await run(cancellationToken).ConfigureAwait(false);
            notes.End(clock.GetUtcNow());
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            fault = e.Message;
            notes.Fail(fault);
            log.RunFailed(e is IOException ? null : e, name, e.Message, pace.Again(_failures + 1).TotalSeconds);
        }
        // What it was asked to do may have taken long: the wait begins when that is over.
        _failures = fault.Length == 0 ? 0 : _failures + 1;
        var (next, again) = (pace.After(now), pace.InHours(clock.GetUtcNow() + pace.Again(_failures)));
        _next = fault.Length == 0 || next < again ? next : again;
        // A failure is no run: the next start makes up for it.
        if (fault.Length > 0) return;
        // As the ledger has it.
        _last = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        Note(new JobRun(now.ToUnixTimeMilliseconds(), (long)clock.GetElapsedTime(started).TotalMilliseconds, messages));
    }

    private void Note(JobRun done)
    {
        try
        {
            runs.Note(name, done);
            _noted = _last;
        }
        catch (LedgerException e)
        {
            // It is done all the same: only a start before the next run would do it again.
            log.RunNotNoted(name, e.Message);
        }
    }

    private DateTimeOffset? NextAfter(DateTimeOffset from, DateTimeOffset now)
    {
        if (_last is { } last && last > from && last - now < SetBack) from = last;
        // After a time: nothing is repeated that stands in a calendar, and nobody waits for a date that has been once.
        if (from - now > SetBack || (pace.Every is not null && from > now)) from = now;
        return pace.After(from);
    }
}
