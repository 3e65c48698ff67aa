namespace SpoolWorker.Passes.Services;

/// <summary>How long a daemon is waited for.</summary>
/// <param name="Connect">For a connection.</param>
/// <param name="Write">While nothing of the request is taken: a large message must not fail for its size alone.</param>
/// <param name="Read">For the answer.</param>
/// <param name="AfterFailure">How long a daemon that failed is asked last.</param>
public sealed record ServiceLimits(TimeSpan Connect, TimeSpan Write, TimeSpan Read, TimeSpan AfterFailure);
