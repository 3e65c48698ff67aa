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
    /// <summary>Directory with the pairs. For an Exim spool either the spool directory or its <c>input</c>. <c>*</c> and <c>?</c> match.</summary>
    public string Path { get; set; } = "";

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
    /// <summary>A datagram to its daemon; <see cref="Exec"/> when no daemon listens and the exim command is known.</summary>
    Notify,

    /// <summary><c>exim -Mc</c> with the ids.</summary>
    Exec,

    /// <summary>Leave it to Exim's queue runner.</summary>
    None,
}

/// <summary>What the layout of the target is.</summary>
internal enum TargetLayout
{
    /// <summary>Split when the target has one-letter subdirectories and no pair on top.</summary>
    Auto,
    Flat,
    Split,
}

/// <summary>Section <c>Target</c>.</summary>
internal sealed class TargetOptions
{
    /// <summary>The target's spool directory or its <c>input</c>.</summary>
    public string Path { get; set; } = "";

    public MessageIdPolicy MessageId { get; set; } = MessageIdPolicy.Auto;

    public TargetLayout Layout { get; set; } = TargetLayout.Auto;

    public WakeMethod Wake { get; set; } = WakeMethod.Notify;

    /// <summary>Whether finished recipients stay in -H.</summary>
    public FinishedRecipients Finished { get; set; } = FinishedRecipients.Keep;

    /// <summary>The target's exim command: asked for its version, run for <see cref="WakeMethod.Exec"/>. Empty: the first of
    /// exim4, exim in the usual places.</summary>
    public string Exim { get; set; } = "";

    /// <summary>The target's configuration file, given to the command with -C; empty: its own.</summary>
    public string EximConfig { get; set; } = "";

    /// <summary>Version of the target's Exim when its command cannot be asked, "4.96"; empty: ask.</summary>
    public string EximVersion { get; set; } = "";

    /// <summary>User name or uid of what is created; empty: the owner of the directory.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Group name or gid; empty: the group of the directory.</summary>
    public string Group { get; set; } = "";

    /// <summary>Mode in octal.</summary>
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
    [NumberRange(1, 256)]
    public int Workers { get; set; } = 8;

    /// <summary>Messages committed with one set of syncs at the most.</summary>
    [NumberRange(1, 1024)]
    public int GroupSize { get; set; } = 64;

    /// <summary>Messages waiting in memory at the most; the rest wait on disk.</summary>
    [NumberRange(1, 1000000)]
    public int QueueCapacity { get; set; } = 1000;

    /// <summary>Bytes of memory for all messages in hand together, by the size of their -H files: who finds no room waits. A message that
    /// needs more than all of it is worked on alone. At least room for the usual messages of all workers, whose -H have some 10 kB.</summary>
    [NumberRange(16 << 20, 1L << 40)]
    public long MemoryInHand { get; set; } = 512L << 20;

    public SyncMethod Sync { get; set; } = SyncMethod.Auto;

    /// <summary>A message that failed this often is held.</summary>
    [NumberRange(1, 1000)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>First wait of a deferred message; doubles with each further one.</summary>
    [TimeRange("10ms", "30d")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest wait of a deferred message.</summary>
    [TimeRange("10ms", "30d")]
    public TimeSpan RetryMost { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Take frozen messages too, and thaw them.</summary>
    public bool TakeFrozen { get; set; }

    /// <summary>named-queue and spool: what is done where -D is not as -H counts it.</summary>
    public LineCountPolicy LineCount { get; set; } = LineCountPolicy.Repair;

    /// <summary>queuefile: a copied -D is whole when it has not changed for this long (where lines cannot tell).</summary>
    [TimeRange("0s", "1d")]
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>queuefile: a pair that stays half written this long is moved to corrupt/, so that Exim can bring it again.</summary>
    [TimeRange("0s", "30d")]
    public TimeSpan IncompleteAfter { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>Section <c>Corrupt</c>, and what <c>Held</c> has of it.</summary>
internal class FolderOptions
{
    public string Path { get; set; } = "";
}

/// <summary>Section <c>Held</c>.</summary>
internal sealed class HeldOptions : FolderOptions
{
    /// <summary>Name or number of a group that may look at what is held (list, show); empty: that of the target's files.</summary>
    public string Group { get; set; } = "";
}
