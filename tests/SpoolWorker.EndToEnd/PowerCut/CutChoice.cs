// How much the tests of power cuts do. The variable is taken out of the environment: to the worker all that begins with SPOOLWORKER_ is a
// setting, and one it does not know is refused.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>What SPOOLWORKER_CUTS says.</summary>
internal static class CutChoice
{
    private const string Variable = "SPOOLWORKER_CUTS";
    private const int ManyDisks = 300;
    private static readonly string? Value = Take();

    /// <summary>How many disks of a recording the model tries at most; null by default.</summary>
    public static readonly int? Disks = int.TryParse(Value, System.Globalization.CultureInfo.InvariantCulture, out var disks) ? disks : Value == "all" ? ManyDisks : null;

    /// <summary>True for "all", or a number of disks: every step of every kind of message.</summary>
    public static readonly bool All = Disks is not null;

    private static string? Take()
    {
        var value = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return value;
    }
}
