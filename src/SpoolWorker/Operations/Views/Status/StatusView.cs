using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations.Views.Status;

/// <summary>How the worker is.</summary>
internal sealed record StatusView : View
{
    /// <summary>Whether a worker runs with this ledger.</summary>
    public required bool Running { get; init; }

    /// <summary>When this was seen.</summary>
    public required string Time { get; init; }

    /// <summary>What is known of the worker itself; left out when none runs, or it could not be asked.</summary>
    public WorkerView? Worker { get; init; }

    /// <summary>What lies where; a place that cannot be read is left out.</summary>
    public required IReadOnlyList<PlaceView> Places { get; init; }

    /// <summary>Messages the worker leaves in the intakes.</summary>
    public required WaitingView Waiting { get; init; }

    /// <summary>The ledger; left out where it cannot be read.</summary>
    public LedgerSizeView? Ledger { get; init; }

    /// <summary>The Exim that delivers.</summary>
    public required TargetView Target { get; init; }

    /// <summary>Room on the disks of the places.</summary>
    public required IReadOnlyList<DiskView> Disks { get; init; }

    /// <summary>What is done by the clock.</summary>
    public IReadOnlyList<JobView> Jobs { get; init; } = [];

    /// <summary>The passes and whether their services answer.</summary>
    public IReadOnlyList<ServiceView> Services { get; init; } = [];

    /// <summary>What is held when it comes.</summary>
    public IReadOnlyList<StandingHoldView> Holds { get; init; } = [];

    /// <summary>Pauses and skips that stand.</summary>
    public IReadOnlyList<OrderView> Orders { get; init; } = [];
}

/// <summary>A worker that runs.</summary>
internal sealed record WorkerView
{
    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>The number of its process.</summary>
    public required int Process { get; init; }

    /// <summary>When it was started.</summary>
    public required string Started { get; init; }

    /// <summary>Where its configuration was read from.</summary>
    public required string Configuration { get; init; }

    /// <summary>When it was read.</summary>
    public required string ConfigurationRead { get; init; }

    /// <summary>How often it has been read, with that of the start; left out by a worker that does not read it again.</summary>
    public int? Generation { get; init; }

    /// <summary>What the last reload came to; left out when there was none.</summary>
    public LastReloadView? LastReload { get; init; }

    /// <summary>Messages queued in memory or in hand.</summary>
    public required int Queued { get; init; }

    /// <summary>Messages decided since its start.</summary>
    public required long Committed { get; init; }

    /// <summary>When the intakes were last read through.</summary>
    public string? LastScan { get; init; }

    /// <summary>What keeps it from working; empty: nothing.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <summary>What a reload of the configuration came to.</summary>
internal sealed record LastReloadView
{
    /// <summary>When it was.</summary>
    public required string Time { get; init; }

    /// <summary>Whether it was done; else nothing was changed.</summary>
    public required bool Done { get; init; }

    /// <summary>Why not.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];
}

/// <summary>What lies in a place.</summary>
internal sealed record PlaceView
{
    /// <summary><c>intake</c> (all of them), <c>held</c>, <c>corrupt</c> or <c>target</c>.</summary>
    public required string Place { get; init; }

    /// <summary>Messages in it.</summary>
    public required int Messages { get; init; }

    /// <summary>Whether there are more than are counted.</summary>
    public required bool Capped { get; init; }

    /// <summary>When the oldest of them came.</summary>
    public string? Oldest { get; init; }

    /// <summary>How long ago that is.</summary>
    public double? OldestAgeSeconds { get; init; }
}

/// <summary>Messages that wait.</summary>
internal sealed record WaitingView
{
    /// <summary>Deferred ones.</summary>
    public required int Deferred { get; init; }

    /// <summary>Those that wait for the hours of a pass, or the end of its pause.</summary>
    public int Planned { get; init; }

    /// <summary>Frozen ones; left out where only the ledger was asked.</summary>
    public int? Frozen { get; init; }

    /// <summary>Half-written ones; left out where only the ledger was asked.</summary>
    public int? Partial { get; init; }

    /// <summary>When the first of those that are deferred or wait for hours is tried again.</summary>
    public string? NextTry { get; init; }
}

/// <summary>The ledger.</summary>
internal sealed record LedgerSizeView
{
    /// <summary>Bytes of records; left out without a worker.</summary>
    public long? Used { get; init; }

    /// <summary>Bytes of its file.</summary>
    public required long File { get; init; }

    /// <summary>Most it may grow to.</summary>
    public required long Limit { get; init; }
}

/// <summary>The target.</summary>
internal sealed record TargetView
{
    /// <summary>Its directory.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether a daemon of its Exim listens; left out where it is not told.</summary>
    public bool? Daemon { get; init; }

    /// <summary>Messages it was told of and did not begin to deliver, since the worker's start.</summary>
    public long? Ignored { get; init; }
}

/// <summary>The disk of a place.</summary>
internal sealed record DiskView
{
    /// <summary><c>ledger</c>, <c>held</c>, <c>corrupt</c> or <c>target</c>.</summary>
    public required string Place { get; init; }

    /// <summary>The file system; places of one have the same. Left out where it is not known.</summary>
    public string? Device { get; init; }

    /// <summary>Bytes that are free for who is not root.</summary>
    public required long Free { get; init; }

    /// <summary>Bytes in all.</summary>
    public required long Size { get; init; }
}

/// <summary>A job.</summary>
internal sealed record JobView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How often it begins; left out for one that goes by the date.</summary>
    public double? EverySeconds { get; init; }

    /// <summary>When it last began.</summary>
    public string? Began { get; init; }

    /// <summary>When it last ended well.</summary>
    public string? Succeeded { get; init; }

    /// <summary>How often it failed since the worker's start.</summary>
    public required long Failures { get; init; }

    /// <summary>Why its last run failed.</summary>
    public string? Fault { get; init; }

    /// <summary>When it is to begin next; left out where that is not told.</summary>
    public string? Next { get; init; }

    /// <summary>Of a job beside Exim: what its last run found.</summary>
    public IReadOnlyList<JobFindingView> Findings { get; init; } = [];
}

/// <summary>A pass and its service.</summary>
internal sealed record ServiceView
{
    /// <summary>The pass.</summary>
    public required string Pass { get; init; }

    /// <summary>Its circuit breaker: <c>closed</c> (it is called), <c>half-open</c> or <c>open</c> (its service is down).</summary>
    public required string Breaker { get; init; }

    /// <summary>Since when.</summary>
    public required string Since { get; init; }
}
