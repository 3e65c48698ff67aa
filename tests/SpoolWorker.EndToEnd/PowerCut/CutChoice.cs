// How much the tests of power cuts do. The variable is taken out of the environment: to the worker all that begins with SPOOLWORKER_ is a
// setting, and one it does not know is refused.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>What SPOOLWORKER_CUTS says.</summary>
internal static class CutChoice
{
    private const string Variable = "SPOOLWORKER_CUTS";

    /// <summary>True for "all": every step of every kind of message.</summary>
    public static readonly bool All = Take() == "all";

    private static string? Take()
    {
        var value = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return value;
    }
}
