// What is the message's fault counts against the message; what is the disk's or a service's does not. One table says which failure is
// whose, and below it what follows: who waits, and what is counted. Nothing throws but for bugs in here.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Whose failure it is.</summary>
internal enum FailureClass
{
    /// <summary>Its files or its record are not ours to use: it alone waits, nothing is counted.</summary>
    Forbidden,

    /// <summary>Every message would fail alike: all wait, nothing is counted.</summary>
    Environment,

    /// <summary>The message's own: counted against it, it waits longer each time, and is held after <c>Engine:MaxAttempts</c>.</summary>
    Message,
}

/// <summary>What follows when the work on a message fails.</summary>
internal sealed class FailureClasses(MessageLedger ledger, Stager stager, Waiting waiting, EngineOptions options, TimeProvider clock)
{
    // The first row that fits. Errno: of a call on the message's own files; 0: of anything else.
    private static readonly (FailureClass Class, Func<Exception, int, bool> Fits)[] Table =
    [
        // A record that cannot be read.
        (FailureClass.Forbidden, (e, _) => e is UnreadableRecordException),
        // Nobody else's messages have to wait for one whose files are not ours to read or remove.
        (FailureClass.Forbidden, (_, errno) => errno is Errno.EACCES or Errno.EPERM),
        // A want of descriptors or memory, whatever call it met.
        (FailureClass.Environment, (_, errno) => errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM),
        // What concerns the message's own files (a bad sector) may last for ever.
        (FailureClass.Message, (_, errno) => errno != 0),
        // A full disk, a missing directory, the ledger.
        (FailureClass.Environment, (e, _) => e is IOException or UnauthorizedAccessException),
        // A bug that this message brings to light.
        (FailureClass.Message, (_, _) => true),
    ];

    /// <summary>Whose failure it is.</summary>
    /// <param name="intake">Path of the message's intake.</param>
    /// <param name="e">What was thrown.</param>
    public static FailureClass Of(string intake, Exception e)
    {
        var errno = e is PosixException p && p.Path.StartsWith(intake + "/", StringComparison.Ordinal) ? p.Errno : 0;
        return Table.First(row => row.Fits(e, errno)).Class;
    }

    /// <summary>Does what follows.</summary>
    public Outcome Handle(Look look, Exception e) => Of(look.Key.Intake.Path, e) switch
    {
        FailureClass.Forbidden => Forbidden(look, e),
        FailureClass.Environment => look.As(OutcomeKind.Undone, e.Message),
        _ => OwnFault(look, e),
    };

    private Outcome Forbidden(Look look, Exception e)
    {
        var isNews = waiting.LeaveForbidden(look.Key);
        waiting.Defer(look.Key, Deferral.In(clock.GetUtcNow(), options.RetryFirst, "", e.Message));
        return look.Left(LeftCause.Forbidden, e.Message) with { IsNews = isNews };
    }

    private Outcome OwnFault(Look look, Exception e)
    {
        var key = look.Key;
        try
        {
            var entry = ledger.Find(key.Intake.Path, key.Id)
                ?? new LedgerEntry { Intake = key.Intake.Path, Id = key.Id.ToString(), FirstSeen = clock.GetUtcNow().ToUnixTimeMilliseconds() };
            var failed = stager.Failed(entry, e.Message);
            ledger.Commit([failed], []);
            waiting.Defer(key, failed.Deferred!);
            return look.As(OutcomeKind.Failed, e.Message) with { Error = e };
        }
        catch (LedgerException ledgerFailure)
        {
            return look.As(OutcomeKind.Undone, $"it failed ({e.Message}), and its failure cannot be recorded: {ledgerFailure.Message}") with { Error = e };
        }
    }
}
