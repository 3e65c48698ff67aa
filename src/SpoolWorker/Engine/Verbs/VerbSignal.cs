// How a command tells a running worker of a verb it has written: a file of the ledger's directory is made anew, and the worker watches for that name. A hint
// only: the worker looks at the rows from time to time as well.
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Verbs;

/// <summary>The sign beside a ledger.</summary>
internal static class VerbSignal
{
    /// <summary>The file's name.</summary>
    public const string Name = "verbs";

    /// <summary>Gives the sign; what goes wrong with it costs only time.</summary>
    public static void Give(string ledger)
    {
        var path = Path.Combine(Path.GetFullPath(ledger), Name);
        try
        {
            Posix.TryUnlink(path);
            Owned.OpenFile(path, Posix.O_RDWR).Dispose();
        }
        catch (PosixException)
        {
            // said above
        }
    }
}
