using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>One element of <c>Passes</c>: the name of a pass, or an object that says when it runs. Two of one name are the same pass.</summary>
[ShortForm(nameof(Name))]
internal sealed class PassEntry : IEquatable<PassEntry>
{
    /// <summary>The pass.</summary>
    public string Name { get; set; } = "";

    /// <summary>A batch: at these times (Quartz, seconds first) all goes through the pass that has come to it by then; what comes later waits for the next.</summary>
    public string Cron { get; set; } = "";

    /// <summary>Hours in which the pass runs: <c>22:00-06:00</c>, or <c>Mon-Fri 08:00-18:00</c>, several with commas between. What comes to it outside waits.</summary>
    public string Window { get; set; } = "";

    /// <summary>A name alone is the short form, here as in the configuration.</summary>
    public static implicit operator PassEntry(string name) => new() { Name = name };

    public bool Equals(PassEntry? other) => other?.Name == Name;

    public override bool Equals(object? obj) => Equals(obj as PassEntry);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
