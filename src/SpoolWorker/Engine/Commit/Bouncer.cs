// What becomes of recipients that passes bounce or that were deferred too long, when `dsn` is named in `Passes`: who is
// told what, and who is told nothing. It decides before anything is staged; Stager then stages the notifications beside the
// message's other pairs, so that the same commit makes both or neither visible. A recipient whose failure may not be told
// (backscatter, an address that got too many) is held or discarded, with the reason in the log; one whose sender asked not
// to be told is done with. Throws LedgerException when the ledger cannot be read.
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Ledger;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>A notification to be staged.</summary>
/// <param name="Notice">What it says.</param>
/// <param name="Recipients">Whom it is about.</param>
/// <param name="Charge">Its place in the address's allowance.</param>
internal sealed record PlannedNotice(DsnNotice Notice, IReadOnlyList<RecipientVerdict> Recipients, RateCharge Charge);

/// <summary>A verdict with its notifications.</summary>
/// <param name="Verdict">Bounces left in it are those with a notification.</param>
/// <param name="Warnings">Delays the sender has been told of with these.</param>
internal sealed record BouncePlan(Verdict Verdict, int Warnings)
{
    /// <summary>The notifications.</summary>
    public IReadOnlyList<PlannedNotice> Notices { get; init; } = [];

    /// <summary>What the sender may not be told, one for each notification there would have been.</summary>
    public IReadOnlyList<DsnAction> Unsent { get; init; } = [];

    /// <summary>Those of them that change nothing else, for the log.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>Decides about notifications.</summary>
internal sealed class Bouncer(DsnFeature dsn, OwnMailRates rates, DsnAccount account, TimeProvider clock)
{
    // What is added to a date must stay a date.
    private static readonly TimeSpan FarAway = TimeSpan.FromDays(36500);
    private readonly DsnOptions _options = dsn.Options;
    private readonly IReadOnlyList<TimeSpan> _warnings = dsn.Options.DelayWarnings();
    private readonly OwnMailRates _rates = rates;

    public DsnMessage Compose(DsnNotice notice) => dsn.Composer.Compose(notice, account);

    /// <summary>Plans the notifications of a verdict.</summary>
    /// <param name="entry">What is known of the message.</param>
    /// <param name="verdict">What the passes made of it.</param>
    /// <param name="body">The body as received.</param>
    public BouncePlan Plan(LedgerEntry entry, Verdict verdict, IMessageBody body)
    {
        var planned = new Planning(this, entry, verdict, body, clock.GetUtcNow());
        try
        {
            return planned.Run();
        }
        catch
        {
            planned.Release();
            throw;
        }
    }

    /// <summary>A next try that does not lie beyond the time at which the sender has to hear of it.</summary>
    public Deferral Cap(Deferral deferral, LedgerEntry entry)
    {
        if (deferral.IsPlanned) return deferral;
        var since = DateTimeOffset.FromUnixTimeMilliseconds(entry.Aging);
        var soonest = _warnings.Append(_options.GiveUpAfter).Where(age => age > TimeSpan.Zero && age < FarAway).Select(age => (since + age).ToUnixTimeMilliseconds())
            .Where(time => time > deferral.Since).DefaultIfEmpty(long.MaxValue).Min();
        return deferral.Next > soonest ? deferral with { Next = soonest } : deferral;
    }

    // One message's notifications while they are being gathered.
    private sealed class Planning(Bouncer bouncer, LedgerEntry entry, Verdict verdict, IMessageBody body, DateTimeOffset now)
    {
        private readonly DsnOptions _options = bouncer._options;
        private readonly List<PlannedNotice> _notices = [];
        private readonly List<DsnAction> _unsent = [];
        private readonly List<string> _remarks = [];
        private readonly HeaderFile _received = verdict.Received;
        private Dictionary<ReadOnlyMemory<byte>, Recipient>? _byAddress;

