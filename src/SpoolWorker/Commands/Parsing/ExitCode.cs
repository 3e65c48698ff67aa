// What a command ends with.
using SpoolWorker.Operations;

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
    public static int Of(Exception failure) => Of(Trouble.KindOf(failure));

    /// <summary>What to end with when an operation could not do what it was asked.</summary>
    public static int Of(TroubleKind kind) => kind switch
    {
        TroubleKind.NotFound => NoInput,
        TroubleKind.BadData => DataError,
        TroubleKind.AlreadyThere => CannotCreate,
        TroubleKind.NotPermitted => NoPermission,
        TroubleKind.NotNow => TemporaryFailure,
        TroubleKind.NotInstalled => Unavailable,
        TroubleKind.Configuration => Config,
        _ => InputOutput,
    };

    /// <summary>Tells of a trouble on standard error; what to end with.</summary>
    public static int Told(Trouble trouble)
    {
        Console.Error.WriteLine($"spoolworker: {trouble.Text}");
        return Of(trouble.Kind);
    }
}
