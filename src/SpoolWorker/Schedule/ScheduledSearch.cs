// Which mail a schedule means: what lies in the places, as `list --where` sees it, when its time has come. The condition was looked through at start.
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Options;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Schedule;

/// <summary>Finds the mail of schedules.</summary>
internal static class ScheduledSearch
{
    /// <param name="settings">Where mail lies.</param>
    /// <param name="where">The condition; empty: all.</param>
    /// <param name="places">The places.</param>
    /// <param name="withReasons">Why mail is held is wanted.</param>
    /// <param name="now">What ages count to.</param>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public static SelectedMessages Find(Settings settings, string where, ListPlaces places, bool withReasons, DateTimeOffset now)
    {
        if (!Selection.TryParse([], where.Length > 0 ? where : null, ConditionNames.Checked, out var selection, out var fault)) throw new InvalidOperationException(fault);
        using var ledger = LedgerGlance.Open(settings.Ledger);
        return MessageSelector.Find(selection, places.Sources(settings, ledger).Select(s => s with { WithReasons = withReasons }), now);
    }
}
