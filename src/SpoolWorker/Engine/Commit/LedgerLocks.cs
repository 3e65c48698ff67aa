// Who may work with a ledger: one at a time. `lock` is held by the worker as long as it runs; a command that executes verbs where none runs is the
// worker for that while, and holds it, too. `recovery` is held by that command and by a worker that starts, so that a worker which starts waits
// for the command in place of giving up. `taking` is held by a command that takes somebody else's files into held/. All are flock locks: they end with the process, however it ends.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Locks beside the ledger.</summary>
internal sealed class LedgerLocks : IDisposable
{
    private const uint FileMode = 0b110_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(20);
    private readonly SafeFileHandle _recovery;
    private readonly SafeFileHandle _worker;

    private LedgerLocks(SafeFileHandle recovery, SafeFileHandle worker)
    {
        _recovery = recovery;
        _worker = worker;
    }

    /// <summary>The worker's own lock; null when another worker has it.</summary>
    public static SafeFileHandle? TryWorker(string ledger) => TryTake(ledger, "lock");

    /// <summary>The number of the process that works with a ledger; null: none does, or it cannot be seen. Takes no lock.</summary>
    public static int? HolderOf(string ledger) =>
        Posix.TryStatus(Path.Combine(ledger, "lock"), out var status) == 0 && Posix.FlockHolder(status.Inode) is var process and > 0 ? process : null;

    /// <summary>For a command that is to be the worker for a while; null when another is.</summary>
    public static LedgerLocks? TryAlone(string ledger)
    {
        if (TryTake(ledger, "recovery") is not { } recovery) return null;
        if (TryWorker(ledger) is { } worker) return new LedgerLocks(recovery, worker);
        recovery.Dispose();
        return null;
    }

    /// <summary>For the time of a start: waits until no command is at work. Null when it takes too long.</summary>
    public static Task<SafeFileHandle?> ForRecoveryAsync(string ledger, CancellationToken cancellationToken) => WaitForAsync(ledger, "recovery", cancellationToken);

    /// <summary>For a command that puts messages into <c>held/</c>, beside a worker or not: one at a time, so that what another left half done is a dead one's. Null when it takes too long.</summary>
    public static Task<SafeFileHandle?> ForTakingAsync(string ledger, CancellationToken cancellationToken) => WaitForAsync(ledger, "taking", cancellationToken);

    public void Dispose()
    {
        _worker.Dispose();
        _recovery.Dispose();
    }

    private static async Task<SafeFileHandle?> WaitForAsync(string ledger, string name, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Pause)
        {
            if (TryTake(ledger, name) is { } handle) return handle;
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
        return null;
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
