// What an examination came to: findings, what mending has done, what is acknowledged, and the verdict in the words of monitoring plugins.
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Acknowledging;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Doctor;

/// <summary>The result of an examination.</summary>
/// <param name="Findings">The worst first; what is acknowledged behind what counts.</param>
internal sealed record DoctorReport(IReadOnlyList<(Finding Finding, AcknowledgementView? Acknowledged)> Findings)
{
    /// <summary>How bad it is, by what counts.</summary>
    public StatusLevel Level => Count(Severity.Error) > 0 ? StatusLevel.Critical : Count(Severity.Warning) > 0 ? StatusLevel.Warning : Count(Severity.Unknown) > 0 ? StatusLevel.Unknown : StatusLevel.Ok;

    /// <summary>What counts: nothing that is well, acknowledged or mended.</summary>
    public IEnumerable<Finding> Counting => Findings.Where(f => f is { Acknowledged: null, Finding: { Kind: not null, Fixed: null } }).Select(f => f.Finding);

    /// <summary>How many of a severity count.</summary>
    public int Count(Severity severity) => Counting.Count(f => f.Severity == severity);

    /// <summary>Takes acknowledgements into account; where they cannot be read everything counts, and that is told.</summary>
    public static DoctorReport Of(IReadOnlyList<Finding> findings, LedgerOptions ledger, TimeProvider clock)
    {
        IReadOnlyList<AcknowledgementView> known = [];
        try
        {
            known = new Acknowledgements(ledger, clock).Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings = [.. findings, ConfigurationKinds.Incomplete.Unknown("acknowledgements", $"cannot be read: {e.Message}", "run it as root or as the worker's user")];
        }
        return new([.. findings.Select(f => (f, Acknowledgements.Of(f, known))).OrderBy(f => f.Item2 is not null || f.f.Fixed is not null).ThenByDescending(f => f.f.Severity)]);
    }

    /// <summary>Mends what can be mended. What was mended is told as it was found.</summary>
    public static IReadOnlyList<Finding> Mend(IReadOnlyList<Finding> findings) => [.. findings.Select(Mended)];

    private static Finding Mended(Finding finding)
    {
        if (finding.Repair is not { } repair) return finding;
        try
        {
            return finding with { Fixed = repair() };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return finding with { NotFixed = e.Message };
        }
    }
}
