using SpoolWorker.Ledger.Orders;

namespace SpoolWorker.Operations.Orders;

/// <summary>What is asked for.</summary>
internal enum OrderVerb
{
    Pause,
    Resume,
    Drain,
    Skip,
    Unskip,
}

/// <summary>A request for an order, or for the end of one.</summary>
internal sealed record OrderRequest
{
    public required OrderVerb Verb { get; init; }

    /// <summary>An intake, as the operator names it; empty: none is meant.</summary>
    public string Intake { get; init; } = "";

    /// <summary>A pass; empty: none is meant.</summary>
    public string Pass { get; init; } = "";

    /// <summary>A job; empty: none is meant.</summary>
    public string Job { get; init; } = "";

    /// <summary>How long it stands; null: until it is taken back.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who asks.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The number of that user.</summary>
    public uint Uid { get; init; }

    /// <summary>For what it is.</summary>
    public OrderScope Scope => Intake.Length > 0 ? OrderScope.Intake : Pass.Length > 0 ? OrderScope.Pass : Job.Length > 0 ? OrderScope.Job : OrderScope.Worker;
}

/// <summary>What orders may be about.</summary>
/// <param name="Intakes">Directories of the intakes.</param>
/// <param name="Steps">The passes that run, and whether mail may go on without them.</param>
/// <param name="Jobs">The jobs that run.</param>
internal sealed record OrderGround(IReadOnlyList<string> Intakes, IReadOnlyList<(string Name, bool MayBeSkipped)> Steps, IReadOnlyList<string> Jobs);
