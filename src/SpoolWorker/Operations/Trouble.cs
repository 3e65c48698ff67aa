// What an operation could not do, as data: every door tells it in its own way (a command by a line and an exit code).
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations;

/// <summary>What sort of trouble it is.</summary>
internal enum TroubleKind
{
    /// <summary>What was named is not there.</summary>
    NotFound,

    /// <summary>It is there and is not what it should be.</summary>
    BadData,

    /// <summary>What was to be made is there already.</summary>
    AlreadyThere,

    /// <summary>Whoever asks may not.</summary>
    NotPermitted,

    /// <summary>Cannot be done now; later it may.</summary>
    NotNow,

    /// <summary>Reading or writing failed.</summary>
    Failed,

    /// <summary>Something the program needs is not installed.</summary>
    NotInstalled,

    /// <summary>The configuration, or what it leads to, is not for this program.</summary>
    Configuration,
}

/// <summary>One thing that could not be done.</summary>
/// <param name="Kind">Of what sort.</param>
/// <param name="Text">A sentence for people.</param>
internal sealed record Trouble(TroubleKind Kind, string Text)
{
    /// <summary>As an exception of reading or writing tells it.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="before">What stands before its sentence, as in "held: ".</param>
    public static Trouble Of(Exception failure, string before = "") => new(KindOf(failure), before + failure.Message);

    /// <summary>The one table from what went wrong to what it means.</summary>
    public static TroubleKind KindOf(Exception failure) => failure switch
    {
        LedgerException { Fault: StoreFault.Busy or StoreFault.NoRoom or StoreFault.Older } or IntakeTakenException => TroubleKind.NotNow,
        LedgerException { Fault: StoreFault.NoPermission } => TroubleKind.NotPermitted,
        LedgerException { Fault: StoreFault.Newer } => TroubleKind.Configuration,
        LedgerException { Fault: StoreFault.NoLibrary } or DllNotFoundException => TroubleKind.NotInstalled,
        PosixException { Errno: Errno.EACCES or Errno.EPERM or Errno.EROFS } or UnauthorizedAccessException => TroubleKind.NotPermitted,
        // A spool or a place of the worker's own; output on a full disk is a failed write.
        PosixException { Errno: Errno.ENOSPC or Errno.EDQUOT } => TroubleKind.NotNow,
        _ => TroubleKind.Failed,
    };
}
