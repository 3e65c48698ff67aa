// What a worker makes where it keeps its own when it starts for the first time: a ledger, held/, corrupt/. Where init fails behind that start they go again, as long as no message was in the
// worker's hands: a ledger that knows one, or a file beside it, stays and is told. To be called when no worker runs.
using SpoolWorker.Ledger;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Init;

/// <summary>The directory as it was before a worker started.</summary>
internal sealed class FreshState
{
    private readonly string _directory;
    private readonly HashSet<string> _before;

    /// <param name="directory">Where the worker keeps its own.</param>
    public FreshState(string directory)
    {
        _directory = directory;
        _before = [.. Entries()];
    }

    /// <summary>Removes what was made since.</summary>
    /// <exception cref="IOException">Something of it stays.</exception>
    public void Restore()
    {
        foreach (var path in Entries().Where(path => !_before.Contains(path)))
        {
            var ledger = new LedgerOptions { Path = path };
            if (!Directory.Exists(path)) throw new IOException($"{path} was made meanwhile and stays");
            if (MessageLedger.Exists(ledger) ? Knows(ledger) : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Any()) throw new IOException($"{path} has something of mail in it and stays");
            Directory.Delete(path, recursive: true);
        }
    }

    private static bool Knows(LedgerOptions options)
    {
        using var ledger = MessageLedger.Open(options);
        return ledger.Count + ledger.CountFinished > 0;
    }

    private List<string> Entries() => Directory.Exists(_directory) ? [.. Directory.EnumerateFileSystemEntries(_directory).Order(StringComparer.Ordinal)] : [];
}
