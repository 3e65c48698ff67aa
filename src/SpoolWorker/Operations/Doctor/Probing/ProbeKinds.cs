// Kinds of findings about the message that is sent through.
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class ProbeKinds
{
    public static readonly FindingKind NotSent = new("probe-not-sent", "The probe could not be handed to the Exim that receives, nor put into an intake.", "Start the Exim that receives, or say with `--smtp` where it listens.");
    public static readonly FindingKind Refused = new("probe-refused", "The Exim that receives refuses the probe.", "Place the router that `spoolworker exim-config probe` prints, or name an address with `--to` that it takes and throws away.");
    public static readonly FindingKind PastWorker = new("probe-past-worker", "Exim has taken the probe, and it came to no intake: mail goes past the worker.", "Wire Exim as `spoolworker exim-config` prints it, and have it read its configuration again.");
    public static readonly FindingKind NotTaken = new("probe-not-taken", "The probe waits in an intake and no worker has taken it in time.", "Start the worker; `spoolworker status` says what does not move.");
    public static readonly FindingKind NotPassed = new("probe-not-passed", "The worker did something else with the probe than to hand it over.", "`spoolworker explain` says which pass decided so; a probe comes from this host and the null sender.");
    public static readonly FindingKind NotDelivered = new("probe-not-delivered", "The worker has handed the probe over, and the target's Exim is not done with it in time.", "Exim's main log says why; see that its daemon runs with `-q30m`, and that the recipient is thrown away.");
    public static readonly FindingKind LeftBehind = new("probe-left-behind", "The probe could not be removed again.", "Remove it by hand: `spoolworker delete`, or `exim -Mrm` in the target.");
}
