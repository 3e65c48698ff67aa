// Kinds of findings about the host: file systems, owners, the clock, the worker's process.
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class HostKinds
{
    public static readonly FindingKind WorkerNotRunning = new("worker-not-running", "No worker works with this ledger: mail stays in the intakes.", "`systemctl start spoolworker`");
    public static readonly FindingKind MailWaits = new("intake-mail-waits", "Mail has waited in an intake for more than 15 minutes, and no worker runs.", "`systemctl start spoolworker`; `journalctl -u spoolworker` says why it ended.");
    public static readonly FindingKind WorkerSilent = new("worker-silent", "A worker runs and does not answer at its control socket.", "See that both have the same `Control:Socket`; `journalctl -u spoolworker` may say why there is none (1901).");
    public static readonly FindingKind WorkerOlder = new("worker-older-than-configuration", "The configuration file was changed after the running worker has read it.", "Have it read again: `spoolworker reload`, which names what needs a restart.");
    public static readonly FindingKind WorkerElsewhere = new("worker-other-configuration", "The running worker has another configuration file than the one that was looked at.", "Say `--config` with the worker's own.");
    public static readonly FindingKind ReadOnly = new("file-system-read-only", "A place lies on a file system that is mounted read-only: often after a disk error.", "Look at `dmesg`, then mount it writable.");
    public static readonly FindingKind Volatile = new("file-system-volatile", "A place lies in memory: what is there is lost when the host stops.", "Move it to a disk.");
    public static readonly FindingKind Network = new("file-system-network", "A place lies on a file system of the network: locks and syncs may not hold what Exim and the worker take from them.", "Move it to a disk of the host's own.");
    public static readonly FindingKind NoJournal = new("file-system-no-journal", "A place lies on a file system without a journal: after a power cut it has to be checked before it is mounted, and the check may lose names that were synced. ext4 without one also makes files more slowly.", "`tune2fs -O has_journal` on the unmounted device.");
    public static readonly FindingKind NoBarrier = new("file-system-no-barriers", "A place lies on a file system that does not flush the disk's cache: a power cut loses what was synced.", "Mount it without `nobarrier` and `barrier=0`, unless the disk's cache has a battery.");
    public static readonly FindingKind FolderOwner = new("folder-owner", "`Held:Path`, `Corrupt:Path` or `Ledger:Path`, or a file of the ledger, belongs to another user than the worker's, who cannot go on with it.", "`--fix`, as root, gives it to the worker's user.");
    public static readonly FindingKind FolderOpen = new("folder-open", "Every user of this host may look into `Held:Path`, `Corrupt:Path` or `Ledger:Path`.", "`--fix` takes that right away.");
    public static readonly FindingKind FileUnreadable = new("file-unreadable-by-worker", "The worker's user cannot read a file that the configuration names, or the configuration itself, or cannot connect to the socket of a daemon.", "Give a file to the worker's group, mode 0640, and let the directories above be passed. To a daemon's socket its own settings say who may connect.");
    public static readonly FindingKind ClockUnsynchronized = new("clock-unsynchronized", "Nothing keeps the clock: the kernel says that it is not synchronized. Retry times, ids, signatures and SRS addresses go by it.", "Run chrony or systemd-timesyncd; in a container its host's counts.");
    public static readonly FindingKind ClockBehind = new("clock-behind-files", "Files were changed in what the clock takes for the future: it was set back, or a file server has another time.", "Set the clock; `timedatectl` shows what it is.");
}
