using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Engine;

/// <summary>How the files of an intake come to be; decides when a pair is whole.</summary>
internal enum IntakeKind
{
    /// <summary>Directory of Exim's experimental queuefile transport: -H first, under final names, maybe half written.</summary>
    Queuefile,

    /// <summary><c>input/</c> of a named queue.</summary>
    NamedQueue,

    /// <summary><c>input/</c> of a second, queue-only Exim.</summary>
    Spool,
}

/// <summary>One element of <c>Intakes</c>.</summary>
internal sealed class IntakeOptions
{
    /// <summary>Directory with the pairs. For an Exim spool the spool directory or its <c>input</c>, which may still be missing: Exim makes it with its first
    /// message. <c>*</c> and <c>?</c> stand for what they do in a shell; directories that match later are taken too.</summary>
    public string Path { get; set; } = "";

    /// <summary>How the files come to be there.</summary>
    public IntakeKind Kind { get; set; } = IntakeKind.Spool;
}

/// <summary>Which message id a requeued pair gets.</summary>
internal enum MessageIdPolicy
{
    /// <summary>Keep it unless the target still holds it or could not see it.</summary>
    Auto,

    /// <summary>Keep it wherever the target sees it; wait while the target still holds it.</summary>
    Keep,

    /// <summary>Always a new one.</summary>
    Renew,
}

/// <summary>How the target's Exim is told.</summary>
internal enum WakeMethod
{
    /// <summary>A datagram a message to its daemon, no more at once than Exim's <c>queue_run_max</c>; the daemon needs <c>-q30m</c> or the like.
    /// <see cref="Exec"/> when no daemon listens and the exim command is known.</summary>
    Notify,

    /// <summary><c>exim -Mc</c>, a few ids a process; not under <c>NoNewPrivileges</c>, which setuid Exim fails with.</summary>
    Exec,

    /// <summary>Leave it to Exim's queue runner.</summary>
    None,
}

/// <summary>What the layout of the target is.</summary>
internal enum TargetLayout
{
    /// <summary>Split when the target has one-letter subdirectories and no pair on top.</summary>
    Auto,

    /// <summary>All files in one directory.</summary>
    Flat,

    /// <summary>A subdirectory for each letter (<c>split_spool_directory</c>).</summary>
    Split,
}

/// <summary>Section <c>Target</c>.</summary>
internal sealed class TargetOptions
{
    /// <summary>The delivering Exim's spool directory or its <c>input</c>. Before that Exim's first message the worker makes <c>input</c> itself, if it is
    /// sure of the spool directory (a daemon that runs, or <c>exim -bP spool_directory</c>).</summary>
    public string Path { get; set; } = "";

    /// <summary>Which id a requeued pair gets. Ids of 23 characters are always renewed where the Exim may be too old (before 4.97) to see them.</summary>
    public MessageIdPolicy MessageId { get; set; } = MessageIdPolicy.Auto;

    /// <summary>How the target is laid out.</summary>
    public TargetLayout Layout { get; set; } = TargetLayout.Auto;

    /// <summary>How the target's Exim is told.</summary>
    public WakeMethod Wake { get; set; } = WakeMethod.Notify;

    /// <summary>Where it stands who has the mail already.</summary>
    public FinishedRecipients Finished { get; set; } = FinishedRecipients.Keep;

    /// <summary>The target's exim command: asked for its version, run to wake it. Empty: the first of <c>exim4</c>, <c>exim</c> in the usual places.</summary>
    public string Exim { get; set; } = "";

    /// <summary>Configuration file given to that command with <c>-C</c>. Empty: its own.</summary>
    public string EximConfig { get; set; } = "";

    /// <summary>Version of the target's Exim, such as <c>4.96</c>, where the command is not on this host. Empty: ask.</summary>
    public string EximVersion { get; set; } = "";

    /// <summary>User name or uid of what is created. Empty: the owner of the target directory.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Group name or gid of what is created. Empty: the group of the target directory.</summary>
    public string Group { get; set; } = "";

