// What the worker of a kill test is told to do, and where its directories lie.
namespace SpoolWorker.EndToEnd.Kill;

/// <summary>How a rig is set up.</summary>
internal sealed record KillSetup
{
    public string Kind { get; init; } = "spool";

    /// <summary>Pairs are hard links of another spool's files, as queuefile makes them on one file system.</summary>
    public bool Links { get; init; }

    public bool SplitIntake { get; init; }

    public bool SplitTarget { get; init; }

    public bool LongIds { get; init; }

    public string TargetVersion { get; init; } = "4.96";

    public int Workers { get; init; } = 4;

    public int GroupSize { get; init; } = 64;

    public int QueueCapacity { get; init; } = 1000;

    public int MaxAttempts { get; init; } = 50;

    public string IncompleteAfter { get; init; } = "10m";

    public string Sync { get; init; } = "auto";

    public long MapSize { get; init; } = 1L << 30;

    public string Target { get; init; } = "spool/input";

    public string Ledger { get; init; } = "ledger";

    public string Intake { get; init; } = "intake/input";

    /// <summary>Second recipients are refused by a rule, and their senders told.</summary>
    public bool Bounces { get; init; }

    /// <summary>Second recipients are held by a rule.</summary>
    public bool Holds { get; init; }

    /// <summary>The pass dsn is there for those that operators bounce.</summary>
    public bool WithDsn { get; init; }

    /// <summary>When the rules run: a cron expression; empty: at all times.</summary>
    public string Batch { get; init; } = "";

    /// <summary>How long held mail is kept.</summary>
    public string Keep { get; init; } = "0s";

    /// <summary>Who gets a digest of held mail each hour.</summary>
    public string[] Digest { get; init; } = [];

    /// <summary>Whom the rule is about.</summary>
    public string Refused { get; init; } = "r1.*";

    /// <summary>Who gets a copy of all mail by a rule; empty: nobody.</summary>
    public string CopyTo { get; init; } = "";

    /// <summary>First, second and third recipients get a mark each in the subject by rules, and go apart.</summary>
    public bool Marks { get; init; }

    /// <summary>How many notices administrators get of what rules hold; 0: one for each, null: none.</summary>
    public int? Notices { get; init; }

    public bool HasRules => Bounces || Holds || Marks || CopyTo.Length > 0;
}
