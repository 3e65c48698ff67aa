// Looks for a message wherever one may lie: intakes, target, held/, corrupt/. Reads only. A place that cannot be read keeps nobody from the others.
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Showing;

/// <summary>What a search came to.</summary>
/// <param name="Messages">An id may lie in several places.</param>
/// <param name="Records">What the ledger knows of the id, also when the message is gone.</param>
/// <param name="Troubles">What could not be looked at.</param>
internal sealed record SearchResult(IReadOnlyList<FoundMessage> Messages, IReadOnlyList<LedgerEntry> Records, IReadOnlyList<Trouble> Troubles);

/// <summary>Finds messages by id.</summary>
internal static class MessageSearch
{
    public static SearchResult Find(Settings settings, MessageId id)
    {
        var troubles = new List<Trouble>();
        using var ledger = OpenLedger(settings.Ledger, troubles);
        var records = ledger?.FindAll(id) ?? [];
        var found = new List<FoundMessage>();
        foreach (var (place, path) in PlacesOf(settings))
        {
            try
            {
                foreach (var header in HeadersIn(place, path, id)) found.Add(FoundMessage.Read(place, header, records));
            }
            catch (PosixException e)
            {
                troubles.Add(Trouble.Of(e, $"{place}: "));
            }
        }
        return new SearchResult(found, records, troubles);
    }

    private static IEnumerable<(string Place, string Path)> PlacesOf(Settings settings) => settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Distinct().Select(path => ("intake", path))
        .Append(("target", Places.TargetPath(settings.Target))).Append(("held", Places.Full(settings.Held.Path))).Append(("corrupt", Places.Full(settings.Corrupt.Path)));

    private static List<string> HeadersIn(string place, string path, MessageId id)
    {
        using var directory = new SpoolDirectory(path);
        if (place != "corrupt") return directory.FolderWith(id, 'H') is { } folder ? [$"{folder}/{id.HeaderName}"] : [];
        var error = directory.TryOpen(out var corrupt);
        if (error is Errno.ENOENT or Errno.ENOTDIR) return [];
        if (error != 0) throw new PosixException(error, "open", path);
        corrupt!.Dispose();
        return [.. CorruptFolder.Read(path, id).Select(e => $"{path}/{e.Name}-H")];
    }

    private static LedgerGlance? OpenLedger(LedgerOptions options, List<Trouble> troubles)
    {
        try
        {
            return LedgerGlance.Open(options);
        }
        catch (IOException e)
        {
            troubles.Add(Trouble.Of(e, "shown without the ledger: "));
            return null;
        }
    }
}
