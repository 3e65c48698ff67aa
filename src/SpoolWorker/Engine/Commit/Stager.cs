// Turns a verdict into staged pairs and the ledger record that will commit them: one pair for the recipients that go on,
// one in held/ for those that are held, nothing for the discarded, a deferral for the rest, and a pair of its own for each
// notification to a sender. Recipients that a pair is not for are written into its non-recipients, Exim's own way of saying
// "done", so that no index in the recipient list moves. Without the pass dsn a bounce is a hold. Throws PosixException when a spool
// directory cannot be written; then nothing of this message stays staged.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Writes what a verdict asks for.</summary>
internal sealed class Stager(SpoolStage target, SpoolStage held, TargetOptions options, EngineOptions engine, EximVersion? targetVersion, Bouncer? bouncer, TimeSpan keep, TimeProvider clock)
{
    public const string DeliveredBefore = "all recipients were delivered before";
    private const int MostNewIds = 20;

    /// <summary>When a record that is settled now may be forgotten.</summary>
    public long Expiry => (clock.GetUtcNow() + keep).ToUnixTimeMilliseconds();

    private MessageIdGenerator Ids { get; init; } = new(clock, Environment.ProcessId);

    /// <summary>The same with other notifications; null: none are composed.</summary>
    /// <param name="other">Composes them.</param>
    /// <param name="notices">Tells administrators of held mail; null: nobody does.</param>
    public Stager With(Bouncer? other, NoticeWriter? notices = null) => new(target, held, options, engine, targetVersion, other, keep, clock) { Ids = Ids, Notices = notices };

    /// <summary>Tells administrators of held mail; null: nobody does.</summary>
    internal NoticeWriter? Notices { get; private init; }

    /// <summary>Stages what a verdict asks for.</summary>
    /// <param name="attempt">The message in hand.</param>
    /// <param name="verdict">What the passes made of it.</param>
    /// <exception cref="PosixException">A spool directory cannot be written; nothing of the message stays staged.</exception>
    public PreparedMessage Stage(Attempt attempt, Verdict verdict)
    {
        var plan = bouncer?.Plan(attempt.Entry, verdict, new PairBody(attempt.Pair, verdict.Received.IsWireFormat)) ?? new BouncePlan(verdict, attempt.Entry.Warnings);
        var staging = new Staging(this, attempt, plan, clock.GetUtcNow().ToUnixTimeMilliseconds());
        try
        {
            staging.Requeue();
            staging.Notify();
            staging.Hold();
            staging.Tell();
            staging.Discard();
            staging.KeepRest();
            return staging.Prepare();
        }
        catch
        {
            staging.Abandon();
            throw;
        }
    }

    /// <summary>Nothing is left to do for a message that is not on record as settled: only record and removal.</summary>
    public PreparedMessage Settled(Attempt attempt)
    {
        var record = attempt.Entry with { Judged = ReturnedPair.Identity(attempt.Pair.HeaderStatus), Deferred = null, Deferrals = 0, Staged = [], Expires = Expiry, Remembered = HowRemembered(attempt.Key.Intake, attempt.Entry.Done), Rows = null };
        return new PreparedMessage(attempt, record, attempt.Look.As(OutcomeKind.Removed, DeliveredBefore).About(attempt.Header, attempt.Size) with { IsSettled = true })
        {
            Verb = attempt.Verb is { } verb ? verb with { Result = VerbResult.NotThere, Executed = clock.GetUtcNow().ToUnixTimeMilliseconds(), Told = "nobody is left to be served; what was left of it is removed" } : null,
        };
    }

    /// <summary>What stays of a message that is settled. Whole: what is held may be put back or released, and a release tells what became of it.</summary>
    internal Remembered HowRemembered(Intake intake, Dictionary<string, string> done) =>
        intake.Path == held.Directory.Path || done.Values.Any(how => how.StartsWith(LedgerFormat.Held, StringComparison.Ordinal)) ? Remembered.Whole
        : intake.Kind == IntakeKind.Queuefile ? Remembered.ByRecipient : Remembered.AsMessage;

