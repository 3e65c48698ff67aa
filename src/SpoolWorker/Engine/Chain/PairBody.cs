// The body of a claimed pair as passes see it.
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Body of a claimed pair.</summary>
internal sealed class PairBody(SpoolPair pair, bool wireFormat) : IMessageBody
{
    public long Length => Math.Max(0, pair.DataStatus.Size - pair.Id.BodyOffset);

    public bool IsWireFormat => wireFormat;

    public Stream OpenRead() => pair.OpenBody();
}
