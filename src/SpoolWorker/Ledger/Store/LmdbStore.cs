// An LMDB store of the worker's own, for the ledger and for what was read from Exim's logs. Opening looks at the file first
// (StoreFile), since LMDB ends the process over a file that was cut; a new file appears whole, synced and under its name.
// All that goes wrong comes as LedgerException with a sentence that fits; an environment whose opening failed is disposed,
// because its finalizer ends the process. Transactions are short: Read and Write run the work and end them.
using LightningDB;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger.Store;

/// <summary>What a store is.</summary>
/// <param name="Name">Its name in sentences.</param>
/// <param name="Path">Its file.</param>
/// <param name="MapSize">Most bytes it may grow to.</param>
/// <param name="MapSetting">The setting of that.</param>
/// <param name="MostDatabases">Named databases in it.</param>
/// <param name="MostReaders">Transactions that may read at a time, of all processes.</param>
/// <param name="IfDamaged">What to do about a damaged file; a sentence.</param>
internal sealed record StorePlan(string Name, string Path, long MapSize, string MapSetting, int MostDatabases, int MostReaders, string IfDamaged);

/// <summary>An open store.</summary>
internal sealed class LmdbStore : IDisposable
{
    private const EnvironmentOpenFlags Flags = EnvironmentOpenFlags.NoSubDir | EnvironmentOpenFlags.NoThreadLocalStorage | EnvironmentOpenFlags.NoReadAhead;
    private const UnixAccessMode Mode = UnixAccessMode.OwnerRead | UnixAccessMode.OwnerWrite | UnixAccessMode.GroupRead;

    /// <summary>mdb.c, MDB_txninfo and MDB_reader: the header takes two cache lines, a reader one.</summary>
    private const int LockHeaderBytes = 128, ReaderBytes = 64;

    private readonly StorePlan _plan;
    private readonly LightningEnvironment _environment;

    private LmdbStore(StorePlan plan, LightningEnvironment environment) => (_plan, _environment) = (plan, environment);

    public string Path => _plan.Path;

    /// <summary>Bytes of a page.</summary>
    public long PageSize => _environment.EnvironmentStats.PageSize;

    /// <summary>Most bytes it may grow to.</summary>
    public long MapSize => _plan.MapSize;

    /// <summary>Opens a store, making it and its directory when they are not there.</summary>
    /// <exception cref="LedgerException">It cannot be opened or is damaged.</exception>
    public static LmdbStore Open(StorePlan plan)
    {
        plan = plan with { Path = System.IO.Path.GetFullPath(plan.Path) };
        try
        {
            NativeLmdb.Prepare();
            Owned.EnsureDirectory(System.IO.Path.GetDirectoryName(plan.Path)!);
            if (!Posix.Exists(plan.Path)) Make(plan);
            // Whoever made it may have died before its name was durable.
            else Posix.SyncDirectory(System.IO.Path.GetDirectoryName(plan.Path)!);
            if (StoreFile.Fault(plan.Path) is { } fault) throw new LedgerException($"{plan.Name} {plan.Path} {fault}. {plan.IfDamaged}", isFatal: false, StoreFault.Damaged);
            PrepareLock(plan);
            var store = new LmdbStore(plan, OpenEnvironment(plan, plan.Path, Flags));
            store.MakeDurable();
            return store;
        }
        catch (DllNotFoundException e)
        {
            throw new LedgerException(e.Message, isFatal: false, StoreFault.NoLibrary);
        }
        catch (LightningException e)
        {
            throw Failure(plan, e, isFatal: false);
        }
        catch (PosixException e)
        {
            throw new LedgerException($"{plan.Name}: {e.Message}{Advice(e.Errno)}", isFatal: false, FaultOf(e.Errno));
        }
    }

    // What a process that was killed in its last write has left can be read, and may be gone after a power cut: whoever acts on it has to sync it first.
    private void MakeDurable()
    {
        try
        {
            _environment.Flush(force: true).ThrowOnError();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Reads in a transaction of its own.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public T Read<T>(Func<LightningTransaction, T> work)
    {
        try
        {
            using var transaction = BeginRead();
            return work(transaction);
        }
        catch (LightningException e)
        {
            throw Failure(_plan, e, isFatal: false);
        }
    }

    /// <summary>Writes in a transaction of its own, durable when this returns, all or nothing.</summary>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void Write(Action<LightningTransaction> work) => Write(transaction =>
    {
        work(transaction);
        return true;
    });

    /// <summary>As the other, with what the work gives.</summary>
    public T Write<T>(Func<LightningTransaction, T> work)
    {
        LightningTransaction? transaction = null;
        try
        {
            transaction = _environment.BeginTransaction();
            var result = work(transaction);
            transaction.Commit().ThrowOnError();
            return result;
        }
        catch (LightningException e)
        {
            // First: LMDB has one writer's lock, and IsPanic takes it.
            transaction?.Dispose();
            transaction = null;
            throw Failure(_plan, e, IsPanic());
        }
        finally
        {
            transaction?.Dispose();
        }
    }

    /// <summary>A database of the store, made when it is not there.</summary>
    public static LightningDatabase Database(LightningTransaction transaction, string name) =>
        transaction.OpenDatabase(name, new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create });

