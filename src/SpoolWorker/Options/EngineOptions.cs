using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

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
[NeedsRestart]
internal sealed class EngineOptions
{
    // Workers wait for disks and services most of the time; more than these only hold more messages open.
    private const int WorkersOfProcessor = 4, LeastWorkers = 4, MostWorkers = 64;

    /// <summary>Messages worked on at once. 0: four for each processor, at least 4, at most 64.</summary>
    [NumberRange(0, 256, Unit = "messages")]
    public int Workers { get; set; }

    /// <summary>The number that <see cref="Workers"/> comes to on this machine.</summary>
    public int WorkerCount => Workers > 0 ? Workers : Math.Clamp(WorkersOfProcessor * Environment.ProcessorCount, LeastWorkers, MostWorkers);

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

    /// <summary><c>queuefile</c>: a half-written pair goes to <c>corrupt/</c> after this, so that Exim can bring it again. In <c>held/</c>: a <c>-H</c> that is so old and has no <c>-D</c>, when something is wanted of it.</summary>
    [TimeRange("0s", "30d")]
    public TimeSpan IncompleteAfter { get; set; } = TimeSpan.FromMinutes(10);
}
