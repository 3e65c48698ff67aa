// All settings of the program, one property a section. Passes read their own sections.
using SpoolWorker.Engine;
using SpoolWorker.Ledger;
using SpoolWorker.Schedule;

namespace SpoolWorker.Configuration;

/// <summary>The sections of appsettings.json.</summary>
internal sealed class Settings
{
    public List<IntakeOptions> Intakes { get; set; } = [];

    public TargetOptions Target { get; set; } = new();

    public List<string> Passes { get; set; } = [];

    public EngineOptions Engine { get; set; } = new();

    public LedgerOptions Ledger { get; set; } = new();

    public HeldOptions Held { get; set; } = new() { Path = "/var/lib/spoolworker/held" };

    public FolderOptions Corrupt { get; set; } = new() { Path = "/var/lib/spoolworker/corrupt" };

    public ScheduleOptions Schedule { get; set; } = new();
}
