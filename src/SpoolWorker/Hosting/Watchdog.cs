// Tells systemd that the worker lives, only while it moves: WATCHDOG=1 stops when the scan, the workers or the commit group have not got on for
// half of WatchdogSec=, and systemd kills the worker when the whole of it is over without one, and starts it again (Restart=on-failure). What
// is in the middle of a commit then is finished or undone by the next start. And STATUS= for `systemctl status`. A notification that cannot be
// sent is no trouble of the mail's. By the monotonic clock.
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry;

namespace SpoolWorker.Hosting;

/// <summary>Talks to systemd.</summary>
internal sealed class Watchdog(SpoolEngine engine, PlaceSurvey survey, ISystemdNotifier notifier, TimeProvider clock, ILogger<Watchdog> log) : BackgroundService
{
    // STATUS= is for people: not more often than they look.
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromSeconds(10);

    // Counting reads the names in all places, which nobody pays every ten seconds for a line he does not look at.
    private static readonly TimeSpan CountsAge = TimeSpan.FromMinutes(1);

    /// <summary>WatchdogSec= of the unit; null: none is asked for, or it is another process's.</summary>
    /// <param name="variable">Reads an environment variable (sd_watchdog_enabled(3)).</param>
    /// <param name="process">Our number.</param>
    public static TimeSpan? IntervalOf(Func<string, string?> variable, int process)
    {
        if (!long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) || microseconds is 0 or > long.MaxValue / 10) return null;
        return variable("WATCHDOG_PID") is not { Length: > 0 } wanted || wanted == process.ToString(CultureInfo.InvariantCulture) ? TimeSpan.FromMicroseconds(microseconds) : null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!notifier.IsEnabled) return;
        var interval = IntervalOf(Environment.GetEnvironmentVariable, Environment.ProcessId);
        // Twice within systemd's time, or more often: sd_watchdog_enabled(3) asks for half of it.
        var period = interval is { } time && time / 4 < StatusPeriod ? time / 4 : StatusPeriod;
        using var timer = new PeriodicTimer(period, clock);
        var (telling, told) = (Task.CompletedTask, "");
        try
        {
            do
            {
                var stuck = interval is { } limit ? engine.Stuck(limit / 2) : [];
                if (interval is not null && stuck.Count == 0) Notify("WATCHDOG=1");
                // Apart: counting what lies in a place that hangs must not keep the beat.
                if (telling.IsCompleted) telling = Task.Run(() => Notify($"STATUS={Status(stuck)}"), CancellationToken.None);
                var reasons = string.Join("; ", stuck);
                if (reasons.Length > 0 && told.Length == 0) log.Stuck(reasons);
                told = reasons;
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // the stop
        }
    }

    private string Status(IReadOnlyList<string> stuck)
    {
        var reasons = stuck.Concat(engine.NotReady).ToList();
        var counts = $"{engine.Committed} messages decided, {string.Join(", ", survey.Within(CountsAge).Where(f => f.Place is "intake" or "held").Select(f => $"{f.Messages}{(f.IsCapped ? "+" : "")} in {f.Place}"))}, {engine.Waiting.Deferred} deferred";
        return reasons.Count > 0 ? $"{string.Join("; ", reasons)}; {counts}" : counts;
    }

    private void Notify(string state)
    {
        try
        {
            notifier.Notify(new ServiceState(state));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            // systemd is being restarted; the next one comes soon.
        }
    }
}
