using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>One look at a message that got as far as its claim: what travels with it until it is released.</summary>
/// <param name="Key">The message.</param>
/// <param name="Pair">Its pair, claimed and locked.</param>
/// <param name="Started">TimeProvider timestamp of the claim.</param>
internal sealed record Attempt(MessageKey Key, SpoolPair Pair, long Started)
{
    /// <summary>Bytes of -H and -D as they came.</summary>
    public long Size => Pair.HeaderBytes.Length + Pair.DataStatus.Size;
}
