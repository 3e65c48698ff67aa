// What may lie about in a spool, an entry each: what it is, what to do, and whether it may be moved aside. Who makes such a file and until when it is alive is in Exim's
// source: receive.c and spool_out.c (-D, hdr.*, -H), deliver.c (-J, message logs and what transports said; at its end it removes the log, -D, -H, -J in this
// order), dkim_transport.c (-K), queue.c and spool_in.c (in which directory it looks, and that it opens -D for writing and through no link).
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>A kind of what lies about.</summary>
/// <param name="Name">Its word.</param>
/// <param name="Meaning">What it is and what it means for mail.</param>
/// <param name="Cure">What to do.</param>
internal sealed record JanitorKind(string Name, string Meaning, string Cure)
{
    /// <summary>Nobody will ever deliver it as it lies: somebody has to act. Else it is litter, or somebody's decision.</summary>
    public bool IsStranded { get; init; }

    /// <summary>It may be moved to lost+found. What is mended in another way, where it lies, is not.</summary>
    public bool CanBeMoved { get; init; }

    /// <summary>How bad it is.</summary>
    public JobLevel Level => IsStranded ? JobLevel.Bad : JobLevel.Well;

    /// <summary>What it is and what to do, for people.</summary>
    public string ByHand => $"{Meaning}. {Cure}";

    /// <summary>The same, with how it is moved.</summary>
    public string Sentence => $"{ByHand}{(CanBeMoved ? $"; 'spoolworker job run {JanitorServices.Name} --fix {Name}' moves it aside" : "")}";
}

/// <summary>All kinds.</summary>
internal static class JanitorKinds
{
    public static readonly JanitorKind BodyAlone = new("body-alone", "-D without -H: the body of a message that was never received to its end, or is done with; nobody takes it", "Nothing has to be done, unless a disk has lost its -H") { CanBeMoved = true };

    public static readonly JanitorKind HeaderAlone = new("header-alone", "-H without -D: the body is gone, and no queue run delivers the rest",
        "Put its -D back from a backup or lost+found, or ask the sender it names")
    { CanBeMoved = true, IsStranded = true };

    public static readonly JanitorKind JournalAlone = new("journal-alone", "-J alone: to whom an Exim had delivered when it was stopped, of a message that is gone", "Nothing has to be done") { CanBeMoved = true };

    public static readonly JanitorKind LogAlone = new("log-alone", "A message log, or what a transport said, of a message that is gone", "Nothing has to be done") { CanBeMoved = true };

    public static readonly JanitorKind NoteAlone = new("note-alone", "A .reason without the files it explains: they were taken away by hand, or a process died", "Nothing has to be done") { CanBeMoved = true };

    public static readonly JanitorKind TemporaryHeader = new("temporary-header", "A hdr.* that nobody holds: an Exim was stopped while it wrote -H, and what was there before is whole", "Nothing has to be done") { CanBeMoved = true };

    public static readonly JanitorKind SigningCopy = new("signing-copy", "A -K that nobody holds: a copy of a message that an Exim was stopped at sending, made to be signed", "Nothing has to be done") { CanBeMoved = true };

    public static readonly JanitorKind Staged = new("staged", "A worker, or 'inject', died between stage and commit; its message lies in the intake still, or its commit has to be finished",
        "Start the worker whose ledger it is: it knows. If that ledger is lost, see 'After a lost disk' in docs/operations.md")
    { IsStranded = true };

    public static readonly JanitorKind Misplaced = new("misplaced", "In a directory where Exim does not look for it: it is listed, and never delivered", "Move its files, -H last, to where it is looked for") { CanBeMoved = true, IsStranded = true };

    public static readonly JanitorKind Refused = new("refused", "Exim's user cannot open it: the worker, and an Exim without root's rights (deliver_drop_privilege), never take it", "Give it Exim's owner and mode 0640") { IsStranded = true };

    public static readonly JanitorKind EmptyHeader = new("empty-header", "-H is empty (a power cut, a full disk): Exim takes it for malformed, and removes it, with the body, after keep_malformed",
        "Look at the body for whose it is, or put -H back from a backup")
    { CanBeMoved = true, IsStranded = true };

    public static readonly JanitorKind UnseenId = new("unseen-id", "An id of 23 characters, which an Exim before 4.97 does not see", "Have a later Exim deliver it, or move it, -H last, into an intake of kind spool: the worker gives it a new id") { IsStranded = true };

    public static readonly JanitorKind Frozen = new("frozen", "Frozen for so long that nobody will thaw it", "'exim -Mt ID' thaws it, 'exim -Mrm ID' removes it") { CanBeMoved = true };

    /// <summary>All of them, as documentation has them.</summary>
    public static IReadOnlyList<JanitorKind> All { get; } =
        [BodyAlone, HeaderAlone, JournalAlone, LogAlone, NoteAlone, TemporaryHeader, SigningCopy, Staged, Misplaced, Refused, EmptyHeader, UnseenId, Frozen];

    /// <summary>Words of those that may be moved.</summary>
    public static IReadOnlyList<string> Movable { get; } = [.. All.Where(k => k.CanBeMoved).Select(k => k.Name)];
}