    /// <summary>Mode of what is created, in octal.</summary>
    public string Mode { get; set; } = "0640";
}

/// <summary>How staged files are made durable before the ledger commits.</summary>
internal enum SyncMethod
{
    /// <summary>One syncfs for a group, fsync of each file for a single message.</summary>
    Auto,

    /// <summary>fsync of each file and directory: nothing but our own files waits.</summary>
    Fsync,

    /// <summary>Always syncfs.</summary>
    Syncfs,
}

/// <summary>What becomes of a pair of an Exim's queue whose -D has other lines than -H counts.</summary>
internal enum LineCountPolicy
{
    /// <summary>It is taken as it is, with the number that was counted.</summary>
    Repair,

    /// <summary>It is held: fewer lines may be a loss.</summary>
    Hold,
}

/// <summary>How the target is told who needs no further delivery.</summary>
internal enum FinishedRecipients
{
    /// <summary>In the tree of non-recipients, as Exim does it.</summary>
    Keep,

    /// <summary>They leave the list of recipients, for a target that spoils the tree (MailScanner).</summary>
    Drop,
}

/// <summary>Section <c>Engine</c>.</summary>
internal sealed class EngineOptions
{
    /// <summary>Messages worked on at once.</summary>
    [NumberRange(1, 256, Unit = "messages")]
    public int Workers { get; set; } = 8;

    /// <summary>Messages committed with one set of syncs at most.</summary>
    [NumberRange(1, 1024, Unit = "messages")]
    public int GroupSize { get; set; } = 64;

    /// <summary>Messages waiting in memory at most; the rest wait on disk.</summary>
    [NumberRange(1, 1000000, Unit = "messages")]
    public int QueueCapacity { get; set; } = 1000;

    /// <summary>Memory for all messages in hand together, by the size of their <c>-H</c>; a message that finds no room waits. One that needs more than
    /// all of it is worked on alone.</summary>
    // At least room for the usual messages of all workers, whose -H have some 10 kB.
    [NumberRange(16 << 20, 1L << 40, Unit = "bytes")]
    public long MemoryInHand { get; set; } = 512L << 20;

    /// <summary>How staged files are made durable.</summary>
    public SyncMethod Sync { get; set; } = SyncMethod.Auto;

    /// <summary>Failures of a message after which it is held.</summary>
    [NumberRange(1, 1000, Unit = "failures")]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>First wait of a deferred message. It doubles, with a jitter of a fifth.</summary>
    [TimeRange("10ms", "30d")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest wait of a deferred message.</summary>
    [TimeRange("10ms", "30d")]
    public TimeSpan RetryMost { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Take frozen messages too, and thaw them.</summary>
    public bool TakeFrozen { get; set; }

    /// <summary><c>named-queue</c> and <c>spool</c>: what is done with a body that has other lines than <c>-H</c> counts.</summary>
    public LineCountPolicy LineCount { get; set; } = LineCountPolicy.Repair;

    /// <summary><c>queuefile</c>: a copied body is whole when it has not changed for this long, where its lines cannot tell.</summary>
    [TimeRange("0s", "1d")]
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary><c>queuefile</c>: a half-written pair goes to <c>corrupt/</c> after this, so that Exim can bring it again.</summary>
    [TimeRange("0s", "30d")]
    public TimeSpan IncompleteAfter { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>Section <c>Corrupt</c>, and what <c>Held</c> has of it.</summary>
internal class FolderOptions
{
    /// <summary>Directory.</summary>
    public string Path { get; set; } = "";
}

/// <summary>Section <c>Held</c>.</summary>
internal sealed class HeldOptions : FolderOptions
{
    /// <summary>Name or number of a group that may look at held messages: <c>list --held</c> and <c>show</c> need no secret. Empty: the group of the target's
    /// files.</summary>
    public string Group { get; set; } = "";
}
