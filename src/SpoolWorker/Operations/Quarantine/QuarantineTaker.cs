// Takes a pair out of somebody else's directory into held/, where all verbs act on it. It is moved, by the steps of every hand-over: staged in held/ and synced, on record,
// visible, durable, and only then gone from where it lay. So a kill or a power cut leaves it in one place, or in both, and what is in both is known by its fingerprint. One
// command at a time does this, by a lock beside the ledger; the pair itself is locked as Exim locks it. What a dead command left staged, the next one sweeps.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Quarantine;

/// <summary>What came of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Target">The message as verbs know it; null: it is not there, or may not be taken.</param>
/// <param name="Trouble">Why; or what is left to be done by hand.</param>
internal readonly record struct TakenFile(SetAsideFile File, VerbTarget? Target, Trouble? Trouble);

/// <summary>Takes pairs.</summary>
/// <param name="settings">The worker's places.</param>
/// <param name="clock">Dates.</param>
internal sealed class QuarantineTaker(Settings settings, TimeProvider clock)
{
    private readonly string _held = Places.Full(settings.Held.Path);

    /// <summary>What would be taken; changes nothing.</summary>
    /// <param name="files">The files.</param>
    /// <param name="order">For whom.</param>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public IReadOnlyList<TakenFile> Look(IReadOnlyList<SetAsideFile> files, VerbOrder order)
    {
        using var ledger = LedgerGlance.Open(settings.Ledger);
        var reader = new SetAsideReader(settings, id => ledger?.Find(_held, id), clock);
        return [.. files.Select(file => Guarded(file, () =>
        {
            using var pair = reader.Read(file, out var trouble);
            return pair is null ? new TakenFile(file, null, trouble) : TargetOf(file, pair, order, "file", file.Folder);
        }))];
    }

    /// <summary>Takes them.</summary>
    /// <param name="files">The files.</param>
    /// <param name="order">For whom.</param>
    /// <param name="cancellationToken">Ends the wait for other commands.</param>
    /// <exception cref="IOException">Ledger or held/ cannot be used.</exception>
    public async Task<IReadOnlyList<TakenFile>> TakeAsync(IReadOnlyList<SetAsideFile> files, VerbOrder order, CancellationToken cancellationToken)
    {
        Places.EnsureTarget(settings.Target);
        Places.MakePrivate(settings.Ledger.Path);
        Places.MakePrivate(_held);
        using var alone = await LedgerLocks.ForTakingAsync(settings.Ledger.Path, cancellationToken).ConfigureAwait(false);
        if (alone is null) return [.. files.Select(f => new TakenFile(f, null, new Trouble(TroubleKind.NotNow, $"{f.Id}: another command takes files into {_held}; try again")))];
        using var ledger = MessageLedger.Open(settings.Ledger);
        using var directory = new SpoolDirectory(_held) { Name = "held" };
        var stage = new SpoolStage(directory, Places.HeldOwnership(settings), Injections.Tag);
        // Whoever left it is dead: the lock is ours.
        stage.Sweep(new HashSet<string>());
        var reader = new SetAsideReader(settings, id => ledger.Find(_held, id), clock);
        return [.. files.Select(file => Guarded(file, () =>
        {
            using var pair = reader.Read(file, out var trouble);
            if (pair is null) return new TakenFile(file, null, trouble);
            CrashPoint.Reach(CrashPoint.Claimed);
            var taken = TargetOf(file, pair, order, "held", _held);
            // Nothing is moved for an address that is not there.
            if (taken.Target is null) return taken;
            if (!pair.IsTaken && !TryPut(file, pair, stage, ledger, out trouble)) return new TakenFile(file, null, trouble);
            return taken with { Trouble = Remove(file, pair) };
        }))];
    }