    /// <summary>A record that says: the message itself failed once more. Nothing is staged.</summary>
    public LedgerEntry Failed(LedgerEntry entry, string reason)
    {
        var failed = entry.WithWait(clock.GetUtcNow().ToUnixTimeMilliseconds()) with { Failures = entry.Failures + 1, LastFailure = reason, Expires = 0, Rows = null };
        return failed with { Deferred = BackOff(failed, "", reason), Deferrals = failed.Deferrals + 1 };
    }

    /// <summary>Why, for log, note and ledger, with the pass that said so.</summary>
    internal string WordFor(RecipientVerdict recipient)
    {
        var by = recipient.Pass.Length > 0 ? $"{recipient.Pass}: " : "";
        return recipient.Disposition.Kind == DispositionKind.Bounce
            && bouncer is null ? $"{by}{recipient.Disposition.Reason} (to be bounced; held, as there is no dsn pass)"
            : by + recipient.Disposition.Reason;
    }

    /// <summary>When the deferred recipients are tried again; null when there are none.</summary>
    internal Deferral? DeferralOf(LedgerEntry entry, Verdict verdict)
    {
        var planned = Planned(entry, verdict);
        // What a pass deferred counts as ever, and may be tried before the others' hours or turn come.
        if (DeferralByPasses(entry, verdict) is not { } byPasses) return planned;
        return planned is null || planned.Next > byPasses.Next ? byPasses : byPasses with { Next = planned.Next };
    }

    // For those who wait for hours, or for their turn. The turn comes at once when somebody has left, so that there are no more such tries than recipients; else with the
    // hours that keep those whose turn it is, when the pass says, or by the back-off.
    private Deferral? Planned(LedgerEntry entry, Verdict verdict)
    {
        var now = clock.GetUtcNow();
        var turn = verdict.Recipients.FirstOrDefault(r => r.Disposition.IsTurn);
        if (turn is not null && verdict.Recipients.Any(r => r.Disposition.Kind != DispositionKind.Defer)) return Planned(now, turn.Pass, turn.Disposition.Reason);
        if (verdict.Wait is { } wait) return Planned(wait.Next, wait.Pass, wait.Why);
        return turn is null ? null : Planned(turn.Disposition.NextTry ?? DateTimeOffset.FromUnixTimeMilliseconds(BackOff(entry, "", "").Next), turn.Pass, turn.Disposition.Reason);

        Deferral Planned(DateTimeOffset next, string pass, string why) => new(now.ToUnixTimeMilliseconds(), next.ToUnixTimeMilliseconds(), pass, why) { IsPlanned = true };
    }

    private Deferral? DeferralByPasses(LedgerEntry entry, Verdict verdict)
    {
        var deferred = verdict.Of(DispositionKind.Defer).Where(r => !r.Waits).ToList();
        if (deferred.Count == 0) return null;
        var first = deferred[0];
        var wanted = deferred.Where(r => r.Disposition.NextTry is not null).Select(r => r.Disposition.NextTry!.Value.ToUnixTimeMilliseconds()).DefaultIfEmpty(0).Min();
        var deferral = wanted > 0 ? new Deferral(clock.GetUtcNow().ToUnixTimeMilliseconds(), wanted, first.Pass, first.Disposition.Reason) : BackOff(entry, first.Pass, first.Disposition.Reason);
        // Not later than it may go on without the pass.
        if (verdict.SkipAt is { } skip && skip.ToUnixTimeMilliseconds() is var at && at < deferral.Next && at > deferral.Since) deferral = deferral with { Next = at };
        return bouncer?.Cap(deferral, entry) ?? deferral;
    }

    // Doubling, with a jitter of a fifth, so that what failed together does not come back together.
    internal Deferral BackOff(LedgerEntry entry, string pass, string reason)
    {
        var factor = Math.Pow(2, Math.Min(entry.Deferrals, 30)) * (0.8 + Random.Shared.NextDouble() * 0.4);
        var wait = TimeSpan.FromSeconds(Math.Min(engine.RetryFirst.TotalSeconds * factor, engine.RetryMost.TotalSeconds));
        return Deferral.In(clock.GetUtcNow(), wait, pass, reason);
    }

