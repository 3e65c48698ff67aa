using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Commands.Tables;

/// <summary>What ends a command of tables.</summary>
internal static class TableFailure
{
    /// <summary>Tells the reason on standard error and returns the exit code.</summary>
    public static int Told(string reason, int exitCode = ExitCode.TemporaryFailure)
    {
        Console.Error.WriteLine($"spoolworker: {reason}");
        return exitCode;
    }
}
