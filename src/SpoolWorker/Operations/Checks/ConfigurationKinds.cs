// Kinds of findings about the configuration file, the ledger, the control door and passes.
namespace SpoolWorker.Operations.Checks;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class ConfigurationKinds
{
    public static readonly FindingKind Fault = new("configuration-fault", "The configuration file, or a value in it, cannot be used: the worker would not start.", "Correct the key that is named.");
    public static readonly FindingKind Incomplete = new("check-incomplete", "A check failed or took too long; what it looks at is not known.", "Correct what else is found, then look again; as root, or as the worker's user.");
    public static readonly FindingKind ControlFramework = new("control-framework-missing", "ASP.NET Core, which the control socket needs, is not installed.", "Install it, or set `Control:Socket` to nothing.");
    public static readonly FindingKind ControlSocket = new("control-socket-impossible", "The control socket that was asked for cannot be made.", "Make its directory, owned by the worker's user and writable by nobody else.");
    public static readonly FindingKind MetricsFile = new("metrics-file-unwritable", "The directory of `Metrics:TextFile` cannot be written to.", "Give the worker's user the right to, or name another directory.");
    public static readonly FindingKind LedgerFull = new("ledger-nearly-full", "The ledger comes to its limit; full, it takes no more decisions.", "Raise `Ledger:MapSize` and restart, or lower `Ledger:Keep`.");
    public static readonly FindingKind LedgerUnusable = new("ledger-unusable", "The ledger cannot be opened.", "See that the worker's user may write there, and that the file is a ledger. Where a later version wrote it, run that, or see 'Going back to an earlier version' in docs/operations.md.");
    public static readonly FindingKind ArcKey = new("arc-key-ed25519", "`arc-seal` has an Ed25519 key: Exim, and most others, fail a chain that is sealed with one.", "Make an RSA key with `spoolworker keygen`.");
}
