// What one caller wants done in a transaction: waits in the queue, is started or given up by its caller, and ends once.
using System.Runtime.ExceptionServices;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>What a caller's own work threw.</summary>
internal sealed class LmdbJobException(LmdbJob job, Exception inner) : Exception(inner.Message, inner)
{
    public LmdbJob Job { get; } = job;
}

/// <summary>One caller's work.</summary>
internal sealed class LmdbJob(Action<LmdbTransaction> work, long room)
{
    public long Room => room;

    private int _state;

    public ManualResetEventSlim Started { get; } = new();

    public ManualResetEventSlim Done { get; } = new();

    public string? Error { get; private set; }

    public ExceptionDispatchInfo? Thrown { get; private set; }

    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, 2, 0) == 0;

    public bool TryStart()
    {
        var started = Interlocked.CompareExchange(ref _state, 1, 0) is 0 or 1;
        if (started) Started.Set();
        return started;
    }

    public void Run(LmdbTransaction transaction)
    {
        try
        {
            work(transaction);
        }
        catch (Exception e) when (e is not (LmdbException or InvalidDataException))
        {
            throw new LmdbJobException(this, e);
        }
    }

    public void End(string? error, ExceptionDispatchInfo? thrown)
    {
        (Error, Thrown) = (error, thrown);
        Interlocked.CompareExchange(ref _state, 1, 0);
        Started.Set();
        Done.Set();
    }
}
