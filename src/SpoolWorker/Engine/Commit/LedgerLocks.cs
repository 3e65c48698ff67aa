// Who may do what with a ledger. `lock` is held by the worker as long as it runs. `recovery` is held by whoever is in the
// middle of a commit that a starting worker's recovery must not see half done: a release, and the recovery itself. So a
// worker that starts waits for a release, a release waits for a recovery, and both can go on side by side after that.
// Both are flock locks: they end with the process, however it ends.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Locks beside the ledger.</summary>
internal sealed class LedgerLocks : IDisposable
{
    private const uint FileMode = 0b110_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(20);
    private readonly SafeFileHandle _recovery;
    private readonly SafeFileHandle? _worker;

    private LedgerLocks(SafeFileHandle recovery, SafeFileHandle? worker)
    {
        _recovery = recovery;
        _worker = worker;
    }

    /// <summary>True when no worker runs: then recovery is ours to do, and none can start until this is disposed.</summary>
    public bool IsAlone => _worker is not null;

    /// <summary>The worker's own lock; null when another worker has it.</summary>
    public static SafeFileHandle? TryWorker(string ledger) => TryTake(ledger, "lock");

    /// <summary>For a release: keeps recoveries away, and workers too if none runs. Null when it takes too long.</summary>
    public static async Task<LedgerLocks?> ForReleaseAsync(string ledger, CancellationToken cancellationToken) =>
        await ForRecoveryAsync(ledger, cancellationToken).ConfigureAwait(false) is { } recovery ? new LedgerLocks(recovery, TryWorker(ledger)) : null;

    /// <summary>For the time of a recovery: waits until no release is at work. Null when it takes too long.</summary>
    public static async Task<SafeFileHandle?> ForRecoveryAsync(string ledger, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Pause)
        {
            if (TryTake(ledger, "recovery") is { } handle) return handle;
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
        return null;
    }

    public void Dispose()
    {
        _worker?.Dispose();
        _recovery.Dispose();
    }

    private static SafeFileHandle? TryTake(string ledger, string name)
    {
        var path = Path.Combine(ledger, name);
        var handle = Owned.OpenFile(path, Posix.O_RDWR, FileMode);
        var isOurs = false;
        try
        {
            isOurs = Posix.TryLockWhole(handle, path);
            return isOurs ? handle : null;
        }
        finally
        {
            if (!isOurs) handle.Dispose();
        }
    }
}
