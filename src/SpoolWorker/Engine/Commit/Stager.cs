// Turns a verdict into staged pairs and the ledger record that will commit them: one pair for the recipients that go on,
// one in held/ for those that are held, nothing for the discarded, a deferral for the rest, and a pair of its own for each
// notification to a sender. Recipients that a pair is not for are written into its non-recipients, Exim's own way of saying
// "done", so that no index in the recipient list moves. Without the pass dsn a bounce is a hold. Throws PosixException when a spool directory cannot be written; then nothing of this message stays staged.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Writes what a verdict asks for.</summary>
internal sealed class Stager(SpoolStage target, SpoolStage held, TargetOptions options, EngineOptions engine, EximVersion? targetVersion, Bouncer? bouncer, TimeSpan keep, TimeProvider clock)
{
    public const string DeliveredBefore = "all recipients were delivered before";
    private const int MostNewIds = 20;

    /// <summary>When a record that is settled now may be forgotten.</summary>
    public long Expiry => (clock.GetUtcNow() + keep).ToUnixTimeMilliseconds();

    private readonly MessageIdGenerator _ids = new(clock, Environment.ProcessId);

    public PreparedMessage Stage(MessageKey key, SpoolPair source, LedgerEntry before, LedgerEntry entry, Verdict verdict, long started)
    {
        var outputs = new List<Output>();
        var plan = bouncer?.Plan(entry, verdict, new PairBody(source, verdict.Received.IsWireFormat)) ?? new BouncePlan(verdict, [], entry.Warnings, []);
        verdict = plan.Verdict;
        try
        {
            var done = new Dictionary<string, string>(entry.Done);
            var words = new List<string>();
            var reasons = new List<string>();
            var going = Of(verdict, DispositionKind.Continue);
            var deferral = DeferralOf(entry, verdict);
            var requeued = false;
            if (going.Count > 0)
            {
                var pair = StageInto(target, options.MessageId, verdict, going, source);
                if (pair is null)
                {
                    deferral = BackOff(entry, "", $"the target still holds {key.Id} and Target:MessageId is keep");
                }
                else
                {
                    requeued = true;
                    outputs.Add(new Output(pair, ToTarget: true));
                    Settle(done, going, $"requeued {pair.Id}");
                    words.Add(pair.Id == key.Id ? "requeued" : $"requeued as {pair.Id}");
                }
            }
            // What went nowhere was not passed on either.
            foreach (var planned in plan.Notices.Where(n => requeued || n.Notice.Action != DsnAction.Relayed))
            {
                var pair = StageNotice(bouncer!.Compose(planned.Notice));
                outputs.Add(new Output(pair, ToTarget: true));
                reasons.AddRange(planned.Recipients.Where(r => r.Disposition.Reason.Length > 0).Select(WordFor));
                reasons.Add($"{DsnActions.Token(planned.Notice.Action)}: told {TypedAddress.Shown(planned.Notice.ReturnPath.Span)} as {pair.Id}");
                if (planned.Notice.Action != DsnAction.Failed) continue;
                Settle(done, planned.Recipients, $"bounced {pair.Id}");
                if (!words.Contains("bounced")) words.Add("bounced");
            }
            var holding = verdict.Recipients.Where(r => r.Disposition.Kind == DispositionKind.Hold || (bouncer is null && r.Disposition.Kind == DispositionKind.Bounce)).ToList();
            if (holding.Count > 0)
            {
                var pair = StageInto(held, MessageIdPolicy.Auto, verdict, holding, source)
                    ?? throw new PosixException(Errno.EEXIST, "stage", held.Directory.Path);
                var note = string.Join("\n", holding.Select(r => $"{SafeText.Of(r.Original.Span)}: {SafeText.Of(WordFor(r))}").Distinct());
                outputs.Add(new Output(pair, ToTarget: false));
                // Before the commit: a held message whose reason a crash kept from being written would be a riddle.
                held.WriteNote(pair, note);
                Settle(done, holding, $"held {pair.Id}");
                words.Add(pair.Id == key.Id ? "held" : $"held as {pair.Id}");
                reasons.AddRange(holding.Select(WordFor));
            }
            var discarded = Of(verdict, DispositionKind.Discard);
            if (discarded.Count > 0)
            {
                Settle(done, discarded, "discarded");
                words.Add("discarded");
                reasons.AddRange(discarded.Select(r => r.Disposition.Reason));
            }
            reasons.AddRange(plan.Remarks);
            if (deferral is not null)
            {
                words.Add("deferred");
                reasons.Add(deferral.Reason);
            }
            var record = entry with
            {
                Done = done,
                Judged = ReturnedPair.Identity(source.HeaderStatus),
                Deferred = deferral,
                Deferrals = deferral is null ? 0 : entry.Deferrals + 1,
                Warnings = plan.Warnings,
                Decided = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                Found = FoundBy(verdict),
                Staged = [.. outputs.Select(o => new StagedName(o.Pair.Folder, o.Pair.Id.ToString(), target.Tag, o.Pair.FolderStatus.Inode, o.Pair.FolderStatus.Born))],
                Expires = deferral is null ? Expiry : 0,
            };
            var outcome = new Outcome(string.Join('+', words), string.Join("; ", reasons.Where(r => r.Length > 0).Distinct()))
            {
                Results = verdict.Results, Sender = TypedAddress.Shown(verdict.Received.Sender.Span), Recipients = verdict.Recipients.Count,
                Size = source.HeaderBytes.Length + source.DataStatus.Size, NewId = going.Count > 0 && requeued ? outputs[0].Pair.Id.ToString() : "",
            };
            return new PreparedMessage(key, source, before with { Staged = [] }, record, outputs, [.. plan.Notices.Select(n => n.Charge)], removeSource: deferral is null, outcome, started);
        }
        catch
        {
            foreach (var output in outputs) Abandon(output.Pair);
            foreach (var planned in plan.Notices) planned.Charge.Dispose();
            throw;
        }
    }