    /// <summary>Stages a pair in the target; null when its id is taken there and has to be kept.</summary>
    internal StagedPair? StageInTarget(Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, Attempt attempt) =>
        // What stays in held/ is worked on again: with one file for both that would have to wait for each of Exim's deliveries.
        StageInto(target, options.MessageId, WithoutThrownAway(verdict, recipients, attempt), recipients, attempt.Pair, mayLink: attempt is not { IsHeld: true, HasRest: true });

    // An address that an earlier attempt threw away, bounced or held is done in -H, but has nothing: whoever is redirected to it since is to get his there.
    internal static Verdict WithoutThrownAway(Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, Attempt attempt)
    {
        var nothing = recipients.Where(r => !r.Current.Address.Span.SequenceEqual(r.Original.Span)).Select(r => r.Current.Address)
            .Where(a => verdict.Header.NonRecipients.Contains(a.Span) && !attempt.Header.NonRecipients.Contains(a.Span) && LedgerFormat.IsWithout(attempt.Entry.Done.GetValueOrDefault(LedgerEntry.Text(a.Span)))).ToList();
        return nothing.Count == 0 ? verdict : verdict with { Header = verdict.Header with { NonRecipients = verdict.Header.NonRecipients.Remove(nothing) } };
    }

    /// <summary>Stages another -H for a held pair, in which those who are served are done.</summary>
    internal StagedPair StageRest(Attempt attempt, IEnumerable<string> done) =>
        held.StageUpdate(Copies.AddTo(attempt.Header, attempt.Entry.Copies).WithDone(done.Select(address => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(address))), attempt.Pair);

    /// <summary>Why the sender of a message would not be told of a failure; null when he would be.</summary>
    public string? WhyNotBounced(Attempt attempt, Verdict verdict)
    {
        if (bouncer is null) return "no dsn pass is configured (Passes): nothing composes notifications";
        var plan = bouncer.Plan(attempt.Entry, verdict, new PairBody(attempt.Pair, verdict.Received.IsWireFormat));
        foreach (var notice in plan.Notices) notice.Charge.Dispose();
        // Nobody is told of a copy: it goes without.
        var copies = attempt.Entry.Copies?.ToHashSet();
        return plan.Verdict.Recipients.FirstOrDefault(r => r.Disposition.Kind != DispositionKind.Bounce && copies?.Contains(LedgerEntry.Text(r.Original.Span)) != true)?.Disposition.Reason;
    }

    /// <summary>Stages a pair in held/ with its note. The note comes before the commit: a held message whose reason a crash kept from being
    /// written would be a riddle.</summary>
    internal StagedPair StageHeld(Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, SpoolPair source)
    {
        var pair = StageInto(held, MessageIdPolicy.Auto, verdict, recipients, source) ?? throw new PosixException(Errno.EEXIST, "stage", held.Directory.Path);
        held.WriteNote(pair, string.Join("\n", recipients.Select(r => $"{SafeText.Of(r.Original.Span)}: {SafeText.Of(WordFor(r))}").Distinct()));
        return pair;
    }

    /// <summary>What is to be known of a pair in held/ when it goes on.</summary>
    internal LedgerEntry RecordOfHeld(Attempt attempt, Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, StagedPair pair, long now)
    {
        var recipient = recipients[0];
        var others = recipients.Select(r => r.Pass).Distinct().Where(pass => pass != recipient.Pass && pass.Length > 0).ToList();
        var bytes = verdict.Body?.Length ?? attempt.Pair.DataStatus.Size - attempt.Pair.Id.BodyOffset;
        return new LedgerEntry
        {
            Intake = held.Directory.Path,
            Id = pair.Id.ToString(),
            Fingerprint = Fingerprint.Of(verdict.Header, bytes + pair.Id.BodyOffset),
            FirstSeen = attempt.Entry.FirstSeen,
            Decided = now,
            Copies = Copies.AmongRecipients(verdict.Header, attempt.Entry.Copies, verdict.Recipients),
            Held = new HeldState(recipient.Pass, recipient.Disposition.Reason, now, recipient.At?.Behind ?? "")
            {
                Others = others.Count > 0 ? others : null,
                Results = recipient.At is { Results.Count: > 0 } at ? new Dictionary<string, string>(at.Results) : null,
                Own = RecipientFindings.Of(recipients.Select(r => (r.At?.Recipient.Address ?? r.Current.Address, r.Own))),
                Unknown = recipient.At is { Unknown.Count: > 0 } point ? [.. point.Unknown] : null,
            },
            Expires = Expiry,
        };
    }