    private static TakenFile Guarded(SetAsideFile file, Func<TakenFile> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PosixException or InvalidDataException)
        {
            return new TakenFile(file, null, Trouble.Of(e));
        }
    }

    private static TakenFile TargetOf(SetAsideFile file, SetAsidePair pair, VerbOrder order, string place, string directory)
    {
        var pending = pair.Header.Pending.Select(r => LedgerEntry.Text(r.Address.Span)).ToList();
        var chosen = order.Recipients.Select(wanted => (Wanted: wanted, Address: VerbOrder.AddressOf(pending, wanted))).ToList();
        if (chosen.Exists(c => c.Address is null))
            return new TakenFile(file, null, new Trouble(TroubleKind.NotFound, $"{file.Id}: {string.Join(", ", chosen.Where(c => c.Address is null).Select(c => Characters.SafeText.Of(c.Wanted)))} is not among those still to be served; nothing is done; see: spoolworker show {Characters.SafeText.Of(file.Path)}"));
        return new TakenFile(file, new VerbTarget(file.Id, place, directory, [.. chosen.Select(c => c.Address!).Distinct()]) { File = file.Path }, null);
    }

    private bool TryPut(SetAsideFile file, SetAsidePair pair, SpoolStage stage, MessageLedger ledger, out Trouble? trouble)
    {
        trouble = null;
        var reason = SetAsideReader.ReasonOf(file);
        var header = pair.Header.IsFrozen ? pair.Header.Thawed() : pair.Header;
        if (stage.TryStage(header, pair.Pair!, mayLink: false) is not { } staged)
        {
            trouble = new Trouble(TroubleKind.NotNow, $"{file.Id}: {_held} has files of that id already; see what they are: ls {_held}/{file.Id}*");
            return false;
        }
        using (staged)
        {
            var isThere = false;
            try
            {
                stage.WriteNote(staged, string.Join("\n", header.Pending.Select(r => $"{Characters.SafeText.Of(r.Address.Span)}: {reason}").Distinct()));
                CrashPoint.Reach(CrashPoint.Staged);
                staged.SyncFiles(pair.Pair);
                staged.Place.Sync();
                CrashPoint.Reach(CrashPoint.Synced);
                ledger.Commit([RecordOf(file, pair, reason)], []);
                CrashPoint.Reach(CrashPoint.Recorded);
                staged.Commit();
                isThere = true;
                CrashPoint.Reach(CrashPoint.Renamed);
                staged.Place.Sync();
                CrashPoint.Reach(CrashPoint.Committed);
            }
            catch
            {
                // Our lock is on -D still: nobody has worked on it. The record without a pair is a note that nobody reads.
                if (isThere) staged.Uncommit();
                staged.Abort();
                throw;
            }
        }
        return true;
    }

    // As of what the worker holds before its first pass: when it goes on, all of them see it.
    private LedgerEntry RecordOf(SetAsideFile file, SetAsidePair pair, string reason)
    {
        var now = clock.GetUtcNow();
        var entry = pair.Before ?? new LedgerEntry { Intake = _held, Id = file.Id.ToString(), FirstSeen = now.ToUnixTimeMilliseconds(), Fingerprint = pair.Fingerprint };
        return entry with
        {
            Held = new HeldState("", reason, now.ToUnixTimeMilliseconds(), ""),
            Decided = now.ToUnixTimeMilliseconds(),
            // Open where a part was served before, as the rest of any held message is.
            Expires = entry.Done.Count > 0 ? 0 : (now + settings.Ledger.Keep).ToUnixTimeMilliseconds(),
        };
    }

    // Nothing is lost where it stays: it is known by its fingerprint.
    private static Trouble? Remove(SetAsideFile file, SetAsidePair taken)
    {
        var shown = Characters.SafeText.Of(file.Path);
        try
        {
            if (taken.Pair is not { } pair)
            {
                RemoveLeft(file, taken);
                return null;
            }
            pair.RemoveHeader();
            CrashPoint.Reach(CrashPoint.HeaderRemoved);
            pair.RemoveRest();
            CrashPoint.Reach(CrashPoint.Removed);
            return pair.Place.Exists(file.Id.HeaderName) ? new Trouble(TroubleKind.Failed, $"{shown} was exchanged while it was taken: what lies there now stays") : null;
        }
        catch (IOException e)
        {
            return Trouble.Of(e, $"{shown} was taken and does not go from there, remove it by hand: ");
        }
    }

    // A command that was killed between the two files has left the body; a power cut either.
    private static void RemoveLeft(SetAsideFile file, SetAsidePair taken)
    {
        if (SpoolFolder.TryOpen(file.Folder, out var folder) != 0) return;
        using (folder)
        {
            var opened = folder!.TryOpenFile(file.Id.BodyName, Posix.O_RDWR | Posix.O_APPEND, 0, out var body);
            if (opened == Errno.ENOENT && IsHeaderOf(taken, folder, file.Id)) folder.Unlink(file.Id.HeaderName);
            if (opened != 0) return;
            using (body)
            {
                var path = folder.PathOf(file.Id.BodyName);
                var isOurs = Posix.TryLock(body!, file.Id.BodyOffset, path) && !folder.Exists(file.Id.HeaderName) && Fingerprint.Of(taken.Header, Posix.Status(body!, path).Size) == taken.Fingerprint;
                if (isOurs) folder.Unlink(file.Id.BodyName);
            }
        }
    }

    // As far as it can be told without the body.
    private static bool IsHeaderOf(SetAsidePair taken, SpoolFolder folder, MessageId id) =>
        SpoolPair.ReadBounded(folder, id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) == ClaimResult.Claimed
        && HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out _, out _) && Fingerprint.Of(header, 0) == Fingerprint.Of(taken.Header, 0);
}
