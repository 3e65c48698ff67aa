// What `inject` leaves in an intake when it is killed before its message is there: hdr.<id>.injected, and -D beside it. Exim and the scan pass over both, so
// that they would stay for ever. One that is still at work holds the lock on its -D; for the moments before it has it, what is young is left alone.
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Messages that operators put into intakes.</summary>
internal static class Injections
{
    /// <summary>Marks the staged files of all of them: no ledger makes this tag, and none of them names another's id.</summary>
    public const string Tag = "injected";

    // From making the one file to locking the other; a busy machine takes milliseconds.
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    /// <summary>Removes what is left of them. Returns the paths of the staged headers.</summary>
    /// <exception cref="IOException">The intake cannot be read or written.</exception>
    public static IReadOnlyList<string> Sweep(Intake intake, DateTimeOffset now) =>
        intake.State == IntakeState.Ours ? new SpoolStage(intake.Directory, SpoolOwnership.Of(intake.Path), Tag).Sweep(new HashSet<string>(), now - Young) : [];
}
