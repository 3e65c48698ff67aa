// What a pass wants done with a message or with one recipient. A closed set: only the engine acts on it.
namespace SpoolWorker.Passes;

/// <summary>What becomes of a message or a recipient.</summary>
public enum DispositionKind
{
    /// <summary>Go on to the next pass; after the last one, requeue.</summary>
    Continue,

    /// <summary>Leave it in the intake and try again later.</summary>
    Defer,

    /// <summary>Put it aside for the operator.</summary>
    Hold,

    /// <summary>Return it to its sender. Held instead, and said so, where <c>dsn</c> is not among <c>Passes</c>.</summary>
    Bounce,

    /// <summary>Accept and throw away, on the operator's order.</summary>
    Discard,
}

/// <summary>A decision with its reason.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Reason">Why, for log, ledger and operator; one line.</param>
/// <param name="NextTry">For <see cref="DispositionKind.Defer"/>: when to try again; null lets the engine's back-off decide.</param>
public sealed record Disposition(DispositionKind Kind, string Reason = "", DateTimeOffset? NextTry = null)
{
    /// <summary>For <see cref="DispositionKind.Bounce"/> and <see cref="DispositionKind.Defer"/>: what the sender can be told beyond the reason.</summary>
    public Diagnosis Diagnosis { get; init; } = Diagnosis.None;

    /// <summary>For <see cref="DispositionKind.Defer"/>: nothing is wrong, others of the message go first. It is no deferral that counts, nobody is given up for it, and the
    /// recipient is tried again at once when one of the others has left.</summary>
    public bool IsTurn { get; init; }

    /// <summary>On to the next pass; after the last one, requeue.</summary>
    public static Disposition Continue { get; } = new(DispositionKind.Continue);

    /// <summary>Try again; without a time by the engine's back-off.</summary>
    public static Disposition Defer(string reason, DateTimeOffset? nextTry = null) => new(DispositionKind.Defer, reason, nextTry);

    /// <summary>Put aside, with the reason for the operator.</summary>
    public static Disposition Hold(string reason) => new(DispositionKind.Hold, reason);

    /// <summary>Return to the sender, with what he can be told.</summary>
    public static Disposition Bounce(string reason, Diagnosis? diagnosis = null) => new(DispositionKind.Bounce, reason) { Diagnosis = diagnosis ?? Diagnosis.None };

    /// <summary>Throw away, with the reason for the log.</summary>
    public static Disposition Discard(string reason) => new(DispositionKind.Discard, reason);

    /// <summary>The word in logs, JSON and the ledger.</summary>
    public static string Token(DispositionKind kind) => kind switch
    {
        DispositionKind.Continue => "continue",
        DispositionKind.Defer => "defer",
        DispositionKind.Hold => "hold",
        DispositionKind.Bounce => "bounce",
        DispositionKind.Discard => "discard",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a disposition"),
    };
}
