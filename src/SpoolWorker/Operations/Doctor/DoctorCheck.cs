namespace SpoolWorker.Operations.Doctor;

/// <summary>One thing that is looked at.</summary>
/// <param name="Name">What, for people: where the look itself fails.</param>
/// <param name="Look">Looks; what it throws is a finding.</param>
internal sealed record DoctorCheck(string Name, Func<CancellationToken, ValueTask<IReadOnlyList<Checks.Finding>>> Look)
{
    /// <summary>Of a check that waits for nothing but files.</summary>
    public static DoctorCheck Of(string name, Func<IEnumerable<Checks.Finding>> look) => new(name, _ => ValueTask.FromResult<IReadOnlyList<Checks.Finding>>([.. look()]));
}
