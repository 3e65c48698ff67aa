using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Notices;

namespace SpoolWorker.Engine.Chain;

/// <summary>What one reading of the configuration makes of mail.</summary>
/// <param name="Chain">The passes.</param>
internal sealed record PassSet(PassChain Chain)
{
    /// <summary>Set: what passes bounce is returned to its sender. Null: it is held.</summary>
    public DsnFeature? Dsn { get; init; }

    /// <summary>Set: administrators are told of held mail. Null: nobody is.</summary>
    public NoticesFeature? Notices { get; init; }

    /// <summary>Gives back what the passes hold: keys, tables. When no message is in them any more; null: nothing.</summary>
    public Action? End { get; init; }
}