    // What went wrong first is told; a file that cannot be removed now has our tag, and the next start sweeps it.
    private static void Abandon(StagedPair pair)
    {
        using (pair)
        {
            try
            {
                pair.Abort();
            }
            catch (IOException)
            {
                // said above
            }
        }
    }

    // Enough for `trace` to tell what was found; whole header lines and comments stay out of the ledger.
    private static Dictionary<string, string>? FoundBy(Verdict verdict)
    {
        const int MostResults = 24, MostText = 100;
        return verdict.Results.Count == 0 ? null
            : verdict.Results.Where(r => r.Value.Length is > 0 and <= MostText && !r.Value.Contains('\n', StringComparison.Ordinal)).Take(MostResults).ToDictionary();
    }

    /// <summary>Nothing is left to do for a message that is not on record as settled: only record and removal.</summary>
    public PreparedMessage Settled(MessageKey key, SpoolPair source, LedgerEntry entry, long started)
    {
        var record = entry with { Judged = ReturnedPair.Identity(source.HeaderStatus), Deferred = null, Deferrals = 0, Staged = [], Expires = Expiry };
        return new PreparedMessage(key, source, entry, record, [], [], removeSource: true, new Outcome("removed", DeliveredBefore) { Size = source.HeaderBytes.Length + source.DataStatus.Size }, started);
    }

    /// <summary>A record that says: the message itself failed once more. Nothing is staged.</summary>
    public LedgerEntry Failed(LedgerEntry entry, string reason)
    {
        var failed = entry with { Failures = entry.Failures + 1, LastFailure = reason, Expires = 0 };
        return failed with { Deferred = BackOff(failed, "", reason), Deferrals = failed.Deferrals + 1 };
    }

    private static List<RecipientVerdict> Of(Verdict verdict, DispositionKind kind) => [.. verdict.Recipients.Where(r => r.Disposition.Kind == kind)];

    private static void Settle(Dictionary<string, string> done, IEnumerable<RecipientVerdict> recipients, string how)
    {
        foreach (var recipient in recipients) done[LedgerEntry.Text(recipient.Original.Span)] = how;
    }

    private string WordFor(RecipientVerdict recipient)
    {
        var by = recipient.Pass.Length > 0 ? $"{recipient.Pass}: " : "";
        return recipient.Disposition.Kind == DispositionKind.Bounce
            && bouncer is null ? $"{by}{recipient.Disposition.Reason} (to be bounced; held, as there is no dsn pass)"
            : by + recipient.Disposition.Reason;
    }

