using SpoolWorker.Options;

namespace SpoolWorker.Configuration;

/// <summary>What of the configuration a command uses. Faults of the rest do not concern it: an operator with a missing secret still sees what is held.</summary>
internal sealed record Needs
{
    private Needs()
    {
    }

    /// <summary>All of it, with the files it names: what a worker is started with.</summary>
    public static Needs All { get; } = new() { IsAll = true };

    public bool IsAll { get; private init; }

    /// <summary>Sections and keys (<c>Target:Path</c>) that are read.</summary>
    public IReadOnlyList<string> Keys { get; private init; } = [];

    /// <summary>Sections of passes that are also checked as at a start: keys and secrets are looked at.</summary>
    public IReadOnlyList<string> Checked { get; private init; } = [];

    /// <summary>Values alone.</summary>
    public static Needs Of(params IReadOnlyList<string> keys) => new() { Keys = keys };

    /// <summary>Sections of passes, as these need them to run.</summary>
    public static Needs ToRun(IReadOnlyList<string> sections) => new() { Keys = sections, Checked = sections };

    /// <summary>The same, with other values.</summary>
    public static Needs ToRun(IReadOnlyList<string> sections, IReadOnlyList<string> keys) => new() { Keys = [.. sections, .. keys], Checked = sections };

    /// <summary>Whether a section has something that is needed.</summary>
    public bool Reads(string section) => IsAll || Keys.Any(key => key.Equals(section, StringComparison.OrdinalIgnoreCase) || key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether something of the worker's own sections is needed.</summary>
    public bool ReadsOfWorker => IsAll || Keys.Any(key => typeof(Settings).GetProperty(key.Split(':')[0]) is not null);

    /// <summary>Whether a section is checked as at a start.</summary>
    public bool Checks(string section) => IsAll || Checked.Contains(section, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a fault is of something that is needed.</summary>
    public bool Concerns(string fault) => IsAll || Keys.Any(key => IsOf(fault, key));

    /// <summary>Whether a fault is of a key, or of one below it.</summary>
    public static bool IsOf(string fault, string key) => fault.StartsWith(key, StringComparison.OrdinalIgnoreCase) && (fault.Length == key.Length || fault[key.Length] is ':' or ' ');
}
