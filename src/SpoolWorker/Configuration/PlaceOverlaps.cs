// Whether the places of a configuration are apart, asked before anything is touched: by device and inode where they are
// there, by their resolved paths where they will be made. At run time PlaceGuard goes on asking.
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>Places that are, or lie in, one another.</summary>
internal static class PlaceOverlaps
{
    /// <summary>The faults, each with key, value and both directories.</summary>
    public static IEnumerable<string> Of(Settings settings)
    {
        var places = new List<(string Key, string Value, string Path, bool IsIntake)>();
        if (settings.Target.Path.Length > 0) places.Add(("Target:Path", settings.Target.Path, Places.TargetPath(settings.Target), false));
        if (settings.Held.Path.Length > 0) places.Add(("Held:Path", settings.Held.Path, Places.Full(settings.Held.Path), false));
        if (settings.Corrupt.Path.Length > 0) places.Add(("Corrupt:Path", settings.Corrupt.Path, Places.Full(settings.Corrupt.Path), false));
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            // What a pattern matches and is no place of its own is left out by IntakeSet.
            if (settings.Intakes[i].Path.Length > 0 && !PathPattern.Is(Places.Full(settings.Intakes[i].Path))) places.Add(($"Intakes:{i}:Path", settings.Intakes[i].Path, Places.IntakePath(settings.Intakes[i]), true));
        }
        var found = places.Select(p => new Looked(p.Path)).ToList();
        for (var i = 0; i < places.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var bothIntakes = places[i].IsIntake && places[j].IsIntake;
                if (Relation(found[i], found[j], nested: !bothIntakes) is { } relation)
                    yield return $"{places[i].Key} = '{places[i].Value}': {relation} {places[j].Key}{Where(places[i].Path, places[j].Path)}; {Harm(places[i], places[j])}";
            }
        }
    }

    private static string? Relation(Looked one, Looked other, bool nested)
    {
        if (one.Real == other.Real || (one.Identity is { } identity && identity == other.Identity)) return "is the same directory as";
        if (!nested) return null;
        if (one.Real.StartsWith(other.Real + "/", StringComparison.Ordinal)) return "lies in";
        return other.Real.StartsWith(one.Real + "/", StringComparison.Ordinal) ? "holds" : null;
    }

    private static string Where(string one, string other) => one == other ? "" : $" ({one} and {other})";

    private static string Harm((string Key, string Value, string Path, bool IsIntake) one, (string Key, string Value, string Path, bool IsIntake) other) => (one.IsIntake, other.Key) switch
    {
        (true, _) when other.IsIntake => "the worker would take each message twice",
        (true, _) => "the worker would take its own output",
        (false, "Target:Path") => "what is put aside would be delivered",
        _ => "their messages could not be told apart",
    };

    // A place as it is, or, where it is not there yet, as it will be: what is there of its path, resolved, and the rest.
    private sealed class Looked
    {
        public Looked(string path)
        {
            var (existing, rest) = (path, "");
            SpoolFolder? folder;
            while (SpoolFolder.TryOpen(existing, out folder) != 0 && Path.GetDirectoryName(existing) is { } above)
            {
                rest = $"/{Path.GetFileName(existing)}{rest}";
                existing = above;
            }
            using (folder)
            {
                Real = (folder?.RealPath() ?? existing).TrimEnd('/') + rest;
                if (folder is not null && rest.Length == 0) Identity = (folder.Status.Device, folder.Status.Inode);
            }
        }

        public string Real { get; }

        public (ulong Device, ulong Inode)? Identity { get; }
    }
}
