// One message on its way from verdict to staged pairs: what has been staged so far, who is settled by it, and the words for
// it. Stager drives it, step by step; whatever throws on the way, Abandon takes back what was staged.
using System.Text;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>The staging of one message.</summary>
/// <param name="stager">Writes it.</param>
/// <param name="attempt">The message in hand.</param>
/// <param name="plan">What is to become of it.</param>
/// <param name="now">When that was decided, Unix milliseconds: one moment for all its records.</param>
internal sealed class Staging(Stager stager, Attempt attempt, BouncePlan plan, long now)
{
    private readonly LedgerEntry _entry = attempt.Entry;
    private readonly Verdict _verdict = plan.Verdict;
    private readonly List<Output> _outputs = [];
    private readonly Dictionary<string, string> _done = new(attempt.Entry.Done);
    private readonly List<Fate> _fates = [];
    private readonly List<NoticeFate> _notices = [];
    private readonly List<string> _reasons = [];
    private Deferral? _deferral = stager.DeferralOf(attempt.Entry, plan.Verdict);
    private readonly List<LedgerEntry> _made = [];
    private StagedPair? _requeued;
    private NoticeCharge? _notice;
    private bool _isSettled;

    /// <summary>A pair in the target for those that go on.</summary>
    public void Requeue()
    {
        var going = _verdict.Of(DispositionKind.Continue);
        if (going.Count == 0) return;
        _requeued = stager.StageInTarget(_verdict, going, attempt);
        if (_requeued is null)
        {
            _deferral = stager.BackOff(_entry, "", $"the target still holds {attempt.Key.Id} and Target:MessageId is keep");
            return;
        }
        _outputs.Add(new Output(_requeued, ToTarget: true));
        Settle(going, OutcomeKind.Requeued, _requeued);
    }

    /// <summary>A pair in the target for each notification.</summary>
    public void Notify()
    {
        // What went nowhere was not passed on either.
        foreach (var planned in plan.Notices.Where(n => _requeued is not null || n.Notice.Action != DsnAction.Relayed))
        {
            var pair = stager.StageNotice(planned);
            _outputs.Add(new Output(pair, ToTarget: true));
            _reasons.AddRange(planned.Recipients.Where(r => r.Disposition.Reason.Length > 0).Select(stager.WordFor));
            _reasons.Add($"{DsnActions.Token(planned.Notice.Action)}: told {TypedAddress.Shown(planned.Notice.ReturnPath.Span)} as {pair.Id}");
            _notices.Add(new NoticeFate(planned.Notice.Action, IsSent: true));
            if (planned.Notice.Action != DsnAction.Failed) continue;
            Settle(planned.Recipients, $"bounced {pair.Id}");
            AddFates(OutcomeKind.Bounced, planned.Recipients);
        }
    }

    /// <summary>A pair in held/ for those an operator has to see.</summary>
    public void Hold()
    {
        var holding = Holding().ToList();
        if (holding.Count == 0) return;
        // Each as it was behind the pass that held it: from there it goes on. Those between whom nothing was edited are one message, which goes on behind the first.
        foreach (var group in holding.GroupBy(r => (r.At?.Header, r.At?.Body), PointComparer.Instance))
        {
            var recipients = group.OrderBy(r => OrderOf(r.At)).ToList();
            var at = recipients[0].At;
            var verdict = at is null ? _verdict : _verdict with { Header = at.Header with { WarningCount = _verdict.Header.WarningCount }, Body = at.Body };
            // Its -H says who has a copy, or is to have one with the others: when it is let go or judged anew, he gets no other.
            var copies = CopiesOnRecord()?.Except(recipients.Select(r => LedgerEntry.Text(r.Original.Span))).Select(address => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(address));
            if (copies is not null) verdict = verdict with { Header = verdict.Header.WithDone(copies) };
            List<RecipientVerdict> named = at is null ? recipients : [.. recipients.Select(r => r with { Current = r.At!.Recipient })];
            verdict = Stager.WithoutThrownAway(verdict, named, attempt);
            var pair = stager.StageHeld(verdict, named, attempt.Pair);
            _outputs.Add(new Output(pair, ToTarget: false));
            _made.Add(stager.RecordOfHeld(attempt, verdict, recipients, pair, now));
            Settle(recipients, OutcomeKind.Held, pair);
        }
        _reasons.AddRange(holding.Select(stager.WordFor));
    }

