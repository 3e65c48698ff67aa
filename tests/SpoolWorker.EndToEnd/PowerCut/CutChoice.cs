// How much the tests of power cuts do.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>What SPOOLWORKER_CUTS says.</summary>
internal static class CutChoice
{
    private const int ManyDisks = 300;

    /// <summary>How many disks of a recording the model tries at most; null by default.</summary>
    public static readonly int? Disks = int.TryParse(TestVariables.Cuts, System.Globalization.CultureInfo.InvariantCulture, out var disks) ? disks : TestVariables.Cuts == "all" ? ManyDisks : null;

    /// <summary>True for "all", or a number of disks: every step of every kind of message.</summary>
    public static readonly bool All = Disks is not null;
}
