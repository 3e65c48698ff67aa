// Kinds of findings about the Exims that run.
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class EximKinds
{
    public static readonly FindingKind NotRunning = new("exim-not-running", "No Exim of the target's spool runs: requeued mail is not delivered.", "Start it: `systemctl start exim4`, or `exim -bd -q30m` with its configuration.");
    public static readonly FindingKind ReceiverNotRunning = new("exim-receiver-not-running", "No Exim of an intake's spool runs: nothing comes in.", "Start the Exim that receives.");
    public static readonly FindingKind NoQueueRunner = new("exim-no-queue-runner", "The Exims of the target's spool run its queue at no time, and a daemon without `-q` starts nothing for what it is told: mail that is deferred once is not tried again, unless cron does it.", "Give the daemon `-q30m` (Debian: `QUEUERUNNER='combined'`, `QUEUEINTERVAL='30m'` in /etc/default/exim4).");
    public static readonly FindingKind OlderThanConfiguration = new("exim-older-than-configuration", "The running Exim has read its configuration before that was last changed: what the file says, and what `exim -bP` tells, is not what it does.", "Have it read again: `systemctl reload exim4`, or SIGHUP to the daemon.");
    public static readonly FindingKind ConfigurationInvalid = new("exim-configuration-invalid", "Exim cannot read its configuration as it is now: it would not start again.", "Run the command that is named, and correct what it complains of.");
    public static readonly FindingKind ConfigurationDiffers = new("exim-configuration-differs", "The Exim that runs has another configuration than `Target:EximConfig` names: what is asked of the command is not true of the daemon.", "Set `Target:EximConfig` to the daemon's, or leave it empty where it has none.");
    public static readonly FindingKind GeneratedStale = new("exim-configuration-not-generated", "Debian makes Exim's configuration from files in /etc/exim4, and one of them is newer: it does not count yet.", "`update-exim4.conf && systemctl reload exim4`");
    public static readonly FindingKind BinaryReplaced = new("exim-binary-replaced", "Exim's program was exchanged since the daemon has started: the old one still runs.", "Restart it: `systemctl restart exim4`.");
    public static readonly FindingKind KnownBug = new("exim-known-bug", "Exim's own ChangeLog names a fault of this version that matters here.", "Update Exim, if your distribution has not mended it already; acknowledge it if it has.");
    public static readonly FindingKind OcspWithResumption = new("ocsp-with-resumption", "A transport requires OCSP (`hosts_require_ocsp`) and resumes TLS sessions (`tls_resumption_hosts`): in a resumed session no status comes, and the delivery fails (Exim's experimental-spec, TLS Session Resumption).", "Leave one of them empty; with OpenSSL, Exim 4.96 mends it.");
    public static readonly FindingKind DovecotMissing = new("dovecot-socket-missing", "An authenticator of Exim's asks Dovecot at a socket that is not there: nobody can log in.", "Start Dovecot, and give its service auth the listener; `spoolworker exim-config dovecot` prints both sides.");
    public static readonly FindingKind DovecotAccess = new("dovecot-socket-forbidden", "The Exim user may not connect to Dovecot's socket.", "Give the `unix_listener` in Dovecot's service auth `mode = 0660` and `user = Debian-exim`.");
    public static readonly FindingKind DovecotOpen = new("dovecot-socket-open", "Every user of this host may ask Dovecot's authentication socket, and guess passwords there.", "Give the `unix_listener` in Dovecot's service auth `mode = 0660` and `user = Debian-exim`.");
    public static readonly FindingKind DovecotSilent = new("dovecot-silent", "Who listens where an authenticator of Exim's asks Dovecot does not greet as Dovecot does.", "See that it is the listener of Dovecot's service auth. One with `ssl = yes` cannot be used by Exim.");
}
