// Kinds of findings about directories.
namespace SpoolWorker.Operations.Checks;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class PlaceKinds
{
    public static readonly FindingKind IntakeMissing = new("intake-missing", "An intake is not there. One of an Exim spool is made by Exim with its first message.", "Correct the path; `--fix` makes the directory of a `queuefile` transport.");
    public static readonly FindingKind IntakeUnwritable = new("intake-unwritable", "This user cannot take pairs out of an intake.", "Run as the Exim user or as root.");
    public static readonly FindingKind IntakeTaken = new("intake-taken", "Another worker, with another ledger, takes from this intake: mail would be sent twice.", "Stop one of them.");
    public static readonly FindingKind OtherFileSystem = new("place-on-other-disk", "An intake and the place named lie on different file systems: `-D` is copied in place of being linked. Slower, and safe.", "Put both on one file system if it matters.");
    public static readonly FindingKind Orphans = new("orphan-files", "Files in an intake belong to no pair; a crash has left them.", "`spoolworker job run janitor` names them and says what it could move; see docs/jobs.md.");
    public static readonly FindingKind TargetUnwritable = new("target-unwritable", "This user cannot put pairs into the target, or cannot give them their owner.", "Run as the Exim user or as root.");
    public static readonly FindingKind TargetOwner = new("target-owner", "The target belongs to another user than the files made in it.", "Leave `Target:Owner` empty, or set it to the Exim user.");
    public static readonly FindingKind TargetMode = new("target-mode", "`Target:Mode` is not the one Exim gives its files.", "Leave it at 0640 unless this Exim was built with another `SPOOL_MODE`.");
    public static readonly FindingKind NoSpool = new("target-no-spool", "Nothing shows that the target is an Exim's spool.", "Give the spool directory of the Exim that delivers; set `Target:Exim` and `Target:EximConfig`.");
    public static readonly FindingKind DiskLow = new("disk-low", "A disk is nearly full, of bytes or of files: mail will soon wait in the intakes.", "Make room.");
    public static readonly FindingKind FolderUnwritable = new("folder-unwritable", "`Held:Path`, `Corrupt:Path` or `Ledger:Path` cannot be written to.", "Give it to the user the worker runs as.");
    public static readonly FindingKind StagedByAnother = new("staged-by-another-ledger", "The target holds staged files of a ledger that is not this one: another worker's, or of one that was lost.", "If no other worker uses this target: remove them, with each `-D` that has no `-H`.");
    public static readonly FindingKind TargetFillsIntake = new("target-fills-intake", "An intake is filled by the Exim whose spool is the target: what is requeued would be handed over again and lost. The worker does not start.", "Give the worker a target spool of its own.");
}
