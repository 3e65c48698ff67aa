// What becomes of a message by an operator's verb. As for any other message the pair is claimed and read, and its record up to date; what is decided is
// staged here and committed elsewhere, with the row of the verb in the same transaction. So a verb happens once or not at all, whatever kills the worker.
// A verb for some recipients leaves the others as they are: deferred until their time, or in held/, in whose -H those that are served are done.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Executes verbs.</summary>
internal sealed class VerbJudge(VerbDesk desk, MessageRecords records, ChainRunner passes, Stager stager, Waiting waiting, EngineOptions options, TimeProvider clock)
{
    public async ValueTask<Judged> JudgeAsync(Look look, SpoolPair pair, ReadPair read, VerbRow row, CancellationToken cancellationToken)
    {
        if (row.Pair.Length > 0 && row.Pair != ReturnedPair.Identity(pair.HeaderStatus)) return Refuse(look, row, VerbResult.NotNow, "another message, or part of one, was put there since");
        if (AttemptOf(look, pair, read, row) is not { } attempt) return Refuse(look, row, VerbResult.NotNow, "it cannot be known whether an earlier process handed it over; the log says why");
        if (!attempt.IsHeld && attempt.Before.Fingerprint.Length > 0 && attempt.Before.Fingerprint != attempt.Entry.Fingerprint)
            return Refuse(look, row, VerbResult.NotNow, "another message came under this id before; it is held when its turn comes");
        var pending = attempt.Header.Pending.Where(r => !attempt.Entry.Done.ContainsKey(LedgerEntry.Text(r.Address.Span))).ToList();
        if (pending.Count == 0) return new Judged(stager.Settled(attempt), null);
        if (!attempt.IsHeld && attempt.Entry.Deferred is null && !row.AlsoWaiting) return Refuse(look, row, VerbResult.Refused, "it waits in its intake and no pass has deferred it (--intake takes it all the same)");
        var chosen = row.Recipients.Count == 0 ? pending : [.. pending.Where(r => row.Recipients.Contains(LedgerEntry.Text(r.Address.Span)))];
        if (chosen.Count == 0) return Refuse(look, row, VerbResult.NotThere, $"{string.Join(", ", row.Recipients.Select(SafeText.Of))}: none of them is still to be served");
        var hasRest = chosen.Count < pending.Count;
        // What it waited for the hours of a pass makes it no older. Of a part: the others wait on.
        attempt = attempt with { HasRest = hasRest, Entry = hasRest ? attempt.Entry : attempt.Entry.WithWait(clock.GetUtcNow().ToUnixTimeMilliseconds()) };
        if (WhyNot(attempt, chosen) is { } why) return Refuse(look, row, why.Result, why.Text);
        return row.Verb switch
        {
            VerbKind.Retry => await RetryAsync(attempt, chosen, cancellationToken).ConfigureAwait(false),
            VerbKind.Release or VerbKind.Redirect => await ReleaseAsync(attempt, chosen, cancellationToken).ConfigureAwait(false),
            _ => Stage(attempt, Decided(attempt, chosen)),
        };
    }

    private Attempt? AttemptOf(Look look, SpoolPair pair, ReadPair read, VerbRow row)
    {
        var (key, header) = (look.Key, read.Header);
        var fingerprint = Fingerprint.Of(header, pair.DataStatus.Size);
        var addressed = key.Intake.Kind == IntakeKind.Queuefile ? "" : Fingerprint.OfRecipients(header);
        if (records.Of(key, read, new AskedMessage(fingerprint, addressed, header.Recipients.Select(r => LedgerEntry.Text(r.Address.Span)))) is not { } before)
        {
            waiting.Withhold(key);
            return null;
        }
        // What was held under this id before, and released, is no reason to keep another message.
        var isOther = desk.IsHeld(key) && before.Fingerprint.Length > 0 && before.Fingerprint != fingerprint;
        var entry = isOther ? new LedgerEntry { Intake = before.Intake, Id = before.Id, FirstSeen = before.FirstSeen } : before;
        return new Attempt(look, pair, Copies.AddTo(header, entry.Copies), before, entry with { Fingerprint = fingerprint, Addressed = addressed }) { Verb = row, IsHeld = desk.IsHeld(key) };
    }

