// The pass `srs`. First SRS recipients of ours become the addresses behind them; then, where mail leaves for domains of
// others with a sender of others, the sender becomes an SRS address of ours. Each recipient for himself: who stays keeps
// the sender, who leaves gets a return path of his own, and only when all leave the message's sender changes.
// The null sender and what is ours already are never touched. A table or the database that cannot be used makes the
// message wait; nothing is bounced or sent unrewritten for that. Asked again, the pass gives the same answer.
using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Srs;

/// <summary>Rewrites senders on the way out and recipients on the way back.</summary>
public sealed class SrsPass : IMessagePass, IDisposable
{
    // What a local domain's table leads to may be SRS again; each step is shorter, this only ends a foolish one sooner.
    private const int MostSteps = 8;

    // Of a message with thousands of recipients the findings would outgrow -H.
    private const int MostTold = 16;

    private readonly SrsPlan _plan;
    private readonly SrsOptions _options;
    private readonly SrsDatabase? _database;
    private readonly SrsEncoder _encoder;
    private readonly SrsDecoder _decoder;
    private readonly ILogger _log;

    /// <param name="options">Settings that nothing is wrong with.</param>
    /// <param name="log">Where it is told what was left as it is.</param>
    /// <param name="clock">For looking again at the files of lists.</param>
    public SrsPass(SrsOptions options, ILogger<SrsPass> log, TimeProvider clock)
    {
        _options = options;
        _log = log;
        _plan = SrsPlan.Of(options, clock);
        if (_plan.Rules.Formats.Contains(SrsFormat.Database)) _database = new SrsDatabase(options.Database);
        _encoder = new SrsEncoder(_plan.Rules, _database);
        _decoder = new SrsDecoder(_plan.Rules, _database);
    }

    /// <inheritdoc/>
    public string Name => "srs";