    /// <summary>A pair in the target for a notice to administrators, where they want to hear of what is held. Who holds it with his own hands knows.</summary>
    public void Tell()
    {
        if (_made.Count == 0 || stager.Notices is not { } notices || attempt.Verb is not (null or { Verb: VerbKind.Retry })) return;
        var message = new HeldMessage(attempt.Key.Id, _verdict, [.. Holding()], DateTimeOffset.FromUnixTimeMilliseconds(now))
        {
            Ids = [.. _outputs.Where(o => !o.ToTarget).Select(o => o.Pair.Id)],
            BodyBytes = attempt.Pair.DataStatus.Size - attempt.Pair.Id.BodyOffset,
        };
        if (!notices.IsMeant(message)) return;
        _notice = notices.Take();
        if (!_notice.IsSent)
        {
            _reasons.Add(notices.TooMany);
            return;
        }
        var letter = notices.Of(message, _notice);
        using var body = new MemoryStream(letter.Body, writable: false);
        var pair = stager.StageOwn(id => letter.HeaderFor(id, notices.Account, message.Now), body);
        _outputs.Add(new Output(pair, ToTarget: true));
        _reasons.Add($"told {notices.To} as {pair.Id}");
    }

    private IEnumerable<RecipientVerdict> Holding() => _verdict.Recipients.Where(r => r.Disposition.Kind == DispositionKind.Hold || (!stager.Bounces && r.Disposition.Kind == DispositionKind.Bounce));

    /// <summary>Nothing for those that are thrown away.</summary>
    public void Discard()
    {
        var discarded = _verdict.Of(DispositionKind.Discard);
        if (discarded.Count == 0) return;
        Settle(discarded, attempt.Verb is { Verb: VerbKind.Delete } ? LedgerFormat.Deleted : LedgerFormat.Discarded);
        AddFates(OutcomeKind.Discarded, discarded);
        _reasons.AddRange(discarded.Select(r => r.Disposition.Reason));
    }

    /// <summary>Those a verb was not for stay in the held pair, and those it was for are done in it. Behind all else: see <see cref="Output.IsRest"/>.</summary>
    public void KeepRest()
    {
        if (!attempt.IsHeld || !attempt.HasRest || _done.Count == _entry.Done.Count) return;
        _outputs.Add(new Output(stager.StageRest(attempt, _done.Keys), ToTarget: false) { IsRest = true });
    }

