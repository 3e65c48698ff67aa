// What a reload may change of what is done by the clock: schedules, jobs beside Exim, the digest, what keeps held/ and corrupt/ small, how often Exim's logs are read.
// When the configuration says something else of it, what runs is ended (a run that is cut off is made up for), and the others begin. The scan, the
// tries of deferred mail and the ledger's own upkeep are not among it: they go on whatever is read.
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Schedule;

namespace SpoolWorker.Hosting;

/// <summary>Runs what is scheduled.</summary>
/// <param name="make">What a configuration wants done.</param>
/// <param name="current">The configuration.</param>
/// <param name="known">The passes and sections, for what changed.</param>
/// <param name="book">Notes of jobs.</param>
/// <param name="clock">For the timers.</param>
/// <param name="log">Where they tell what failed.</param>
internal sealed class ScheduledWorks(Func<LoadedConfiguration, IReadOnlyList<TimedWork>> make, CurrentConfiguration current, Registrations known, JobBook book, TimeProvider clock, ILogger<Timers> log)
    : IHostedService, IDisposable
{
    // The keys that what is made here is made of.
    private static readonly string[] MadeOf = ["Schedule:", "Digest:", "Held:", "Corrupt:", "Passes:", "DsnInfo:Follow", "Dsn:ReportingMta"];

    private readonly SemaphoreSlim _turn = new(1);
    private IReadOnlyList<TimedWork> _works = [];
    private Timers? _timers;
    private string _madeOf = "";
    private bool _isStopped;

    public async Task StartAsync(CancellationToken cancellationToken) => await TakeAsync(make(current.Loaded), Signature(current.Loaded)).ConfigureAwait(false);

    /// <summary>Makes what another configuration wants done; to be put in force by what is returned. Null: it wants the same.</summary>
    /// <exception cref="Exception">It cannot be made.</exception>
    public Func<Task>? Prepare(LoadedConfiguration next)
    {
        var signature = Signature(next);
        if (signature == _madeOf) return null;
        var works = make(next);
        return () => TakeAsync(works, signature);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            _isStopped = true;
            await EndAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _timers?.Dispose();
        _turn.Dispose();
    }

    private async Task TakeAsync(IReadOnlyList<TimedWork> works, string signature)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_isStopped) return;
            await EndAsync().ConfigureAwait(false);
            foreach (var gone in _works.Select(w => w.Noted).Except(works.Select(w => w.Noted))) book.Forget(gone);
            (_works, _madeOf) = (works, signature);
            _timers = new Timers(works, book, clock, log);
            await _timers.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task EndAsync()
    {
        if (_timers is not { } timers) return;
        await timers.StopAsync(CancellationToken.None).ConfigureAwait(false);
        timers.Dispose();
        _timers = null;
    }

    private string Signature(LoadedConfiguration loaded) =>
        string.Join('\n', SettingKeys.Of(loaded, known).Where(k => MadeOf.Concat(known.Jobs.Select(j => $"{j.Section}:")).Any(of => k.Key.StartsWith(of, StringComparison.Ordinal))).Select(k => $"{k.Key}={string.Join('\t', k.Items)}"));
}
