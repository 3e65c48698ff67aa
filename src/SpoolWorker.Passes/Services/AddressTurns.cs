// Several daemons that do the same work: asked in the order given, one that failed a moment ago last, so that a daemon that is
// down does not cost every message its time limit while another is up. By timestamps: the date may jump. Cannot fail.
namespace SpoolWorker.Passes.Services;

/// <summary>Whose turn it is.</summary>
/// <param name="addresses">The daemons, the preferred one first.</param>
/// <param name="afterFailure">How long one that failed comes last.</param>
/// <param name="clock">For the time since a failure.</param>
internal sealed class AddressTurns(IReadOnlyList<ServiceAddress> addresses, TimeSpan afterFailure, TimeProvider clock)
{
    // Timestamp of the last failure, 0 when it answered since.
    private readonly long[] _failedAt = new long[addresses.Count];

    /// <summary>The daemons in the order in which they are to be asked now.</summary>
    public IReadOnlyList<ServiceAddress> InTurn() => [.. Enumerable.Range(0, addresses.Count).OrderBy(i => HasJustFailed(i) ? 1 : 0).Select(i => addresses[i])];

    /// <summary>Notes how one of them fared.</summary>
    public void Fared(ServiceAddress address, bool answered)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            // 0 means "did not fail", and a clock may start at 0.
            if (ReferenceEquals(addresses[i], address)) Volatile.Write(ref _failedAt[i], answered ? 0 : Math.Max(1, clock.GetTimestamp()));
        }
    }

    private bool HasJustFailed(int i) => Volatile.Read(ref _failedAt[i]) is var at and > 0 && clock.GetElapsedTime(at) < afterFailure;
}
