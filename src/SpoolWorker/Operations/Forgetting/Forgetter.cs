// Lets a message id through again. The running worker need not be stopped.
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Forgetting;

/// <summary>What was forgotten, or why nothing was.</summary>
/// <param name="Records">The records that are gone.</param>
/// <param name="Trouble">Set when there are none.</param>
internal sealed record Forgotten(IReadOnlyList<LedgerEntry> Records, Trouble? Trouble);

/// <summary>Removes a message's records from the ledger.</summary>
internal static class Forgetter
{
    /// <param name="settings">Ledger and places.</param>
    /// <param name="id">The message.</param>
    /// <param name="force">Even while it is being handed over.</param>
    /// <exception cref="LedgerException">The ledger cannot be used.</exception>
    public static Forgotten Forget(Settings settings, MessageId id, bool force)
    {
        var options = settings.Ledger;
        // Not made by asking: root would leave a ledger behind that the worker may not open.
        if (!MessageLedger.Exists(options)) return Unknown(id);
        using var ledger = MessageLedger.Open(options);
        // What lies there would be worked on as if it had never been: sent again, where a part of it was.
        if (!force && PlaceOf(settings, id) is { } place)
            return new Forgotten([], new Trouble(TroubleKind.NotNow, $"{id} still lies in {place}. To have it judged again: spoolworker retry {id}; to forget all the same what was done for it, say --force"));
        if (!force && ledger.FindAll(id).FirstOrDefault(e => e.Staged.Count > 0) is { } open)
        {
            return new Forgotten([], new Trouble(TroubleKind.NotNow,
                $"{id} is being handed over to {open.Staged[0].Folder}, or was when the worker was killed. Let the worker finish (start it if it does not run), or say --force"));
        }
        // Told as `show` tells them: what the ledger itself keeps of a finished message names nobody.
        var known = Known(options, id);
        var records = ledger.Forget(id);
        return records.Count > 0 ? new Forgotten(LedgerEntry.InOrder(records.Select(r => known.FirstOrDefault(k => k.Intake == r.Intake) ?? r)), null) : Unknown(id);
    }

    private static IReadOnlyList<LedgerEntry> Known(LedgerOptions options, MessageId id)
    {
        using var glance = LedgerGlance.Open(options);
        return glance?.FindAll(id) ?? [];
    }

    private static string? PlaceOf(Settings settings, MessageId id)
    {
        foreach (var path in settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Append(Places.Full(settings.Held.Path)).Distinct())
        {
            using var directory = new SpoolDirectory(path);
            if (directory.FolderWith(id, 'H') is { } folder) return folder;
        }
        return null;
    }

    private static Forgotten Unknown(MessageId id) => new([], new Trouble(TroubleKind.NotFound, $"nothing is known of {id}"));
}