    /// <inheritdoc/>
    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var run = new Run(this, context);
        try
        {
            return ValueTask.FromResult(run.Go());
        }
        catch (UnavailableException e)
        {
            return ValueTask.FromResult(PassResult.Unavailable(e.Message));
        }
        catch (PatternTimeException e)
        {
            return ValueTask.FromResult(PassResult.For(Disposition.Hold($"srs: {e.Message}")));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _database?.Dispose();
        _plan.Forget();
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.Latin1.GetBytes(text);

    // A list or the database that cannot answer ends the run from wherever it is asked.
    private sealed class UnavailableException(string message) : Exception(message);

    /// <summary>One message.</summary>
    private sealed class Run(SrsPass pass, PassContext context)
    {
        private readonly PatternClock _clock = new();
        private readonly List<EnvelopeEdit> _edits = [];
        private readonly List<(ReadOnlyMemory<byte>, Disposition)> _decisions = [];
        private readonly Dictionary<string, bool> _local = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, (string Address, SrsStatus Status)> _rewritten = [];
        private readonly SortedDictionary<string, List<string>> _found = new(StringComparer.Ordinal);

        public PassResult Go()
        {
            var going = new List<(Recipient Recipient, ReadOnlyMemory<byte> Address)>();
            foreach (var recipient in context.Recipients)
            {
                if (Reverse(recipient) is { } address) going.Add((recipient, address));
            }
            if (pass._options.Direction != SrsDirection.Reverse) Forward(going);
            _found.TryAdd(SrsResults.Status.Name, [SrsStatus.NotNeeded.Token()]);
            var results = _found.ToDictionary(f => f.Key, f => string.Join(", ", f.Value));
            // For Exim, behind us: $acl_m_srs_orig_sender and so on.
            if (_edits.Count > 0) _edits.AddRange(results.Select(r => new EnvelopeEdit.SetVariable($"aclm_{r.Key}", Bytes(r.Value))));
            return new PassResult { Envelope = _edits, Recipients = _decisions, Results = results.ToDictionary(r => r.Key, r => ByteText.ToText(r.Value)) };
        }

        /// <summary>The address mail for a recipient goes to; null when it goes nowhere.</summary>
        private ReadOnlyMemory<byte>? Reverse(Recipient recipient)
        {
            if (pass._options.Direction == SrsDirection.Forward) return recipient.Address;
            var address = Text(recipient.Address);
            if (!SrsDecoder.LooksRewritten(address) || !IsLocal(address)) return recipient.Address;
            var (original, status) = (address, SrsStatus.Malformed);
            for (var step = 0; step < MostSteps; step++)
            {
                var isDecoded = pass._decoder.TryDecode(original, context.Now, out var behind, out var found);
                // A mailbox of ours whose name only looks like SRS, behind a hash that fits.
                if (step > 0 && found == SrsStatus.Malformed)
                {
                    status = SrsStatus.Ok;
                    break;
                }
                (original, status) = (behind, found);
                if (!isDecoded || !SrsDecoder.LooksRewritten(original) || !IsLocal(original)) break;
                status = SrsStatus.Malformed;
            }
            Tell(SrsResults.OriginalRecipient, address);
            Tell(SrsResults.Status, status.Token());
            if (status == SrsStatus.Unavailable) throw new UnavailableException(pass._database?.Trouble ?? status.Sentence());
            if (status == SrsStatus.Ok)
            {
                Tell(SrsResults.Recipient, original);
                TellKey(address, original);
                _edits.Add(new EnvelopeEdit.ReplaceRecipient(recipient.Address, Bytes(original)));
                return Bytes(original);
            }
            var reason = $"SRS recipient <{ByteText.ToText(address)}>: {status.Sentence()}";
            if (pass._options.OnInvalid == PolicyAction.Accept)
            {
                pass._log.LogWarning("{Id} srs: {Reason}; let through", context.Message.Id, reason);
                return recipient.Address;
            }
            _decisions.Add((recipient.Address, pass._options.OnInvalid.ToDisposition(reason, new Diagnosis { Status = Mail.StatusDetail.MailboxUnknown })));
            return null;
        }

        private void Forward(List<(Recipient Recipient, ReadOnlyMemory<byte> Address)> going)
        {
            var sender = Text(context.Message.Sender);
            var leaving = new List<(ReadOnlyMemory<byte> Address, string Path, bool IsOwn)>();
            foreach (var (recipient, address) in going)
            {
                // The return path this recipient would be sent with.
                var path = recipient.ErrorsTo.IsEmpty ? sender : Text(recipient.ErrorsTo);
                if (path.Length == 0 || !Leaves(Text(address)) || IsLocal(path)) continue;
                if (pass._plan.Condition is { } condition && !condition.Matches(context, recipient.WithAddress(address), _clock)) continue;
                if (Rewritten(path, recipient) is { } rewritten) leaving.Add((address, rewritten, !recipient.ErrorsTo.IsEmpty));
            }
            if (leaving.Count == 0) return;
            // Recipients that other passes hold, or that wait, go out with the message's sender, so it must stay theirs.
            if (leaving.All(l => !l.IsOwn) && leaving.Count == context.Recipients.Count && leaving.Count == context.Message.Pending.Length)
                _edits.Add(new EnvelopeEdit.SetSender(Bytes(leaving[0].Path)));
            else
                _edits.AddRange(leaving.Select(l => new EnvelopeEdit.SetErrorsTo(l.Address, Bytes(l.Path))));
        }

        /// <summary>What a return path becomes; null when it stays, or the recipient is decided about.</summary>
        private string? Rewritten(string path, Recipient recipient)
        {
            var isNew = !_rewritten.TryGetValue(path, out var known);
            if (isNew)
            {
                pass._encoder.TryEncode(path, context.Now, out var address, out var status);
                _rewritten[path] = known = (address, status);
                Tell(SrsResults.Status, status.Token());
                if (status == SrsStatus.Unavailable) throw new UnavailableException(pass._database?.Trouble ?? status.Sentence());
            }
            var onTooLong = known.Status == SrsStatus.TooLong ? pass._options.OnTooLong : SrsTooLong.Keep;
            if (known.Status == SrsStatus.Ok || onTooLong == SrsTooLong.Rewrite)
            {
                if (!isNew) return known.Address;
                Tell(SrsResults.OriginalSender, path);
                TellKey(known.Address, path);
                return known.Address;
            }
            var reason = $"sender <{ByteText.ToText(path)}> cannot be rewritten: {known.Status.Sentence()}";
            if (onTooLong == SrsTooLong.Keep)
            {
                if (isNew && known.Status != SrsStatus.NotNeeded) pass._log.LogWarning("{Id} srs: {Reason}; sent as it is", context.Message.Id, reason);
                return null;
            }
            _decisions.Add((recipient.Address, onTooLong == SrsTooLong.Hold ? Disposition.Hold(reason) : Disposition.Bounce(reason, new Diagnosis { Status = Mail.StatusDetail.SenderSyntax })));
            return null;
        }

        private bool Leaves(string address)
        {
            if (!IsLocal(address)) return true;
            return !SrsDecoder.LooksRewritten(address) && IsFound(pass._plan.Forwarded.Find(Bytes(address).Span));
        }

        // An address without a domain is one of this host's.
        private bool IsLocal(string address)
        {
            var domain = address[(address.LastIndexOf('@') + 1)..];
            if (domain.Length == address.Length) return true;
            if (_local.TryGetValue(domain, out var isLocal)) return isLocal;
            return _local[domain] = domain.Equals(pass._plan.Rules.Domain, StringComparison.OrdinalIgnoreCase) || IsFound(pass._plan.LocalDomains.Find(Bytes(domain).Span));
        }

        private static bool IsFound(LookupAnswer answer) => answer.State == LookupState.Unavailable ? throw new UnavailableException(answer.Reason ?? "a list cannot be read") : answer.IsFound;

        private void TellKey(string srs, string address)
        {
            if (!SrsAddress.TryParse(srs, out var parsed) || !SrsDecoder.TryKey(parsed.Content, out var key)) return;
            Tell(SrsResults.Key, key);
            Tell(SrsResults.KeyAddress, address);
        }

        // Of several recipients each finding is told once, one after another.
        private void Tell(NamedResult result, string value)
        {
            if (!_found.TryGetValue(result.Name, out var told)) _found[result.Name] = told = [];
            if (told.Count < MostTold && !told.Contains(value)) told.Add(value);
        }
    }
}
