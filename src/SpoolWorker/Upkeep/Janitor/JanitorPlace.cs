// The directories that are looked into. Each is opened anew for a run, by descriptor and, below what an operator named, through no symlink.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>What a directory is.</summary>
internal enum PlaceRole
{
    /// <summary>An Exim's <c>input</c>.</summary>
    Spool,

    /// <summary>The <c>input</c> of the Exim that delivers.</summary>
    Target,

    /// <summary>Where queuefile puts pairs.</summary>
    Queuefile,

    Held,

    Corrupt,
}

/// <summary>A directory, with the message logs that belong to it.</summary>
internal sealed class JanitorPlace(string path, PlaceRole role, string? fixedPart = null) : IDisposable
{
    private const string Input = "input";

    public PlaceRole Role { get; } = role;

    public SpoolDirectory Directory { get; } = new(path) { FixedPart = fixedPart };

    /// <summary>Where an Exim keeps a log of each message that is in the directory; null: it keeps none here.</summary>
    public SpoolDirectory? Logs { get; } =
        role is PlaceRole.Spool or PlaceRole.Target && Path.GetFileName(path) == Input ? new(Path.Join(Path.GetDirectoryName(path), "msglog")) { FixedPart = fixedPart } : null;

    /// <summary>An operator wants it looked into, and not only what is there of it.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The places to look into.</summary>
    public static IReadOnlyList<JanitorPlace> Of(JanitorOptions options, Settings settings)
    {
        var known = Known(settings).DistinctBy(p => p.Directory.Path).ToList();
        if (options.Spools.Count == 0) return known;
        return [.. options.Spools.Select(PathOf).Distinct().Select(path => known.Find(p => p.Directory.Path == path) is { } same
            ? new JanitorPlace(path, same.Role, same.Directory.FixedPart) { IsNamed = true } : new JanitorPlace(path, PlaceRole.Spool) { IsNamed = true })];
    }

    public void Dispose()
    {
        Directory.Dispose();
        Logs?.Dispose();
    }

    private static IEnumerable<JanitorPlace> Known(Settings settings)
    {
        if (Places.TargetPath(settings.Target) is { Length: > 0 } target) yield return new JanitorPlace(target, PlaceRole.Target);
        using var intakes = new IntakeSet(settings);
        foreach (var intake in intakes.All) yield return new JanitorPlace(intake.Path, intake.Kind == IntakeKind.Queuefile ? PlaceRole.Queuefile : PlaceRole.Spool, intake.Directory.FixedPart);
        if (settings.Held.Path.Length > 0) yield return new JanitorPlace(Places.Full(settings.Held.Path), PlaceRole.Held);
        if (settings.Corrupt.Path.Length > 0) yield return new JanitorPlace(Places.Full(settings.Corrupt.Path), PlaceRole.Corrupt);
    }

    // The directory itself where it has no input: held/, or queuefile's.
    private static string PathOf(string path)
    {
        var full = Places.Full(path);
        return System.IO.Directory.Exists($"{full}/{Input}") ? $"{full}/{Input}" : full;
    }
}
