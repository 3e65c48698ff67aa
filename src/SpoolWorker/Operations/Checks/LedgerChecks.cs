// The ledger: can it be opened, how large is it, how much does it know. A ledger that is not there yet is made by the
// worker, not by looking.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about the ledger.</summary>
internal static class LedgerChecks
{
    private const int NearlyFull = 80;

    public static IEnumerable<Finding> All(Settings settings)
    {
        const string subject = "Ledger:Path";
        var path = Places.Full(settings.Ledger.Path);
        if (!MessageLedger.Exists(settings.Ledger))
        {
            yield return Finding.Ok(subject, $"{path}: no ledger yet; the first run makes it");
            yield break;
        }
        Finding finding;
        try
        {
            using var ledger = MessageLedger.Open(settings.Ledger);
            var size = new FileInfo(Path.Combine(path, "ledger.mdb")).Length;
            var open = ledger.Open().Count;
            var text = $"{path}: {Amount.Size(size)}, {Amount.Of(ledger.Count, "record")}, {open} of them open; {Amount.Of(ledger.CountFinished, "finished message")}";
            finding = size * 100 / settings.Ledger.MapSize >= NearlyFull
                ? ConfigurationKinds.LedgerFull.Warning(subject, $"{text}; near Ledger:MapSize ({Amount.Size(settings.Ledger.MapSize)})", "raise Ledger:MapSize and restart, or lower Ledger:Keep before it is full")
                : Finding.Ok(subject, text);
        }
        catch (LedgerException e) when (e.Fault == StoreFault.Older)
        {
            finding = Finding.Ok(subject, $"{path}: of an earlier version; the worker's next start brings it to this one's format");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            finding = ConfigurationKinds.LedgerUnusable.Error(subject, e.Message, CureOf(e, path));
        }
        yield return finding;
        // Asked of /proc, as a lock that is taken for a moment would keep a worker from starting in it.
        if (LedgerLocks.HolderOf(path) is { } process) yield return Finding.Ok(subject, $"a worker is running with it (process {process})");
    }

    private static string CureOf(Exception failure, string path) => failure switch
    {
        LedgerException { Fault: StoreFault.Newer } => $"run that version; or, with the worker stopped, move {path} away and put there the one that was kept before, as docs/operations.md says in 'Going back to an earlier version'",
        LedgerException { Fault: StoreFault.NoRoom } => "make room on its file system",
        LedgerException { Fault: StoreFault.NoLibrary } or DllNotFoundException => "install the package once more: the library comes with it",
        _ => "see that the worker's user may write there, and that the file is a ledger",
    };

    /// <summary>The ledger's tag, or null when there is none to ask.</summary>
    public static string? Tag(LedgerOptions options)
    {
        try
        {
            using var ledger = LedgerGlance.Open(options);
            return ledger?.Tag;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            return null;
        }
    }
}