    /// <summary>As <see cref="Database"/>, with many values a key, sorted and all of one length.</summary>
    public static LightningDatabase FixedDuplicates(LightningTransaction transaction, string name) =>
        transaction.OpenDatabase(name, new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create | DatabaseOpenFlags.DuplicatesSort | DatabaseOpenFlags.DuplicatesFixed });

    public void Dispose() => _environment.Dispose();

    private LightningTransaction BeginRead()
    {
        try
        {
            return _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        }
        catch (LightningException e) when (CodeOf(e) == MDBResultCode.ReadersFull && _environment.CheckStaleReaders() > 0)
        {
            // Slots of processes that were killed.
            return _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        }
    }

    // LMDB marks its environment when writing the meta page failed: then, and only then, the outcome is unknown.
    private bool IsPanic()
    {
        try
        {
            using var transaction = _environment.BeginTransaction();
            return false;
        }
        catch (LightningException)
        {
            return true;
        }
    }

    private static void Make(StorePlan plan)
    {
        using var file = UnnamedFile.Create(plan.Path);
        OpenEnvironment(plan, file.OpenAs, Flags | EnvironmentOpenFlags.NoLock | EnvironmentOpenFlags.NoSync).Dispose();
        Owned.TakeAfter(file.Handle, plan.Path);
        Posix.SetMode(file.Handle, Owned.PrivateFile, plan.Path);
        var errno = file.TryName();
        // Another process was faster: that one is as good.
        if (errno is not 0 and not Errno.EEXIST) throw new PosixException(errno, "create", plan.Path);
    }

    // Made here for its owner; and with all its bytes, since LMDB maps it: where the disk has no room for a page of it, that
    // would end the process. It gets its name when it is whole: zeros that were written into it later would wipe out the mutex and the readers
    // of a process that has opened it meanwhile. Only before LMDB has it open here: closing it would drop LMDB's record locks.
    private static void PrepareLock(StorePlan plan)
    {
        var path = plan.Path + "-lock";
        if (Posix.Exists(path)) return;
        using var file = UnnamedFile.Create(path);
        Posix.Write(file.Handle, new byte[LockHeaderBytes + plan.MostReaders * ReaderBytes], 0, path);
        Owned.TakeAfter(file.Handle, path);
        Posix.SetMode(file.Handle, Owned.PrivateFile, path);
        var errno = file.TryName();
        // Another process was faster: that one is as good.
        if (errno is not 0 and not Errno.EEXIST) throw new PosixException(errno, "create", path);
    }

    private static LightningEnvironment OpenEnvironment(StorePlan plan, string path, EnvironmentOpenFlags flags)
    {
        var environment = new LightningEnvironment(path, new EnvironmentConfiguration { MapSize = plan.MapSize, MaxDatabases = plan.MostDatabases, MaxReaders = plan.MostReaders });
        try
        {
            environment.Open(flags, Mode);
            // Readers that were killed would pin old pages and make the file grow.
            if ((flags & EnvironmentOpenFlags.NoLock) == 0) environment.CheckStaleReaders();
            return environment;
        }
        catch
        {
            environment.Dispose();
            throw;
        }
    }

    private static LedgerException Failure(StorePlan plan, LightningException e, bool isFatal) => CodeOf(e) switch
    {
        MDBResultCode.MapFull => new($"{plan.Name} {plan.Path} is full at {plan.MapSize} bytes: raise {plan.MapSetting} and restart", isFatal, StoreFault.NoRoom),
        // mdb.c, mdb_page_flush: what is left of a write that ended early is not tried, so why it did is not known; of a file it is a disk that is full.
        MDBResultCode.ShortWrite => new($"{plan.Name} {plan.Path}: a write ended early: no space is left{Advice(Errno.ENOSPC)}", isFatal, StoreFault.NoRoom),
        MDBResultCode.ReadersFull => new($"{plan.Name} {plan.Path}: all {plan.MostReaders} places for readers are taken by commands that read it now; try again when they are done", isFatal, StoreFault.Busy),
        MDBResultCode.Invalid or MDBResultCode.VersionMismatch or MDBResultCode.Corrupted or MDBResultCode.PageNotFound =>
            new($"{plan.Name} {plan.Path} is damaged ({Words(e)}). {plan.IfDamaged}", isFatal, StoreFault.Damaged),
        var code => new($"{plan.Name} {plan.Path}: {Words(e)}{Advice((int)code)}", isFatal, FaultOf((int)code)),
    };

    // LightningDB wraps what opening fails with.
    private static MDBResultCode CodeOf(LightningException e) => (MDBResultCode)((e.InnerException as LightningException ?? e).StatusCode);

    private static string Words(LightningException e) => (e.InnerException as LightningException ?? e).Message;

    private static StoreFault FaultOf(int errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM or Errno.EROFS => StoreFault.NoPermission,
        Errno.ENOSPC or Errno.EDQUOT => StoreFault.NoRoom,
        _ => StoreFault.Failed,
    };

    private static string Advice(int errno) => FaultOf(errno) switch
    {
        // No user may.
        StoreFault.NoPermission when errno == Errno.EROFS => ". Mount that file system writable again; after a fault of its disk the kernel's log (dmesg) says which",
        StoreFault.NoRoom => ". Make room on that file system; nothing is wrong with what is there",
        StoreFault.NoPermission => ". It belongs to the worker's user: run this as that user, or as root",
        _ => "",
    };
}
