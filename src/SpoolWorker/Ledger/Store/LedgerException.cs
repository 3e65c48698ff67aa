namespace SpoolWorker.Ledger.Store;

/// <summary>What keeps a store from being used.</summary>
internal enum StoreFault
{
    /// <summary>Reading or writing failed.</summary>
    Failed,

    /// <summary>The file is no store, or part of it is gone.</summary>
    Damaged,

    /// <summary>A later version wrote it.</summary>
    Newer,

    /// <summary>An earlier version wrote it, and only the worker may bring it up.</summary>
    Older,

    /// <summary>Others leave no room: reader slots.</summary>
    Busy,

    /// <summary>The disk is full, or the map.</summary>
    NoRoom,

    NoPermission,

    /// <summary>The program's LMDB library is missing or another one.</summary>
    NoLibrary,
}

/// <summary>The ledger, or the store beside it, failed.</summary>
internal sealed class LedgerException(string message, bool isFatal, StoreFault fault = StoreFault.Failed) : IOException(message)
{
    /// <summary>True when it is unknown whether the commit is on disk.</summary>
    public bool IsFatal { get; } = isFatal;

    public StoreFault Fault { get; } = fault;
}
