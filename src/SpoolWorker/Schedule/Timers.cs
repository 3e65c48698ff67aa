// What must go on whatever the date does: reading the intakes, deferred messages, old records, Exim's logs, schedules. Each by a timer
// of the monotonic clock, beginning at once, never twice at once; a turn that was missed (a long scan, a machine asleep) is
// made up for once. One that fails says so, once for the same reason, and is tried again at its next turn. The stop waits for
// those that run, however long the host would: what they work on is closed next.
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Schedule;

/// <summary>Something to be done again and again.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Period">From one beginning to the next.</param>
/// <param name="RunAsync">Does it, and ends early when the token says so.</param>
internal sealed record TimedWork(string Name, TimeSpan Period, Func<CancellationToken, Task> RunAsync)
{
    /// <summary>It only asks whether the time of something has come, and notes itself when it has.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>What it is called where it is noted.</summary>
    public string Noted { get; init; } = Name;
}

/// <summary>Runs works by the monotonic clock.</summary>
internal sealed class Timers(IReadOnlyList<TimedWork> works, JobBook book, TimeProvider clock, ILogger<Timers> log) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task[] _running = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = [.. works.Select(w => Task.Run(() => RepeatAsync(w, _stop.Token), CancellationToken.None))];
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private async Task RepeatAsync(TimedWork work, CancellationToken stop)
    {
        var told = "";
        var job = work.IsQuestion ? null : book.Of(work.Name, work.Period);
        using var timer = new PeriodicTimer(work.Period, clock);
        try
        {
            do
            {
                job?.Begin(clock.GetUtcNow());
                try
                {
                    await work.RunAsync(stop).ConfigureAwait(false);
                    job?.End(clock.GetUtcNow());
                    told = "";
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    job?.Fail(e.Message);
                    // I/O and the ledger have sentences of their own; of anything else the stack is wanted.
                    if (told != e.Message) log.WorkFailed(e is IOException ? null : e, work.Name, e.Message, work.Period.TotalSeconds);
                    told = e.Message;
                }
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // the stop
        }
    }
}