    private (VerbResult Result, string Text)? WhyNot(Attempt attempt, IReadOnlyList<Recipient> chosen)
    {
        var row = attempt.Verb!;
        switch (row.Verb)
        {
            case VerbKind.Retry when attempt.Header.IsFrozen && !attempt.IsHeld && !options.TakeFrozen: return (VerbResult.Refused, "it is frozen (Engine:TakeFrozen takes it)");
            case VerbKind.Retry when waiting.PauseOf(attempt.Key) is { } pause: return (VerbResult.NotNow, $"{pause.Sentence}; a retry does not go past that. Resume first; hold, release, bounce, delete and redirect are done all the same");
            case VerbKind.Hold when attempt.IsHeld: return (VerbResult.Refused, "it is held already");
            case VerbKind.Delete when !desk.HasRoom(row with { Served = [.. chosen.Select(r => LedgerEntry.Text(r.Address.Span))], Headers = Staging.HeadersOf(attempt.Header) }): return (VerbResult.NotNow, "the audit is full (Audit:MaxBytes), and nothing is deleted without it");
            case VerbKind.Bounce when stager.WhyNotBounced(attempt, Decided(attempt, chosen)) is { } reason: return (VerbResult.Refused, reason);
            case VerbKind.Redirect when attempt.Header.NonRecipients.Contains(Encoding.Latin1.GetBytes(row.Address)): return (VerbResult.Refused, $"{SafeText.Of(row.Address)} has it already");
            default: return null;
        }
    }

    /// <summary>What an attempt's verb decides by itself, without a pass.</summary>
    public static Verdict Decided(Attempt attempt, IReadOnlyList<Recipient> chosen)
    {
        var row = attempt.Verb!;
        var disposition = row.Verb switch
        {
            VerbKind.Hold => Disposition.Hold(row.By),
            VerbKind.Delete => Disposition.Discard(row.By),
            VerbKind.Bounce => Disposition.Bounce(row.Reason.Length > 0 ? row.Reason : "returned by the operator of this mail system"),
            _ => Disposition.Continue,
        };
        var verdicts = chosen.Select(r => new RecipientVerdict(r.Address, r, disposition, "")).ToList();
        var header = attempt.Header;
        if (row.Verb == VerbKind.Redirect)
        {
            var recipients = new RecipientEdits(header, verdicts);
            foreach (var recipient in chosen) recipients.Apply(new EnvelopeEdit.ReplaceRecipient(recipient.Address, Encoding.Latin1.GetBytes(row.Address)));
            header = header.WithRecipients(recipients.Recipients);
        }
        return new Verdict(attempt.Header, header, verdicts, new Dictionary<string, string>(), ServiceDown: false);
    }

