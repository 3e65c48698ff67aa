// What `inject` leaves in an intake (and `release FILE` in held/) when it is killed before its message is there: hdr.<id>.injected, and -D beside it. Exim and the scan pass over both, so
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
    public static IReadOnlyList<string> Sweep(Intake intake, DateTimeOffset now) => intake.State == IntakeState.Ours ? Sweep(intake.Directory, now) : [];

    /// <summary>The same in a directory of our own, <c>held/</c>: files of others are taken into it.</summary>
    public static IReadOnlyList<string> Sweep(SpoolDirectory directory, DateTimeOffset now) =>
        new SpoolStage(directory, SpoolOwnership.Of(directory.Path), Tag).Sweep(new HashSet<string>(), now - Young);
}