        public BouncePlan Run()
        {
            var age = now - DateTimeOffset.FromUnixTimeMilliseconds(entry.Aging);
            var recipients = verdict.Recipients.Select(r => GiveUp(r, age)).ToList();
            recipients = Failures(recipients);
            var header = verdict.Header;
            if (_options.ReportRelayed) header = Relayed(recipients, header);
            var warnings = Delays(recipients, age);
            // Exim's own warnings go on where ours end.
            if (entry.Warnings > 0) header = header with { WarningCount = header.WarningCount + entry.Warnings };
            return new BouncePlan(verdict with { Recipients = recipients, Header = header }, warnings) { Notices = _notices, Unsent = _unsent, Remarks = _remarks };
        }

        public void Release()
        {
            foreach (var notice in _notices) notice.Charge.Dispose();
        }

        private RecipientVerdict GiveUp(RecipientVerdict recipient, TimeSpan age)
        {
            if (recipient.Disposition.Kind != DispositionKind.Defer || recipient.Waits || _options.GiveUpAfter == TimeSpan.Zero || age < _options.GiveUpAfter) return recipient;
            var diagnosis = recipient.Disposition.Diagnosis with { Status = StatusDetail.TimeExpired };
            return recipient with { Disposition = Disposition.Bounce($"given up after {_options.GiveUpAfter}: {recipient.Disposition.Reason}", diagnosis) };
        }

        private List<RecipientVerdict> Failures(List<RecipientVerdict> recipients)
        {
            if (!recipients.Exists(r => r.Disposition.Kind == DispositionKind.Bounce)) return recipients;
            var suppressed = BackscatterGuard.ReasonFor(_received, verdict.Results, DsnAction.Failed, _options);
            var result = recipients.ToList();
            var told = new List<int>();
            for (var i = 0; i < result.Count; i++)
            {
                if (result[i].Disposition.Kind != DispositionKind.Bounce) continue;
                var notify = DsnRequest.NotifyOf(AsReceived(result[i]));
                // RFC 3461, 5.2.7: then nobody is told, as the sender wished, and the recipient is done with.
                if (!DsnRequest.Wants(notify, DsnAction.Failed)) result[i] = With(result[i], Disposition.Discard($"{result[i].Disposition.Reason}; not bounced: NOTIFY={DsnRequest.Text(notify)}"));
                else told.Add(i);
            }
            foreach (var group in told.GroupBy(i => GroupOf(result[i])).ToList())
            {
                if (suppressed is null && TryAdd(DsnAction.Failed, [.. group.Select(i => result[i])])) continue;
                _unsent.Add(DsnAction.Failed);
                foreach (var i in group) result[i] = Suppressed(result[i], suppressed ?? TooMany(result[i]));
            }
            return result;
        }

        // The worker reports, so what comes next need not: the request for it goes.
        private HeaderFile Relayed(List<RecipientVerdict> recipients, HeaderFile header)
        {
            var wanting = recipients.Where(r => r.Disposition.Kind == DispositionKind.Continue && DsnRequest.Wants(DsnRequest.NotifyOf(AsReceived(r)), DsnAction.Relayed)).ToList();
            foreach (var group in Tellable(DsnAction.Relayed, wanting))
            {
                var addresses = group.Select(r => LedgerEntry.Text(r.Current.Address.Span)).ToHashSet();
                header = header.WithRecipients(header.Recipients.Select(r => addresses.Contains(LedgerEntry.Text(r.Address.Span)) ? WithoutSuccess(r) : r));
            }
            return header;
        }

        private int Delays(List<RecipientVerdict> recipients, TimeSpan age)
        {
            var deferred = recipients.Where(r => r is { Disposition.Kind: DispositionKind.Defer, Waits: false }).ToList();
            var due = bouncer._warnings.Count(warning => age >= warning);
            if (deferred.Count == 0 || due <= entry.Warnings) return entry.Warnings;
            Tellable(DsnAction.Delayed, [.. deferred.Where(r => DsnRequest.Wants(DsnRequest.NotifyOf(AsReceived(r)), DsnAction.Delayed))]);
            return due;
        }