    /// <summary>Composes and stages a notification.</summary>
    internal StagedPair StageNotice(PlannedNotice planned)
    {
        var notice = bouncer!.Compose(planned.Notice);
        using var body = notice.OpenBody();
        return StageOwn(notice.HeaderFor, body);
    }

    /// <summary>Whether what is to be bounced can be: else it is held.</summary>
    internal bool Bounces => bouncer is not null;

    /// <summary>Where requeued pairs go.</summary>
    public SpoolDirectory Target => target.Directory;

    /// <summary>Marks the staged files of this worker's ledger.</summary>
    internal string Tag => target.Tag;

    private StagedPair? StageInto(SpoolStage stage, MessageIdPolicy policy, Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, SpoolPair source, bool mayLink = true)
    {
        var header = HeaderFor(verdict, recipients);
        if (options.Finished == FinishedRecipients.Drop && ReferenceEquals(stage, target)) header = header.WithoutDone();
        var seesLongIds = !ReferenceEquals(stage, target) || targetVersion is { SeesLongIds: true };
        // Whatever the policy: under an id it does not see an Exim would never deliver the message.
        var keepId = policy != MessageIdPolicy.Renew && (!source.Id.IsLong || seesLongIds);
        if (keepId && TryStage(stage, header, verdict, source, mayLink) is { } kept) return kept;
        if (keepId && policy == MessageIdPolicy.Keep) return null;
        for (var i = 0; i < MostNewIds; i++)
        {
            if (TryStage(stage, header.WithId(NewId(stage)), verdict, source, mayLink) is { } renewed) return renewed;
        }
        throw new PosixException(Errno.EEXIST, string.Create(CultureInfo.InvariantCulture, $"{MostNewIds} new message ids in a row are taken in"), stage.Directory.Path);
    }

    /// <summary>Stages what the worker itself writes.</summary>
    /// <param name="headerFor">Its -H under an id.</param>
    /// <param name="body">Its body, LF line ends; seekable.</param>
    internal StagedPair StageOwn(Func<MessageId, HeaderFile> headerFor, Stream body)
    {
        for (var i = 0; i < MostNewIds; i++)
        {
            if (target.TryStage(headerFor(NewId(target)), body) is { } staged) return staged;
        }
        throw new PosixException(Errno.EEXIST, string.Create(CultureInfo.InvariantCulture, $"{MostNewIds} new message ids in a row are taken in"), target.Directory.Path);
    }

    // Short ids are seen by every Exim; long ones only where the target is known to see them.
    private MessageId NewId(SpoolStage stage) => Ids.Next(longForm: targetVersion is { SeesLongIds: true } && ReferenceEquals(stage, target));

    private static StagedPair? TryStage(SpoolStage stage, HeaderFile header, Verdict verdict, SpoolPair source, bool mayLink)
    {
        if (verdict.Body is not { } replaced) return stage.TryStage(header, source, mayLink);
        using var body = replaced.OpenRead();
        return stage.TryStage(header, body);
    }

    private static HeaderFile HeaderFor(Verdict verdict, IReadOnlyList<RecipientVerdict> recipients)
    {
        var mine = recipients.Select(r => LedgerEntry.Text(r.Current.Address.Span)).ToHashSet();
        var others = verdict.Header.Pending.Where(r => !mine.Contains(LedgerEntry.Text(r.Address.Span))).Select(r => r.Address).ToList();
        var header = others.Count > 0 ? verdict.Header.WithDone(others) : verdict.Header;
        return header.IsFrozen ? header.Thawed() : header;
    }
}
