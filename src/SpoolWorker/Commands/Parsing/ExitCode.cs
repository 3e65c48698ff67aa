// What a command ends with, and the one table from what went wrong to it.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Parsing;

/// <summary>Exit codes of sysexits.h, as Exim and the shell scripts around it use them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>The input is there and is not what it should be.</summary>
    public const int DataError = 65;

    /// <summary>The named message or file is not there.</summary>
    public const int NoInput = 66;

    /// <summary>Something the program needs is not installed.</summary>
    public const int Unavailable = 69;

    /// <summary>A bug.</summary>
    public const int Software = 70;

    /// <summary>A file to be made is there already.</summary>
    public const int CannotCreate = 73;

    /// <summary>Reading or writing failed.</summary>
    public const int InputOutput = 74;

    /// <summary>Cannot be done now; later it may.</summary>
    public const int TemporaryFailure = 75;

    /// <summary>Not permitted.</summary>
    public const int NoPermission = 77;

    /// <summary>The configuration is wrong.</summary>
    public const int Config = 78;

    /// <summary>What to end with when reading or writing failed so.</summary>
    public static int Of(Exception failure) => failure switch
    {
        LedgerException { Fault: StoreFault.Busy or StoreFault.NoRoom } or IntakeTakenException => TemporaryFailure,
        LedgerException { Fault: StoreFault.NoPermission } => NoPermission,
        LedgerException { Fault: StoreFault.Newer } => Config,
        LedgerException { Fault: StoreFault.NoLibrary } or DllNotFoundException => Unavailable,
        PosixException { Errno: Errno.EACCES or Errno.EPERM or Errno.EROFS } or UnauthorizedAccessException => NoPermission,
        // A spool or a place of the worker's own; output on a full disk is a failed write.
        PosixException { Errno: Errno.ENOSPC or Errno.EDQUOT } => TemporaryFailure,
        _ => InputOutput,
    };
}
