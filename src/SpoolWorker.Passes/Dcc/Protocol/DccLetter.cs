// The letters of a dccifd answer and what an operator can have done on them. Both are closed sets with one table each.
namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>A letter of the answer (dccifd(8), "Protocol").</summary>
public enum DccLetter
{
    /// <summary>Deliver.</summary>
    Accept,

    /// <summary>First line only: some recipients want it, see their letters. Written by old daemons.</summary>
    Some,

    /// <summary>Bulk mail.</summary>
    Reject,

    /// <summary>Greylisted: ask again later.</summary>
    Greylist,

    /// <summary>DCC itself failed, no server was reached.</summary>
    Temporary,
}

/// <summary>What is done with the recipients of a letter: the words of every policy, and two of DCC's own.</summary>
public enum DccAction
{
    /// <summary>Go on.</summary>
    Accept = PolicyAction.Accept,

    /// <summary>Go on, and say it in a header line.</summary>
    Tag = PolicyAction.Tag,

    /// <summary>Put aside for the operator.</summary>
    Hold = PolicyAction.Hold,

    /// <summary>Return to the sender.</summary>
    Bounce = PolicyAction.Bounce,

    /// <summary>Throw away.</summary>
    Discard = PolicyAction.Discard,

    /// <summary>Try again later.</summary>
    Defer = PolicyAction.Defer,

    /// <summary>Drop these recipients; the others are served.</summary>
    Drop,

    /// <summary>For <see cref="DccOptions.OnSome"/>: as <see cref="DccOptions.OnReject"/> has it.</summary>
    AsReject,
}

/// <summary>The two tables.</summary>
public static class DccLetters
{
    /// <summary>Letter to meaning.</summary>
    public static bool TryParse(byte letter, out DccLetter value)
    {
        (value, var known) = letter switch
        {
            (byte)'A' => (DccLetter.Accept, true),
            (byte)'S' => (DccLetter.Some, true),
            (byte)'R' => (DccLetter.Reject, true),
            (byte)'G' => (DccLetter.Greylist, true),
            (byte)'T' => (DccLetter.Temporary, true),
            _ => (DccLetter.Temporary, false),
        };
        return known;
    }

    /// <summary>Meaning to letter.</summary>
    public static char ToLetter(this DccLetter letter) => letter switch
    {
        DccLetter.Accept => 'A',
        DccLetter.Some => 'S',
        DccLetter.Reject => 'R',
        DccLetter.Greylist => 'G',
        DccLetter.Temporary => 'T',
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "not a letter of DCC"),
    };

    /// <summary>The disposition that carries an action out; accept and tag go on.</summary>
    public static Disposition ToDisposition(this DccAction action, string reason, DateTimeOffset? nextTry) => action switch
    {
        DccAction.Drop => Disposition.Discard(reason),
        DccAction.Defer => Disposition.Defer(reason, nextTry),
        _ => ((PolicyAction)action).ToDisposition(reason),
    };
}
