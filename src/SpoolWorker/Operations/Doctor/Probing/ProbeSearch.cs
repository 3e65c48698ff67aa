// Finds a probe whose id nobody has told, as the answer to it was lost: by its Message-ID, among the newest messages of the places. Reads only; a place that cannot be read
// holds none.
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>Looks for it.</summary>
internal static class ProbeSearch
{
    // It came a moment ago: what is newer came since.
    private const int MostLooked = 1000;

    // The -H of a probe has some hundred bytes.
    private const long MostBytes = 64 * 1024;

    // Exim that has not answered yet may still be writing it.
    private const int Looks = 30;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks for three seconds; null: it lies nowhere.</summary>
    public static async Task<MessageId?> FindAsync(Settings settings, string messageId)
    {
        for (var look = 0; ; look++)
        {
            foreach (var path in PlacesOf(settings))
            {
                if (In(path, $"<{messageId}>") is { } id) return id;
            }
            if (look == Looks) return null;
            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }

    private static IEnumerable<string> PlacesOf(Settings settings) =>
        settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Append(Places.TargetPath(settings.Target)).Append(Places.Full(settings.Held.Path)).Distinct();

    private static MessageId? In(string path, string field)
    {
        try
        {
            using var names = MessageNames.Read(path);
            using var directory = new SpoolDirectory(path);
            foreach (var name in names.Names.Reverse().Take(MostLooked))
            {
                if (directory.FolderWith(name.Id, 'H') is { } folder && Holds($"{folder}/{name.Id.HeaderName}", field)) return name.Id;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to see, or not there yet.
        }
        return null;
    }

    private static bool Holds(string header, string field)
    {
        try
        {
            return new FileInfo(header).Length <= MostBytes && File.ReadAllBytes(header).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(field)) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has gone on meanwhile.
            return false;
        }
    }
}
