namespace SpoolWorker.Engine.Outcomes;

/// <summary>What a look at a message came to, for some of its recipients or for all.</summary>
internal enum OutcomeKind
{
    /// <summary>In the target, for Exim to deliver.</summary>
    Requeued,

    /// <summary>Its sender was sent a notification of the failure.</summary>
    Bounced,

    /// <summary>In <c>held/</c>, for an operator to decide about.</summary>
    Held,

    /// <summary>Thrown away, on the operator's order or as its sender wished.</summary>
    Discarded,

    /// <summary>Left in its intake until its next try.</summary>
    Deferred,

    /// <summary>Left in its intake until a pass has its hours: nothing went wrong.</summary>
    Waits,

    /// <summary>Nobody was left to deliver to when it came: only the files went.</summary>
    Removed,

    /// <summary>All its recipients were settled by an earlier look: the repetition was removed.</summary>
    Suppressed,

    /// <summary>No spool pair that can be read: in <c>corrupt/</c>.</summary>
    Corrupt,

    /// <summary>Not worked on now: see <see cref="LeftCause"/>.</summary>
    Left,

    /// <summary>The message itself failed: counted against it, and tried again later.</summary>
    Failed,

    /// <summary>The environment failed: it stays as it was, and nothing is counted.</summary>
    Undone,

    /// <summary>Locked or half written: looked at again soon.</summary>
    NotReady,

    /// <summary>Not where a message of that id lies: taken meanwhile, or in the subdirectory of another.</summary>
    Gone,
}

/// <summary>Why a message was left.</summary>
internal enum LeftCause
{
    None,

    /// <summary>Its time has not come, or what was said about it before holds still.</summary>
    Waits,

    /// <summary>Frozen, and <c>Engine:TakeFrozen</c> is off.</summary>
    Frozen,

    /// <summary>It cannot be known whether an earlier process handed it over.</summary>
    Undecidable,

    /// <summary>Its files, or its record, may not be read or written.</summary>
    Forbidden,

    /// <summary>It is settled, and its files do not go.</summary>
    NotRemoved,

    /// <summary>It is corrupt, and cannot be moved to <c>corrupt/</c>.</summary>
    Immovable,

    /// <summary>The worker stops, or its intake is another's.</summary>
    NotOurs,

    /// <summary>An operator's verb was not executed.</summary>
    Verb,
}

/// <summary>The one table from kind to word.</summary>
internal static class OutcomeWords
{
    /// <summary>The word in the log, in JSON and in names of metrics. An operator reads of an undone commit what it means for the message.</summary>
    public static string Of(OutcomeKind kind) => kind switch
    {
        OutcomeKind.Requeued => "requeued",
        OutcomeKind.Bounced => "bounced",
        OutcomeKind.Held => "held",
        OutcomeKind.Discarded => "discarded",
        OutcomeKind.Deferred => "deferred",
        OutcomeKind.Waits => "waits",
        OutcomeKind.Removed => "removed",
        OutcomeKind.Suppressed => "suppressed",
        OutcomeKind.Corrupt => "corrupt",
        OutcomeKind.Left => "left",
        OutcomeKind.Failed => "failed",
        OutcomeKind.Undone => "stays",
        OutcomeKind.NotReady => "not-ready",
        OutcomeKind.Gone => "gone",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an outcome"),
    };
}
