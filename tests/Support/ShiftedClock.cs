namespace SpoolWorker.Testing;

/// <summary>The time of this host, some days before or after; what waits, waits by real time.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan By { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
}
