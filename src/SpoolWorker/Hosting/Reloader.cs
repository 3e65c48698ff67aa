// Reads the configuration again. All is looked at first, as at a start: a file that is gone, cannot be read or has faults, and a key that needs a restart,
// change nothing and are told together. Then passes are made, and put in force: messages that have begun end with those they began with, and the old
// ones are given back when the last of them is done. Ledger, queue, DNS and its cache, breakers, control socket and metrics stay. One reload at a time;
// one that comes while the worker starts waits for that, one that comes when it stops is refused. Throws only when its caller gives up waiting.
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Generations;
using SpoolWorker.Operations.Reloading;

namespace SpoolWorker.Hosting;

/// <summary>Where the configuration is read from.</summary>
/// <param name="Read">Reads it as the start did: the same file, environment and command line.</param>
/// <param name="Known">The passes and the sections they share.</param>
internal sealed record ConfigurationSource(Func<LoadedConfiguration> Read, Registrations Known);

/// <summary>Reloads.</summary>
internal sealed class Reloader(ConfigurationSource source, CurrentConfiguration current, SpoolEngine engine, PassFactory passes, ScheduledWorks works, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<Reloader> log)
    : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _isHungUp;

    /// <summary>Reads the configuration again.</summary>
    /// <param name="file">The file whoever asks believes to be read; null: he does not say.</param>
    /// <param name="cancellationToken">Ends the wait for the turn; what has begun is ended.</param>
    public async Task<ReloadResult> ReloadAsync(string? file, CancellationToken cancellationToken)
    {
        await TurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await InTurnAsync(file).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The same for SIGHUP, which tells nobody but the log: one that waits for its turn reads what all mean that come meanwhile.</summary>
    public async Task HangUpAsync()
    {
        if (Interlocked.Exchange(ref _isHungUp, 1) != 0) return;
        await TurnAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // Before the file is read: whoever writes it and sends another is not to be passed over.
            Interlocked.Exchange(ref _isHungUp, 0);
            await InTurnAsync(null).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        await StartedAsync(cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReloadResult> InTurnAsync(string? file)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return Result(ReloadEnd.NotNow, ["the worker stops"]);
        var own = current.Loaded.Source;
        // Of another worker's: nothing of this one's is looked at.
        if (file is not null && file != Path.GetFullPath(own)) return Result(ReloadEnd.Refused, [$"this worker's configuration is {own}, not {file}"]);
        var faults = await TryAsync().ConfigureAwait(false);
        engine.Reloads.Note(new ReloadNote(clock.GetUtcNow(), faults.Count == 0, faults));
        if (faults.Count == 0) log.Reloaded(own, engine.Generation);
        else log.ReloadRefused(own, string.Join("; ", faults));
        return Result(faults.Count == 0 ? ReloadEnd.Done : ReloadEnd.Refused, faults);
    }

    private ReloadResult Result(ReloadEnd end, IReadOnlyList<string> reasons) => new(end, engine.Generation, current.Loaded.Source, reasons);

    private async Task<IReadOnlyList<string>> TryAsync()
    {
        try
        {
            var next = source.Read();
            var faults = Faults(next);
            if (faults.Count > 0) return faults;
            var made = passes.Make(next);
            Func<Task>? schedules;
            try
            {
                schedules = works.Prepare(next);
            }
            catch
            {
                made.End?.Invoke();
                throw;
            }
            // From here on nothing fails.
            engine.Replace(made);
            current.Loaded = next;
            if (schedules is not null) await schedules().ConfigureAwait(false);
            return [];
        }
        catch (Exception e)
        {
            // A key or a table that went between the look at it and its use, in most cases.
            return [e.Message];
        }
    }

    // The places are not looked at: they are those of the start, or the reload is refused.
    private List<string> Faults(LoadedConfiguration next)
    {
        var faults = next.Faults.ToList();
        if (next.Source != current.Loaded.Source) faults.Insert(0, $"it would be read from another place than at the start: {next.Source}, not {current.Loaded.Source}. Put that back, or restart");
        // What could not be read has its fault already.
        else if (next.IsRead) faults.AddRange(RestartKeys.Changed(current.Loaded, next, source.Known).Where(changed => !faults.Exists(f => Needs.IsOf(f, changed.Split(' ')[0]))));
        return faults;
    }

    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStarted.IsCancellationRequested) return;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var start = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        using var stop = lifetime.ApplicationStopping.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
