namespace SpoolWorker.Operations.Views.Queue;

/// <summary>A standing hold: what is held when it comes.</summary>
internal sealed record StandingHoldView : View
{
    /// <summary>Its number.</summary>
    public required long Number { get; init; }

    /// <summary>The condition as it was typed.</summary>
    public required string Condition { get; init; }

    /// <summary>Why, in the operator's words.</summary>
    public required string Reason { get; init; }

    /// <summary>Who made it.</summary>
    public required string Actor { get; init; }

    /// <summary>The number of that user.</summary>
    public required long Uid { get; init; }

    /// <summary>When it was made.</summary>
    public required string Time { get; init; }

    /// <summary>When it ends by itself; left out where it does not.</summary>
    public string? Ends { get; init; }

    /// <summary>Whether that time is over: the worker removes it when it looks next.</summary>
    public required bool Ended { get; init; }

    /// <summary>Why its condition cannot be read, as of one of another version of the program: nothing is held by it then.</summary>
    public string? Fault { get; init; }
}