    // Behind the pass that held it; what was deferred has no edits yet, and begins at the first. Later passes edit as ever, and what they would decide is only remarked.
    private async ValueTask<Judged> ReleaseAsync(Attempt attempt, List<Recipient> chosen, CancellationToken cancellationToken)
    {
        var (row, held) = (attempt.Verb!, attempt.Entry.Held);
        var decided = Decided(attempt, chosen);
        // Put there by hand, or by a version before this one.
        if (attempt.IsHeld && held is null) return Stage(attempt, decided);
        var behind = held?.Behind ?? "";
        if (behind == HeldState.Nothing) return Stage(attempt, decided);
        var names = passes.NamesBehind(behind);
        if (row.AsIs) return Stage(attempt, names is { Count: > 0 } ? decided with { Remarks = [$"without {string.Join(", ", names)}"] } : decided);
        if (names is null) return Refuse(attempt.Look, row, VerbResult.Refused, $"{behind}, which held it, is not among Passes any more: --as-is lets it go without passes, retry has it judged anew");
        var verdict = await passes.RunAsync(attempt with { Header = decided.Header }, [.. decided.Recipients.Select(r => r.Current)], isUrgent: true, cancellationToken, new Resume(behind, held?.Results ?? []) { Own = held?.Own, Unknown = held?.Unknown }).ConfigureAwait(false);
        if (verdict.ServiceDown) return Refuse(attempt.Look, row, VerbResult.NotNow, $"{verdict.Remarks[^1]}; try again, or let it go without (--as-is)");
        // Behind those that were chosen: copies that passes asked for.
        List<RecipientVerdict> recipients = [.. verdict.Recipients.Zip(chosen, (v, c) => v with { Original = c.Address }), .. verdict.Recipients.Skip(chosen.Count)];
        return StageWithout([.. recipients.Where(r => r.Disposition.IsTurn)], attempt, verdict with { Recipients = recipients });
    }

    private async ValueTask<Judged> RetryAsync(Attempt attempt, IReadOnlyList<Recipient> chosen, CancellationToken cancellationToken)
    {
        var verdict = await passes.RunAsync(attempt, chosen, isUrgent: true, cancellationToken).ConfigureAwait(false);
        if (!attempt.IsHeld) return Stage(attempt, verdict);
        // What is held again, or would be tried again later, stays where it is.
        var stays = verdict.Recipients.Where(r => r.Disposition.Kind is DispositionKind.Hold or DispositionKind.Defer || (r.Disposition.Kind == DispositionKind.Bounce && !stager.Bounces)).ToList();
        return stays.Count < verdict.Recipients.Count ? StageWithout(stays, attempt, verdict)
            : Refuse(attempt.Look, attempt.Verb! with { Rest = Apart(stays) }, VerbResult.Done, $"judged again, and stays held: {stager.WordFor(stays.First(r => !r.Disposition.IsTurn))}");
    }

    // A verb stages one pair for those it lets go. Of those who stay, whoever only waits for his turn has it by a row of his own, in the name of the same operator: it is written in the
    // transaction that commits this one, and names them, so that each of these rows leaves fewer.
    private Judged StageWithout(List<RecipientVerdict> stays, Attempt attempt, Verdict verdict)
    {
        if (stays.Count == 0) return Stage(attempt, verdict);
        var (going, apart) = (verdict.Recipients.Except(stays).ToList(), Apart(stays));
        var served = going.Select(r => LedgerEntry.Text(r.Original.Span)).ToHashSet();
        // A copy of what goes now is asked for by nobody any more.
        var copies = Copies.OnRecord(attempt.Entry.Copies, verdict.Recipients, served.Contains);
        string[] told = apart.Count == 0 ? [] : [$"{(apart.Count == 1 ? "1 recipient" : $"{apart.Count} recipients")} apart, as other header lines are asked for them"];
        return Stage(attempt with { HasRest = true, Verb = attempt.Verb! with { Rest = apart }, Entry = attempt.Entry with { Copies = copies } }, verdict with { Recipients = going, Remarks = [.. verdict.Remarks, .. told] });
    }

    private static List<string> Apart(IEnumerable<RecipientVerdict> stays) => [.. stays.Where(r => r.Disposition.IsTurn).Select(r => LedgerEntry.Text(r.Original.Span))];

    private Judged Stage(Attempt attempt, Verdict verdict)
    {
        var prepared = stager.Stage(attempt, verdict);
        if (prepared.Entry.Deferred is { } deferral) waiting.Defer(attempt.Key, deferral);
        return new Judged(prepared, null);
    }

    private Judged Refuse(Look look, VerbRow row, VerbResult result, string why) => new(null, desk.Refuse(look, row, result, why));
}