    private Deferral? DeferralOf(LedgerEntry entry, Verdict verdict)
    {
        var deferred = Of(verdict, DispositionKind.Defer);
        if (deferred.Count == 0) return null;
        var first = deferred[0];
        var wanted = deferred.Where(r => r.Disposition.NextTry is not null).Select(r => r.Disposition.NextTry!.Value.ToUnixTimeMilliseconds()).DefaultIfEmpty(0).Min();
        var deferral = wanted > 0 ? new Deferral(clock.GetUtcNow().ToUnixTimeMilliseconds(), wanted, first.Pass, first.Disposition.Reason) : BackOff(entry, first.Pass, first.Disposition.Reason);
        return bouncer?.Cap(deferral, entry) ?? deferral;
    }

    // Doubling, with a jitter of a fifth, so that what failed together does not come back together.
    private Deferral BackOff(LedgerEntry entry, string pass, string reason)
    {
        var factor = Math.Pow(2, Math.Min(entry.Deferrals, 30)) * (0.8 + Random.Shared.NextDouble() * 0.4);
        var wait = TimeSpan.FromSeconds(Math.Min(engine.RetryFirst.TotalSeconds * factor, engine.RetryMost.TotalSeconds));
        return Deferral.In(clock.GetUtcNow(), wait, pass, reason);
    }

    private StagedPair? StageInto(SpoolStage stage, MessageIdPolicy policy, Verdict verdict, List<RecipientVerdict> recipients, SpoolPair source)
    {
        var header = HeaderFor(verdict, recipients);
        if (options.Finished == FinishedRecipients.Drop && ReferenceEquals(stage, target)) header = header.WithoutDone();
        var seesLongIds = !ReferenceEquals(stage, target) || targetVersion is { SeesLongIds: true };
        // Whatever the policy: under an id it does not see an Exim would never deliver the message.
        var keepId = policy != MessageIdPolicy.Renew && (!source.Id.IsLong || seesLongIds);
        if (keepId && TryStage(stage, header, verdict, source) is { } kept) return kept;
        if (keepId && policy == MessageIdPolicy.Keep) return null;
        for (var i = 0; i < MostNewIds; i++)
        {
            if (TryStage(stage, header.WithId(NewId(stage)), verdict, source) is { } renewed) return renewed;
        }
        throw new PosixException(Errno.EEXIST, string.Create(CultureInfo.InvariantCulture, $"{MostNewIds} new message ids in a row are taken in"), stage.Directory.Path);
    }

    private StagedPair StageNotice(DsnMessage notice)
    {
        using var body = notice.OpenBody();
        for (var i = 0; i < MostNewIds; i++)
        {
            if (target.TryStage(notice.HeaderFor(NewId(target)), body) is { } staged) return staged;
        }
        throw new PosixException(Errno.EEXIST, string.Create(CultureInfo.InvariantCulture, $"{MostNewIds} new message ids in a row are taken in"), target.Directory.Path);
    }

    // Short ids are seen by every Exim; long ones only where the target is known to see them.
    private MessageId NewId(SpoolStage stage) => _ids.Next(longForm: targetVersion is { SeesLongIds: true } && ReferenceEquals(stage, target));

    private static StagedPair? TryStage(SpoolStage stage, HeaderFile header, Verdict verdict, SpoolPair source)
    {
        if (verdict.Body is not { } replaced) return stage.TryStage(header, source);
        using var body = replaced.OpenRead();
        return stage.TryStage(header, body);
    }

    private static HeaderFile HeaderFor(Verdict verdict, List<RecipientVerdict> recipients)
    {
        var mine = recipients.Select(r => LedgerEntry.Text(r.Current.Address.Span)).ToHashSet();
        var others = verdict.Header.Pending.Where(r => !mine.Contains(LedgerEntry.Text(r.Address.Span))).Select(r => r.Address).ToList();
        var header = others.Count > 0 ? verdict.Header.WithDone(others) : verdict.Header;
        return header.IsFrozen ? header.Thawed() : header;
    }
}
