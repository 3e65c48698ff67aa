// What an operator can have done on a finding of a pass: the words of every policy setting.
namespace SpoolWorker.Passes;

/// <summary>An operator's answer to a finding.</summary>
public enum PolicyAction
{
    /// <summary>Only record it.</summary>
    Accept,

    /// <summary>Go on, and say it in a header line.</summary>
    Tag,

    /// <summary>Put the message aside.</summary>
    Hold,

    /// <summary>Return it to its sender.</summary>
    Bounce,

    /// <summary>Throw it away.</summary>
    Discard,

    /// <summary>Try again later.</summary>
    Defer,
}

/// <summary>From policy to disposition.</summary>
public static class PolicyActions
{
    /// <summary>The disposition that carries the action out; accept and tag go on.</summary>
    /// <param name="action">The operator's answer.</param>
    /// <param name="reason">The finding.</param>
    /// <param name="diagnosis">What the sender can be told of it when the message bounces.</param>
    public static Disposition ToDisposition(this PolicyAction action, string reason, Diagnosis? diagnosis = null) => action switch
    {
        PolicyAction.Accept or PolicyAction.Tag => Disposition.Continue,
        PolicyAction.Hold => Disposition.Hold(reason),
        PolicyAction.Bounce => Disposition.Bounce(reason, diagnosis),
        PolicyAction.Discard => Disposition.Discard(reason),
        PolicyAction.Defer => Disposition.Defer(reason) with { Diagnosis = diagnosis ?? Diagnosis.None },
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "not an action"),
    };
}
