// A directory to list and what is known of it.
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>What a directory is to the worker.</summary>
internal enum ListKind
{
    /// <summary>Any spool directory, an intake, or the target.</summary>
    Spool,
    Held,
}

/// <summary>A directory to list.</summary>
/// <param name="Name">What it is, for headings: intake, target, held, spool.</param>
/// <param name="Path">Where the pairs lie.</param>
/// <param name="Kind">Which states and columns there are.</param>
/// <param name="Ledger">The worker's record of a message; null where no ledger is looked at.</param>
internal sealed record ListSource(string Name, string Path, ListKind Kind, Func<MessageId, LedgerEntry?>? Ledger)
{
    /// <summary>The directory is made with the first message that lies in it: until then there is none, and that is no fault.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>Where no message lies, those of the directories below are meant, as in a quarantine of MailScanner's.</summary>
    public bool MayBeTree { get; init; }

    /// <summary>Each recipient is wanted, not only how many there are.</summary>
    public bool WithRecipients { get; init; }

    /// <summary>The addresses of those still to be served are wanted: for who acts on the message, and for groups.</summary>
    public bool WithWaiting { get; init; }

    /// <summary>Why a message is held is wanted: for held mail that is a file a message.</summary>
    public bool WithReasons { get; init; }

    /// <summary>Which messages are wanted; null: all.</summary>
    public ListFilter? Filter { get; init; }

    /// <summary>Records of a message whatever the intake it came through, for what passes found and which hold it; null where no ledger is looked at.</summary>
    public Func<MessageId, IReadOnlyList<LedgerEntry>>? Records { get; init; }
}