        // Those groups, one a return path, whose sender is told.
        private List<List<RecipientVerdict>> Tellable(DsnAction action, List<RecipientVerdict> recipients)
        {
            if (recipients.Count == 0) return [];
            var suppressed = BackscatterGuard.ReasonFor(_received, verdict.Results, action, _options);
            if (suppressed is not null)
            {
                _unsent.AddRange(recipients.Select(GroupOf).Distinct().Select(_ => action));
                _remarks.Add($"sender not told ({DsnActions.Token(action)}): {suppressed}");
                return [];
            }
            var told = new List<List<RecipientVerdict>>();
            foreach (var group in recipients.GroupBy(GroupOf).Select(g => g.ToList()))
            {
                if (TryAdd(action, group))
                {
                    told.Add(group);
                    continue;
                }
                _unsent.Add(action);
                _remarks.Add($"sender not told ({DsnActions.Token(action)}): {TooMany(group[0])}");
            }
            return told;
        }

        private bool TryAdd(DsnAction action, List<RecipientVerdict> recipients)
        {
            var path = ReturnPath(recipients[0]);
            if (bouncer._rates.TryTake(path.Span, _options.RateLimit, _options.RatePer) is not { } charge) return false;
            var notice = new DsnNotice
            {
                Action = action,
                Message = _received,
                Body = body,
                ReturnPath = path,
                Recipients = [.. recipients.Select(r => new DsnRecipient(AsReceived(r), r.Pass, r.Disposition.Reason, r.Disposition.Diagnosis))],
                Now = now,
                RetryUntil = action == DsnAction.Delayed && _options.GiveUpAfter > TimeSpan.Zero && _options.GiveUpAfter < FarAway ? DateTimeOffset.FromUnixTimeMilliseconds(entry.Aging) + _options.GiveUpAfter : null,
            };
            _notices.Add(new PlannedNotice(notice, recipients, charge));
            return true;
        }

        private RecipientVerdict Suppressed(RecipientVerdict recipient, string why)
        {
            var reason = $"{recipient.Disposition.Reason}; not bounced: {why}";
            return With(recipient, _options.OnSuppressed == OnSuppressed.Hold ? Disposition.Hold(reason) : Disposition.Discard(reason));
        }

        private static RecipientVerdict With(RecipientVerdict recipient, Disposition disposition) => recipient with { Disposition = disposition };

        private static Recipient WithoutSuccess(Recipient recipient) =>
            recipient.WithDsn(recipient.Orcpt, recipient.DsnFlags & ~(int)Notify.All | (int)DsnRequest.WithoutSuccess(DsnRequest.NotifyOf(recipient)));

        // As the sender knows it: passes may have given it another address or a return path for its way onward.
        private Recipient AsReceived(RecipientVerdict recipient) => (_byAddress ??= ByAddress()).GetValueOrDefault(recipient.Original) ?? recipient.Current;

        // Asked for each of what may be thousands. Of two with one address the first.
        private Dictionary<ReadOnlyMemory<byte>, Recipient> ByAddress()
        {
            var found = new Dictionary<ReadOnlyMemory<byte>, Recipient>(_received.Recipients.Length, BytesComparer.Instance);
            foreach (var recipient in _received.Recipients) found.TryAdd(recipient.Address, recipient);
            return found;
        }

        // RFC 5321, 2.4: one sender, however the domain is written. A local part may be another's.
        private string GroupOf(RecipientVerdict recipient)
        {
            var path = LedgerEntry.Text(ReturnPath(recipient).Span);
            var at = path.LastIndexOf('@') + 1;
            return path[..at] + path[at..].ToLowerInvariant();
        }

        private string TooMany(RecipientVerdict recipient) => $"{TypedAddress.Shown(ReturnPath(recipient).Span)} got {_options.RateLimit} notifications within {_options.RatePer}";

        private ReadOnlyMemory<byte> ReturnPath(RecipientVerdict recipient) => AsReceived(recipient).ErrorsTo is { IsEmpty: false } own ? own : _received.Sender;
    }
}
