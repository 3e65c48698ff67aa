// What an operator asks for, before any message is looked for.
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Verbs;

/// <summary>A verb for messages.</summary>
internal sealed record VerbOrder
{
    public required VerbKind Verb { get; init; }

    /// <summary>The messages.</summary>
    public required Selection Selection { get; init; }

    /// <summary>Release: files of somebody else's, in place of messages.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whom it is for, Latin-1; none: all that are still to be served.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Redirect: the new address, Latin-1.</summary>
    public string Address { get; init; } = "";

    /// <summary>Also mail that waits in an intake, and that no pass has deferred.</summary>
    public bool Intake { get; init; }

    /// <summary>No pass is asked.</summary>
    public bool AsIs { get; init; }

    /// <summary>Why, in the operator's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who asks.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The number of that user.</summary>
    public uint Uid { get; init; }

    /// <summary>Whether its execution asks passes: then all of the configuration is needed where no worker runs.</summary>
    public bool AsksPasses => Verb == VerbKind.Retry || (Verb is VerbKind.Release or VerbKind.Redirect && !AsIs);

    /// <summary>Whether its execution composes a notification.</summary>
    public bool Notifies => Verb == VerbKind.Bounce;

    /// <summary>The address among those still to be served that an operator means; null: none.</summary>
    // As written, or in other letters: domains are the same then, and two local parts that differ in that are seldom two people.
    public static string? AddressOf(IReadOnlyList<string> pending, string wanted) =>
        pending.FirstOrDefault(p => p == wanted) ?? pending.FirstOrDefault(p => p.Equals(wanted, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A message that a verb is for.</summary>
/// <param name="Id">The message.</param>
/// <param name="Place"><c>held</c> or <c>intake</c>; <c>file</c> for one that would be taken into <c>held/</c>.</param>
/// <param name="Directory">The directory of that place.</param>
/// <param name="Recipients">Those of the order that are still to be served here, Latin-1; none: all.</param>
internal sealed record VerbTarget(MessageId Id, string Place, string Directory, IReadOnlyList<string> Recipients)
{
    /// <summary>The file it was taken from; empty: it was here.</summary>
    public string File { get; init; } = "";
}

/// <summary>A message that nothing can be done with.</summary>
/// <param name="Id">As it was given.</param>
/// <param name="Trouble">Why.</param>
internal sealed record VerbMiss(string Id, Trouble Trouble);

/// <summary>What an order comes to before it is given: what it is for, and what it is not for.</summary>
/// <param name="Found">What it is for.</param>
/// <param name="Missed">What it is not for, and why.</param>
internal sealed record VerbTargets(IReadOnlyList<VerbTarget> Found, IReadOnlyList<VerbMiss> Missed)
{
    /// <summary>Recipients of the order that none of its messages is still to be delivered to: then nothing is done.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Places that could not be looked at.</summary>
    public IReadOnlyList<Trouble> Troubles { get; init; } = [];
}
