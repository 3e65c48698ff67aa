namespace SpoolWorker.Operations.Views.Orders;

/// <summary>A pause or a skip that stands.</summary>
internal sealed record OrderView
{
    /// <summary><c>pause</c>, <c>skip</c>, or <c>drain</c>: a pause of the worker that ends with its process.</summary>
    public required string Kind { get; init; }

    /// <summary>For what: <c>worker</c>, <c>intake</c> or <c>pass</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>The directory of the intake, or the pass; empty for the worker.</summary>
    public required string Name { get; init; }

    /// <summary>When it was given.</summary>
    public required string Since { get; init; }

    /// <summary>When it ends by itself; left out when it does not.</summary>
    public string? Until { get; init; }

    /// <summary>Who gave it.</summary>
    public required string Actor { get; init; }

    /// <summary>The number of that user.</summary>
    public required long Uid { get; init; }

    /// <summary>Why, in that user's words.</summary>
    public string? Reason { get; init; }

    /// <summary>All of it, for people.</summary>
    public required string Sentence { get; init; }
}

/// <summary>What came of a pause, a skip, a drain, or the end of one.</summary>
internal sealed record OrderAnswerView : View
{
    /// <summary>One sentence.</summary>
    public required string Said { get; init; }

    /// <summary>Whether something is otherwise than before.</summary>
    public required bool Changed { get; init; }

    /// <summary>Pauses and skips that stand now.</summary>
    public IReadOnlyList<OrderView> Orders { get; init; } = [];

    /// <summary>Of a drain: messages in hand, or waiting for their commit; 0: it is done.</summary>
    public int? InHand { get; init; }

    /// <summary>Of a drain that is done: messages that lie in the intakes.</summary>
    public int? Left { get; init; }

    /// <summary>Whether there are more of those than are counted.</summary>
    public bool? Capped { get; init; }
}