    /// <summary>The whole of it, with the record that will commit it.</summary>
    public PreparedMessage Prepare()
    {
        _reasons.AddRange(plan.Remarks);
        _reasons.AddRange(_verdict.Remarks);
        var (deferral, deferrals) = (_deferral, _deferral is null ? 0 : _deferral.IsPlanned ? _entry.Deferrals : _entry.Deferrals + 1);
        if (_deferral is not null)
        {
            // Those that go on wait too, where the target still holds the id.
            AddFates(OutcomeKind.Waits, _verdict.Recipients.Where(r => r.Waits));
            AddFates(OutcomeKind.Deferred, [.. _verdict.Of(DispositionKind.Defer).Where(r => !r.Waits), .. _requeued is null ? _verdict.Of(DispositionKind.Continue) : []]);
            _reasons.Add(_deferral.Reason);
        }
        if (attempt.HasRest) (deferral, deferrals) = (Sooner(_entry.Deferred, _deferral), _deferral is null ? _entry.Deferrals : deferrals);
        // Nothing tries what is held again by itself.
        if (attempt.IsHeld) (deferral, deferrals) = (null, _entry.Deferrals);
        _isSettled = deferral is null && _deferral is null && !attempt.HasRest;
        var record = _entry with
        {
            Done = _done,
            Copies = CopiesOnRecord(),
            Judged = ReturnedPair.Identity(attempt.Pair.HeaderStatus),
            Deferred = deferral,
            Deferrals = deferrals,
            CameTo = CameTo(),
            Warnings = plan.Warnings,
            Decided = now,
            Found = _verdict.Results.Count == 0 ? null : Shortened(_verdict.Results.Where(r => r.Value.Length > 0)),
            FoundFor = FoundFor(),
            Ran = _verdict.Runs.Count == 0 ? null : [.. _verdict.Runs.Select(r => NoteOf(r))],
            Unknown = _verdict.Unknown.Count == 0 ? null : [.. _verdict.Unknown],
            Staged = [.. _outputs.Select(o => new StagedName(o.Pair.Folder, o.Pair.Id.ToString(), stager.Tag, o.Pair.FolderStatus.Inode, o.Pair.FolderStatus.Born))],
            Expires = _isSettled ? stager.Expiry : 0,
            Held = _isSettled ? _entry.Held is { } was ? was with { Results = null, Own = null, Unknown = null } : null : _entry.Held,
            Remembered = stager.HowRemembered(attempt.Key.Intake, _done),
            Rows = null,
        };
        return new PreparedMessage(attempt, record, OutcomeOf()) { Outputs = _outputs, Charges = [.. plan.Notices.Select(n => n.Charge)], Verb = Executed(), Made = _made, Notice = _notice };
    }

    private static PassNote NoteOf(PassRun run)
    {
        var word = run.Skip is { IsMarked: true } ? PassNote.Skipped : run.IsUnavailable ? PassNote.Unavailable : Disposition.Token(run.Verdict);
        return new PassNote(run.Pass, Math.Round(run.Elapsed.TotalMilliseconds, 1), word) { Why = run.Skip is { IsMarked: true } skip ? $"{skip.Word}: {skip.Text}" : null };
    }

    private static Deferral? Sooner(Deferral? one, Deferral? other) => one is null || (other is not null && other.Next < one.Next) ? other : one;

    /// <summary>Takes back what was staged. What went wrong first is told by the caller; a file that cannot be removed now has our tag, and
    /// the next start sweeps it.</summary>
    public void Abandon()
    {
        foreach (var output in _outputs) Abandon(output.Pair);
        foreach (var planned in plan.Notices) planned.Charge.Dispose();
        _notice?.Dispose();
    }

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

    private Outcome OutcomeOf()
    {
        var outcome = new Outcome
        {
            Intake = attempt.Key.Intake.Path,
            Id = attempt.Key.Id,
            Fates = _fates,
            Reason = string.Join("; ", _reasons.Where(r => r.Length > 0).Distinct()),
            IsSettled = _isSettled,
            Results = _verdict.Results,
            ResultsInShort = _verdict.ResultsInShort,
            Runs = _verdict.Runs,
            Placed = [.. _outputs.Where(o => !o.IsRest).Select(o => new Placed(o.Pair.Id, o.Pair.Folder, o.ToTarget))],
            AdminsTold = _notice?.IsSent,
            Notices = [.. _notices, .. plan.Unsent.Select(action => new NoticeFate(action, IsSent: false))],
            Settled = _done.Keys,
        };
        return outcome.About(_verdict.Received, attempt.Size) with { Recipients = _verdict.Recipients.Count };
    }

    private void AddFates(OutcomeKind kind, IEnumerable<RecipientVerdict> recipients, MessageId? newId = null) =>
        _fates.AddRange(recipients.CountBy(r => r.Pass).Select(pass => new Fate(kind, pass.Value, pass.Key, newId)));

    // With somebody held there are two who would ask for a copy again, and neither knows of the other's: all that were asked for are those of who is left here.
    private IReadOnlyList<string>? CopiesOnRecord() => Copies.OnRecord(_entry.Copies, _verdict.Recipients, Holding().Any() ? _ => true : _done.ContainsKey);

    private void Settle(IReadOnlyList<RecipientVerdict> recipients, OutcomeKind kind, StagedPair pair)
    {
        Settle(recipients, $"{OutcomeWords.Of(kind)} {pair.Id}");
        AddFates(kind, recipients, pair.Id);
    }

