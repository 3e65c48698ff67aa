// An operator lets a held message go. The held pair is requeued into the target through the same commit protocol as any other
// message, with no passes, so neither a kill nor a power cut loses or doubles it. Beside a running worker it leaves recovery
// alone, which is that worker's; without one it recovers first, as a start does. If the release itself is killed, the pair is in
// held/ still or in the target already, and the same release, or the next start, finishes it.
// Several releases may run at once: they take turns, and who comes too late is told what became of the message.
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Releasing;

/// <summary>What a release came to: one of the two.</summary>
/// <param name="Released">The message that went.</param>
/// <param name="Trouble">Why it did not go.</param>
internal sealed record ReleaseResult(ReleaseView? Released, Trouble? Trouble);

/// <summary>Requeues held messages.</summary>
internal static class Releaser
{
    private const string Requeued = "requeued ";

    /// <summary>Lets a message go.</summary>
    /// <exception cref="IOException">Spool or ledger cannot be used; see <see cref="Trouble.Of"/>.</exception>
    public static async Task<ReleaseResult> ReleaseAsync(Settings settings, MessageId id, CancellationToken cancellationToken)
    {
        var held = new Intake(Places.Full(settings.Held.Path), IntakeKind.Spool);
        if (!IsThere(held, id))
        {
            using var known = MessageLedger.Exists(settings.Ledger) ? MessageLedger.Open(settings.Ledger) : null;
            return NotHeld(known, held, id);
        }
        Places.MakePrivate(settings.Ledger.Path);
        using var locks = await LedgerLocks.ForReleaseAsync(settings.Ledger.Path, cancellationToken).ConfigureAwait(false);
        if (locks is null) return Fail(TroubleKind.NotNow, "another release is at work, or the worker is starting; try again");

        using var ledger = MessageLedger.Open(settings.Ledger);
        // Another release took it while this one waited for its turn.
        if (!IsThere(held, id)) return NotHeld(ledger, held, id);
        var plan = new EnginePlan(new IntakeSet(held), ForRelease(settings), Watch: false);
        var chain = new PassChain([], TimeProvider.System, NullLogger<PassChain>.Instance);
        Outcome? released = null;
        var engine = new SpoolEngine(plan, ledger, chain, null, TimeProvider.System, NullLoggerFactory.Instance);
        await using (engine.ConfigureAwait(false))
        {
            engine.Outcomes.Published += outcome => released = outcome;
            // A release that died half way may have left it: the start finishes that one.
            engine.Start(recover: locks.IsAlone);
            if (held.Directory.FolderWith(id, 'H') is null) return Gone(ledger, held, id);
            ForgetOther(ledger, held, id);
            await engine.AddAsync(new MessageKey(held, id), cancellationToken).ConfigureAwait(false);
            while (engine.Busy > 0 && engine.FatalReason is null) await Task.Delay(2, cancellationToken).ConfigureAwait(false);
        }
        if (engine.FatalReason is { } fatal) return Fail(TroubleKind.Failed, fatal);
        return Report(ledger, held, id, released);
    }

    private static ReleaseResult Report(MessageLedger ledger, Intake held, MessageId id, Outcome? released)
    {
        if (released is { Placed: [{ ToTarget: true } placed] })
        {
            RemoveNote(held, id);
            return Done(id, placed.Id.ToString(), placed.Folder, [.. released.Settled]);
        }
        if (released is not null && (released.IsSettled || released.Is(OutcomeKind.Gone)) && held.Directory.FolderWith(id, 'H') is null) return Gone(ledger, held, id);
        if (released is not null && released.Is(OutcomeKind.NotReady)) return Fail(TroubleKind.NotNow, $"{id} is locked by another process; try again");
        return Fail(TroubleKind.NotNow, $"{id} stays held: {(released is { Reason.Length: > 0 } ? released.Reason : "the target cannot be written to now")}");
    }

    // It was there when this release had its turn: one that died half way is finished by now.
    private static ReleaseResult Gone(MessageLedger ledger, Intake held, MessageId id)
    {
        // Corrupt pairs leave a reason of their own in corrupt/.
        if (ledger.Find(held.Path, id) is not { Expires: > 0, Done.Count: > 0 } release) return Fail(TroubleKind.BadData, $"{id} cannot be read and was moved to corrupt/; see: spoolworker list --corrupt");
        RemoveNote(held, id);
        var requeued = release.Done.Values.Select(RequeuedAs).FirstOrDefault(name => name.Length > 0) ?? "";
        return Done(id, requeued.Length > 0 ? requeued : id.ToString(), "", [.. release.Done.Keys]);
    }

    private static ReleaseResult NotHeld(MessageLedger? ledger, Intake held, MessageId id) => Fail(TroubleKind.NotFound, ledger?.Find(held.Path, id) is { Expires: > 0, Done.Count: > 0 } release
        ? $"{id} is held no more: it was released before ({release.Done.Values.First()})"
        : $"{id} is not held in {held.Path}; see: spoolworker list --held");

    private static string RequeuedAs(string what) => what.StartsWith(Requeued, StringComparison.Ordinal) ? what[Requeued.Length..] : "";

    // A note alone, or a -D, is what a release that died has left.
    private static bool IsThere(Intake held, MessageId id) => held.Directory.Holds(id) || held.Directory.Has(SpoolStage.NoteName(id));

    // Durable with the next sync of held/, or brought back by a power cut and removed by the next start: the record stays as long as it.
    private static void RemoveNote(Intake held, MessageId id)
    {
        using var folder = held.Directory.Open();
        folder.Unlink(SpoolStage.NoteName(id));
    }

    private static ReleaseResult Done(MessageId id, string name, string folder, IEnumerable<string> recipients) => new(new ReleaseView
    {
        Id = id.ToString(),
        NewId = name,
        Directory = folder.Length > 0 ? folder : null,
        Before = folder.Length == 0,
        Recipients = [.. recipients.Select(r => new RecipientView { Address = RecordViews.Exact(r) })],
    }, null);

    // What the engine would hold again goes: the operator has decided. So frozen is thawed, nothing counts as failed, and the
    // engine's own held/ is out of the way of this intake.
    private static Settings ForRelease(Settings settings) => new()
    {
        Target = settings.Target,
        Ledger = settings.Ledger,
        Corrupt = settings.Corrupt,
        Held = settings.Held,
        Engine = new EngineOptions { Workers = 1, TakeFrozen = true, MaxAttempts = int.MaxValue, Sync = SyncMethod.Fsync, IncompleteAfter = TimeSpan.Zero, SettleTime = TimeSpan.Zero },
    };

    // Another message that was held and released under this id is no reason to hold this one again, which the engine would.
    private static void ForgetOther(MessageLedger ledger, Intake held, MessageId id)
    {
        if (ledger.Find(held.Path, id) is not { } entry) return;
        var claim = SpoolPair.Claim(held.Directory, id, out var pair, out _);
        using (pair)
        {
            if (claim != ClaimResult.Claimed || !HeaderFileReader.TryRead(pair!.HeaderBytes, id, out var header, out _)) return;
            if (entry.Staged.Count == 0 && entry.Fingerprint.Length > 0 && entry.Fingerprint != Fingerprint.Of(header, pair.DataStatus.Size)) ledger.Forget(held.Path, id);
            else if (entry.Deferred is not null) ledger.Commit([entry with { Deferred = null, Failures = 0 }], []);
        }
    }

    private static ReleaseResult Fail(TroubleKind kind, string text) => new(null, new Trouble(kind, text));
}
