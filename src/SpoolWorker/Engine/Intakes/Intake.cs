// One intake at run time, and the key of a message in it. An intake is ours while we hold flock's lock on its directory:
// a second worker, whose ledger knows nothing of what the first has handed over, would send it again after a crash. The
// lock is on the inode: a directory that was removed and made anew has to be locked anew.
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>What an attempt to lock an intake came to.</summary>
internal enum IntakeState
{
    /// <summary>Its directory is not there: Exim makes it with its first message.</summary>
    Missing,

    /// <summary>Locked by us.</summary>
    Ours,

    /// <summary>Locked by another worker.</summary>
    Taken,

    /// <summary>It cannot be opened.</summary>
    Closed,
}

/// <summary>A directory pairs are taken from. Equal by its path: that is what the ledger knows it by.</summary>
/// <param name="path">The directory.</param>
/// <param name="kind">Who writes into it, and how.</param>
/// <param name="fixedPart">See <see cref="SpoolDirectory.FixedPart"/>.</param>
internal sealed class Intake(string path, IntakeKind kind, string? fixedPart = null) : IEquatable<Intake>, IDisposable
{
    private readonly int _hash = path.GetHashCode(StringComparison.Ordinal);
    private SpoolFolder? _locked;

    public Intake(IntakeOptions options) : this(Places.IntakePath(options), options.Kind)
    {
    }

    public IntakeKind Kind { get; } = kind;

    public SpoolDirectory Directory { get; } = new(path) { Name = "intake", IsIntake = true, FixedPart = fixedPart };

    /// <summary>Where the receiving Exim keeps its message logs; null for a directory that no Exim receives into.</summary>
    public SpoolDirectory? MessageLogs { get; } = kind != IntakeKind.Queuefile && System.IO.Path.GetFileName(path) == "input" ? new(System.IO.Path.GetDirectoryName(path) + "/msglog") : null;

    /// <summary>Names the intake in ledger and log.</summary>
    public string Path => Directory.Path;

    /// <summary>How <see cref="Claim"/> found it last.</summary>
    public IntakeState State { get; private set; } = IntakeState.Missing;

    /// <summary>Counts the directories that were locked under this path: another number means another directory.</summary>
    public int Generation { get; private set; }

    /// <summary>Why it is not ours, for people; empty when it is, or is only missing.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Why nobody else can be kept out of it, though it is ours: its file system has no such locks. Null where it has.</summary>
    public string? Unlocked { get; private set; }

    /// <summary>Locks the directory that has this path now, or sees that it is locked still.</summary>
    public IntakeState Claim()
    {
        (State, Reason) = Look();
        if (State != IntakeState.Ours) Release();
        return State;
    }

    public void Dispose()
    {
        State = IntakeState.Missing;
        Release();
    }

    public bool Equals(Intake? other) => other is not null && other.Path == Path;

    public override bool Equals(object? obj) => Equals(obj as Intake);

    public override int GetHashCode() => _hash;

    /// <summary>Removes the message log of a message, wherever split_spool_directory put it. Exim writes <c>msglog/ID</c> beside <c>input/</c> when it receives a message, and
    /// removes it when it has delivered that: in a queue that we empty it never does (seen on 4.96). What is in it is in the main log too. Failing does no harm: it is only litter.</summary>
    public void RemoveLog(MessageId id)
    {
        if (MessageLogs is not { } logs || logs.TryOpen(out var opened) != 0) return;
        using var top = opened;
        if (top!.TryUnlink(id.ToString()) == 0) return;
        try
        {
            using var folder = logs.OpenFolder(top.PathOf(id.Subdirectory.ToString()));
            folder?.TryUnlink(id.ToString());
        }
        catch (PosixException)
        {
            // said above
        }
    }

    private (IntakeState, string) Look()
    {
        try
        {
            if (Directory.TryOpen(out var opened) is var error && error != 0) return error is Errno.ENOENT or Errno.ENOTDIR ? (IntakeState.Missing, "") : (IntakeState.Closed, new PosixException(error, "open", Path).Message);
            using var folder = opened!;
            // Our share keeps the locked inode from being used again, so the numbers tell for sure.
            if (_locked is not null && _locked.Is(folder.Status)) return (IntakeState.Ours, "");
            Release();
            var locked = folder.TryLock();
            if (locked == Errno.EAGAIN) return (IntakeState.Taken, LockHolder.Describe(folder.Status.Inode));
            // This file system has no such locks (NFS without its lock service): nobody can be kept out, and mail has to go on.
            Unlocked = locked == 0 ? null : new PosixException(locked, "flock", Path).Message;
            _locked = folder.Share();
            Generation++;
            return (IntakeState.Ours, "");
        }
        catch (IOException e)
        {
            return (IntakeState.Closed, e.Message);
        }
    }

    private void Release()
    {
        // Expressly: the descriptor is shared, and may stay open for longer.
        _locked?.Unlock();
        _locked?.Dispose();
        _locked = null;
    }
}

/// <summary>A message of an intake.</summary>
internal readonly record struct MessageKey(Intake Intake, MessageId Id)
{
    public override string ToString() => Id.ToString();
}