    private void Settle(IEnumerable<RecipientVerdict> recipients, string how)
    {
        foreach (var recipient in recipients) _done[LedgerEntry.Text(recipient.Original.Span)] = how;
    }

    private Dictionary<string, long>? CameTo()
    {
        if (_deferral is null || _verdict.Wait is not { } wait) return _deferral is null ? null : _entry.CameTo;
        return new Dictionary<string, long>(_entry.CameTo ?? []) { [wait.Pass] = wait.Since };
    }

    private VerbRow? Executed()
    {
        if (attempt.Verb is not { } verb) return null;
        var served = _verdict.Recipients.Select(r => LedgerEntry.Text(r.Original.Span)).ToList();
        var told = served.Select(address => _done.GetValueOrDefault(address)).OfType<string>().Distinct().Select(Short).ToList();
        if (_deferral is not null) told.Add($"deferred: {_deferral.Reason}");
        told.AddRange(_verdict.Remarks);
        var stays = attempt.IsHeld && _deferral is not null;
        verb = verb with { Result = stays ? VerbResult.NotNow : VerbResult.Done, Executed = now, Served = stays ? [] : served, Rest = _deferral is null ? verb.Rest : [], Told = string.Join(", ", told), NewId = _requeued?.Id.ToString() ?? "" };
        return verb.Verb == VerbKind.Delete ? verb with { Sender = LedgerEntry.Text(_verdict.Received.Sender.Span), Headers = HeadersOf(_verdict.Received) } : verb;
    }

    // "requeued" under the same id, "requeued as …" under another.
    private string Short(string how)
    {
        var (word, id) = how.IndexOf(' ', StringComparison.Ordinal) is var blank and > 0 ? (how[..blank], how[(blank + 1)..]) : (how, "");
        return id.Length == 0 || id == attempt.Key.Id.ToString() ? word : $"{word} as {id}";
    }

    /// <summary>The header lines of a message that is deleted, which nothing else tells of then.</summary>
    public static string HeadersOf(HeaderFile header)
    {
        // Nine in ten headers have less than 8 kB; one of a megabyte is an attack, and its beginning tells as much.
        const int Most = 64 * 1024;
        var text = new StringBuilder();
        foreach (var line in header.Headers.Where(l => !l.IsDeleted))
        {
            text.Append(LedgerEntry.Text(line.Text.Span));
            if (text.Length > Most) return text.ToString(0, Most);
        }
        return text.ToString();
    }

    private int OrderOf(ChainPoint? at) => at is null ? -1 : _verdict.Runs.Select(r => r.Pass).ToList().IndexOf(at.Behind);

    private sealed class PointComparer : IEqualityComparer<(HeaderFile? Header, IMessageBody? Body)>
    {
        public static readonly PointComparer Instance = new();

        public bool Equals((HeaderFile? Header, IMessageBody? Body) x, (HeaderFile? Header, IMessageBody? Body) y) => ReferenceEquals(x.Header, y.Header) && ReferenceEquals(x.Body, y.Body);

        public int GetHashCode((HeaderFile? Header, IMessageBody? Body) point) => point.Header is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(point.Header);
    }

    // Enough for `trace` to tell what was found; whole header lines and comments stay out of the ledger.
    private static Dictionary<string, string> Shortened(IEnumerable<KeyValuePair<string, string>> results)
    {
        const int MostResults = 24, MostText = 100;
        return results.Where(r => r.Value.Length <= MostText && !r.Value.Contains('\n', StringComparison.Ordinal)).Take(MostResults).ToDictionary();
    }

    // Of a list with thousands the first tell enough.
    private List<OwnFindings>? FoundFor()
    {
        const int MostKinds = 20, MostRecipients = 100;
        return RecipientFindings.Of(_verdict.Recipients.Select(r => (r.Original, r.Own)))?.Take(MostKinds)
            .Select(own => new OwnFindings([.. own.Recipients.Take(MostRecipients)], Shortened(own.Results))).ToList();
    }
}
