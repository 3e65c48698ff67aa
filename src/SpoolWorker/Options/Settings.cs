// All settings of the program, one property a section. Passes read their own sections.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>The sections of appsettings.json.</summary>
internal sealed class Settings
{
    /// <summary>Where pairs come from; any number.</summary>
    [NeedsRestart]
    public List<IntakeOptions> Intakes { get; set; } = [];

    /// <summary>Where they go: the spool of the Exim that delivers.</summary>
    public TargetOptions Target { get; set; } = new();

    /// <summary>Names of passes, in the order they run; an object in place of a name gives a pass its hours. Empty: mail is requeued as it is.</summary>
    public List<PassEntry> Passes { get; set; } = [];

    /// <summary>The names alone.</summary>
    public IReadOnlyList<string> PassNames => [.. Passes.Select(p => p.Name)];

    /// <summary>What passes find, for those behind the worker.</summary>
    public ResultsOptions Results { get; set; } = new();

    /// <summary>The way of a message.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>What is remembered.</summary>
    public LedgerOptions Ledger { get; set; } = new();

    /// <summary>What is told of finished messages.</summary>
    public HistoryOptions History { get; set; } = new();

    /// <summary>What is told of operators' doings.</summary>
    public AuditOptions Audit { get; set; } = new();

    /// <summary>Where messages are put aside for the operator.</summary>
    public HeldOptions Held { get; set; } = new() { Path = "/var/lib/spoolworker/held" };

    /// <summary>Where pairs are put that cannot be read.</summary>
    public FolderOptions Corrupt { get; set; } = new() { Path = "/var/lib/spoolworker/corrupt" };

    /// <summary>What is done from time to time.</summary>
    public ScheduleOptions Schedule { get; set; } = new();

    /// <summary>What is told of held mail by mail.</summary>
    public DigestOptions Digest { get; set; } = new();

    /// <summary>What Prometheus and its kin are told.</summary>
    public MetricsOptions Metrics { get; set; } = new();

    /// <summary>Who may ask the worker what, and where.</summary>
    public ControlOptions Control { get; set; } = new();
}
