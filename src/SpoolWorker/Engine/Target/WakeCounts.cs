namespace SpoolWorker.Engine.Target;

/// <summary>How an Exim was told of a message.</summary>
internal enum WakeWay
{
    /// <summary>A datagram to its daemon.</summary>
    Notify,

    /// <summary><c>exim -Mc</c>.</summary>
    Exec,
}

/// <summary>What that came to.</summary>
internal enum WakeResult
{
    /// <summary>It was told; once more each time it is told again.</summary>
    Asked,

    /// <summary>A delivery was seen to begin, or the command ended well.</summary>
    Begun,

    /// <summary>It was told and began nothing: left to its own queue runs.</summary>
    Ignored,

    /// <summary>It could not be told.</summary>
    Failed,
}

/// <summary>Counts of both. Any thread may add and read.</summary>
internal sealed class WakeCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<WakeWay>().Length * Results];

    private static int Results { get; } = Enum.GetValues<WakeResult>().Length;

    public void Add(WakeWay way, WakeResult result, int count = 1) => Interlocked.Add(ref _counts[(int)way * Results + (int)result], count);

    public long Of(WakeWay way, WakeResult result) => Interlocked.Read(ref _counts[(int)way * Results + (int)result]);
}
