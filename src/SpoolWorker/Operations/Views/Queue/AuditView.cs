namespace SpoolWorker.Operations.Views.Queue;

/// <summary>What an operator did with one message, as the ledger has it.</summary>
internal sealed record AuditView : View
{
    /// <summary>In the order of their asking.</summary>
    public required long Number { get; init; }

    /// <summary><c>retry</c>, <c>hold</c>, <c>release</c>, <c>bounce</c>, <c>delete</c> or <c>redirect</c>; <c>hold-new</c> and <c>hold-end</c> of standing holds; and of no message <c>pause</c>, <c>resume</c>, <c>drain</c>, <c>skip</c>, <c>unskip</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>The message; left out for what is about none.</summary>
    public string? Id { get; init; }

    /// <summary>The directory it lay in, or the intake that was meant; left out where there is none.</summary>
    public string? Directory { get; init; }

    /// <summary>The number of the standing hold this comes of, or is about; left out where an operator named the message.</summary>
    public long? Standing { get; init; }

    /// <summary>When it was asked for.</summary>
    public required string Time { get; init; }

    /// <summary>Who asked.</summary>
    public required string Actor { get; init; }

    /// <summary>The number of that user.</summary>
    public required long Uid { get; init; }

    /// <summary>Why, in that user's words.</summary>
    public string? Reason { get; init; }

    /// <summary><c>waiting</c>, <c>done</c>, or <c>not done</c>.</summary>
    public required string State { get; init; }

    /// <summary>What came of it, or why nothing did.</summary>
    public string? Result { get; init; }

    /// <summary>When that was.</summary>
    public string? Executed { get; init; }

    /// <summary>Those it was done for; while it waits, those it was asked for, none for all.</summary>
    public IReadOnlyList<RecipientView> Recipients { get; init; } = [];

    /// <summary>Redirect: the address that got it.</summary>
    public string? Address { get; init; }

    /// <summary>The id it went on under.</summary>
    public string? NewId { get; init; }

    /// <summary>Delete: the envelope sender; empty for the null sender.</summary>
    public string? Sender { get; init; }

    /// <summary>Delete: its header lines.</summary>
    public string? Headers { get; init; }

    /// <summary>Release: the -H file it was taken from into <c>held/</c>.</summary>
    public string? File { get; init; }
}
