// Kinds of findings about the target's Exim, as far as the configuration and one question to it tell.
namespace SpoolWorker.Operations.Checks;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class TargetKinds
{
    public static readonly FindingKind VersionUnknown = new("exim-version-unknown", "The target's Exim cannot be asked for its version: message ids of 23 characters are renewed to 16.", "Set `Target:Exim` to its command, or `Target:EximVersion`.");
    public static readonly FindingKind IdUnseen = new("message-id-unseen", "`Target:MessageId` keeps ids, and this Exim may not see those of 23 characters: they are renewed all the same.", "Set `Target:EximVersion` if it is 4.97 or later.");
    public static readonly FindingKind SpoolDiffers = new("exim-spool-differs", "The Exim that was asked has another spool directory than the target.", "Set `Target:EximConfig` to the configuration of the Exim that delivers from `Target:Path`.");
    public static readonly FindingKind Layout = new("target-layout", "`Target:Layout` is split, and this Exim does not look into subdirectories.", "Set `Target:Layout` to `flat`.");
    public static readonly FindingKind CommandMissing = new("exim-command-missing", "`Target:Wake` is `exec`, and the exim command is not there or may not be executed.", "Set `Target:Exim`.");
    public static readonly FindingKind NotListening = new("exim-not-listening", "No Exim daemon answers at the target's notifier socket: requeued mail is not begun at once.", "Start the target's Exim with `-bd -q30m`; one with `-oX` and without `-oP` makes no socket.");
    public static readonly FindingKind Rival = new("queue-run-past-worker", "An Exim runs the queue of an intake and delivers past the worker.", "Start the receiving Exim without `-q`; run no queue runner for the named queue.");
}
