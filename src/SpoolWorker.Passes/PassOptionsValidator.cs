namespace SpoolWorker.Passes;

/// <summary>Faults of the settings every pass has.</summary>
public static class PassOptionsValidator
{
    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(PassOptions options)
    {
        if (options.Timeout <= TimeSpan.Zero) yield return $"Timeout = '{options.Timeout}': must be above zero";
        if (options.BreakAfter < 1) yield return $"BreakAfter = '{options.BreakAfter}': must be 1 or more";
        // Polly's bounds of a break.
        if (options.BreakFor < TimeSpan.FromMilliseconds(500) || options.BreakFor > TimeSpan.FromDays(1)) yield return $"BreakFor = '{options.BreakFor}': must be 00:00:00.5 to one day";
    }
}
