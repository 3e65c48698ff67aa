using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Section <c>Janitor</c>: what lies about in spools.</summary>
internal sealed class JanitorOptions
{
    // A host has a few; each is read through in each run.
    private const int MostSpools = 100;

    /// <summary>Whether it runs by the clock.</summary>
    public bool On { get; set; } = true;

    /// <summary>Directories that are looked into: spool directories of Exims, or their <c>input</c>. Empty: the intakes, the target, <c>held/</c> and <c>corrupt/</c>.</summary>
    public List<string> Spools { get; set; } = [];

    /// <summary>Kinds that are moved to <c>lost+found</c> when the clock says so; the page <c>jobs.md</c> has them. Empty: all is told, and nothing is moved.</summary>
    public List<string> Fix { get; set; } = [];

    /// <summary>What was changed later is left out, and never moved.</summary>
    [TimeRange("1d", "3650d")]
    public TimeSpan Age { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a message has to be frozen to be told.</summary>
    [TimeRange("1d", "3650d")]
    public TimeSpan FrozenAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How many of a kind are named; the rest are counted.</summary>
    [NumberRange(1, 50, Unit = "things")]
    public int Listed { get; set; } = 20;

    /// <summary>What is wrong with them.</summary>
    public static IEnumerable<string> Faults(JanitorOptions options)
    {
        if (options.Spools.Count > MostSpools) yield return $"Spools: {options.Spools.Count} of them; name at most {MostSpools}";
        for (var i = 0; i < options.Spools.Count; i++)
        {
            if (!Path.IsPathRooted(options.Spools[i])) yield return $"Spools:{i} = '{options.Spools[i]}': must be an absolute path, such as /var/spool/exim4";
        }
        for (var i = 0; i < options.Fix.Count; i++)
        {
            if (!JanitorKinds.Movable.Contains(options.Fix[i])) yield return $"Fix:{i} = '{options.Fix[i]}': must be one of {string.Join(", ", JanitorKinds.Movable)}";
        }
    }
}
