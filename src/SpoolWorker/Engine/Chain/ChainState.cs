// The message while it goes through the passes: edits are applied here, so that each pass sees what the ones before it
// did. Recipients keep the address they came with, which is what the ledger knows them by.
using System.Collections.Immutable;
using SpoolWorker.Ledger;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Edits and decisions so far.</summary>
/// <param name="header">-H.</param>
/// <param name="body">The body.</param>
/// <param name="pending">The recipients.</param>
/// <param name="from">Set: the message is let go, and what passes would decide is only remarked.</param>
/// <param name="found">What passes that are not asked had found.</param>
/// <param name="unknown">Of what they had not: what is unknown, as they were skipped.</param>
/// <param name="copies">Addresses that only get a copy.</param>
/// <param name="own">What was found for single recipients by then.</param>
internal sealed class ChainState(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Resume? from = null, IReadOnlyDictionary<string, string>? found = null, IReadOnlyList<string>? unknown = null,
    IReadOnlyList<string>? copies = null, IReadOnlyList<OwnFindings>? own = null)
{
    private readonly List<RecipientVerdict> _recipients = RecipientFindings.Given(own, AtFirst(pending, copies?.ToHashSet()));
    private readonly List<string> _remarks = [];
    private readonly List<HeaderLine> _marks = [];
    private HashSet<string> _unknown = [.. unknown ?? []];
    private bool _isClean;
    private Dictionary<string, string> _results = new(from?.Results ?? found ?? new Dictionary<string, string>());
    private string _behind = from?.Behind ?? "";
    private readonly HeaderFile _received = header;
    private bool _serviceDown;
    private PassWait? _wait;
    private IMessageBody? _replaced;
    private readonly IMessageBody _original = body;
    private IMessageBody _seen = body;

    public HeaderFile Header { get; private set; } = header;

    /// <summary>The body as the next pass is given it.</summary>
    public IMessageBody Body => _seen;

    /// <summary>What was found so far; does not change under who holds it.</summary>
    public IReadOnlyDictionary<string, string> Results => _results;

    /// <summary>Results that are unknown, as passes were skipped; does not change under who holds it.</summary>
    public IReadOnlySet<string> Unknown => _unknown;

    /// <summary>Whether marks of skipped passes that the message came with are the worker's own; else they say nothing, and go.</summary>
    public bool KeepsMarks { get; init; }

    /// <summary>Goes on without a pass.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="results">What it would have found.</param>
    /// <param name="skip">Why.</param>
    /// <param name="now">When.</param>
    public void Skip(string pass, IReadOnlyList<NamedResult> results, Skip skip, DateTimeOffset now)
    {
        _unknown = [.. _unknown, .. results.Select(r => r.Name).Where(name => !_results.ContainsKey(name))];
        if (!skip.IsMarked) return;
        _remarks.Add($"without {pass} ({skip.Word}: {skip.Text})");
        _marks.Add(SkipMark.Line(pass, skip, now));
        if (_isClean) AddMarks();
    }

    /// <summary>Takes out marks that strangers made, and puts in those of passes that were skipped so far.</summary>
    public void CleanMarks()
    {
        if (_isClean) return;
        _isClean = true;
        if (!KeepsMarks) Header = HeaderEdits.Apply(Header, [.. Header.Headers.Where(line => !line.IsDeleted && line.Is(SkipMark.Name)).Select(line => new HeaderEdit.Delete(line))]);
        AddMarks();
    }

    /// <summary>To be called behind a pass that may not have ended: what belongs to the body (hashes under way, say) stays with that pass,
    /// and those after it are given the body under a new identity.</summary>
    public void LeaveBody() => _seen = new SameBody(_replaced ?? _original);

    /// <summary>Recipients no pass has decided about yet.</summary>
    public IReadOnlyList<Recipient> Active() => [.. _recipients.Where(r => r.Disposition.Kind == DispositionKind.Continue).Select(r => r.Current)];

    public void Apply(string pass, PassResult result)
    {
        // Anew, not in place: a pass that ran out of time may still be reading what it was given.
        if (result.Results.Count > 0)
        {
            _results = new Dictionary<string, string>(_results);
            foreach (var (name, value) in result.Results) _results[name] = value;
            if (_unknown.Overlaps(result.Results.Keys)) _unknown = [.. _unknown.Except(result.Results.Keys)];
        }
        Header = HeaderEdits.Apply(Header, result.Headers);
        Find(result.RecipientResults);
        Decide(pass, result);
        Apply(result.Envelope);
        if (result.Body is { } replaced) Replace(replaced);
        _behind = pass;
        Mark();
    }

    /// <summary>What was found for single recipients so far, by their addresses of now.</summary>
    public IReadOnlyDictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>> RecipientResults()
    {
        if (!_recipients.Exists(r => r.Own.Count > 0)) return ImmutableDictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>>.Empty;
        var own = new Dictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>>(BytesComparer.Instance);
        foreach (var recipient in _recipients.Where(r => r.Own.Count > 0)) own.TryAdd(recipient.Current.Address, recipient.Own);
        return own;
    }

    /// <summary>Those that only get a copy, by their addresses of now.</summary>
    public IReadOnlySet<ReadOnlyMemory<byte>> Copies() => _recipients.Exists(r => r.CopyOf is not null)
        ? _recipients.Where(r => r.CopyOf is not null).Select(r => r.Current.Address).ToHashSet(BytesComparer.Instance) : ImmutableHashSet<ReadOnlyMemory<byte>>.Empty;

    public void DeferActive(string pass, string reason)
    {
        _serviceDown = true;
        Decide(pass, PassResult.For(Disposition.Defer(reason)));
        Mark();
    }

    /// <summary>Leaves those no pass has decided about until a pass opens.</summary>
    public void Wait(PassWait wait)
    {
        _wait = wait;
        var disposition = Disposition.Defer(wait.Why, wait.Next);
        for (var i = 0; i < _recipients.Count; i++)
        {
            if (_recipients[i].Disposition.Kind == DispositionKind.Continue) _recipients[i] = _recipients[i] with { Disposition = disposition, Pass = wait.Pass, Waits = true };
        }
    }

    /// <summary>Puts what was found into -H.</summary>
    public void Write(ResultVariables variables)
    {
        CleanMarks();
        if (variables.WritesNothing) return;
        Header = variables.AddTo(Header, RecipientFindings.Shared(_recipients.Where(r => r.At is null), _results));
        // Most were decided about by one pass, and have one -H; there are as many as passes at most.
        var made = new List<(ChainPoint At, HeaderFile Header)>();
        for (var i = 0; i < _recipients.Count; i++)
        {
            if (_recipients[i].At is not { } at) continue;
            var known = made.FindIndex(m => m.At.HasSame(at));
            if (known < 0)
            {
                // Those before this one are of other points.
                made.Add((at, variables.AddTo(at.Header, RecipientFindings.Shared(_recipients.Skip(i).Where(r => r.At?.HasSame(at) == true), at.Results))));
                known = made.Count - 1;
            }
            _recipients[i] = _recipients[i] with { At = at with { Header = made[known].Header } };
        }
    }

    public Verdict ToVerdict() => new(_received, Header, _recipients, _results, _serviceDown) { Body = _replaced, Wait = _wait, Unknown = _unknown, Remarks = [.. _remarks.Distinct()] };

    // Behind all that the pass did: those it decided about stay at this point, whatever is edited for the others.
    private void Mark()
    {
        if (_recipients.Exists(r => r.Disposition.Kind != DispositionKind.Continue && r.At is null)) CleanMarks();
        for (var i = 0; i < _recipients.Count; i++)
        {
            var recipient = _recipients[i];
            if (recipient.Disposition.Kind != DispositionKind.Continue && recipient.At is null) _recipients[i] = recipient with { At = new ChainPoint(_behind, Header, _replaced, recipient.Current, _results) { Unknown = _unknown } };
        }
    }

    private static List<RecipientVerdict> AtFirst(IReadOnlyList<Recipient> pending, HashSet<string>? copies) =>
        [.. pending.Select(r => new RecipientVerdict(r.Address, r, Disposition.Continue, "") { CopyOf = copies?.Contains(LedgerEntry.Text(r.Address.Span)) == true ? [] : null })];

    private void Decide(string pass, PassResult result)
    {
        var owns = new Dictionary<ReadOnlyMemory<byte>, Disposition>(BytesComparer.Instance);
        foreach (var (address, disposition) in result.Recipients) owns.TryAdd(address, disposition);
        for (var i = 0; i < _recipients.Count; i++)
        {
            var recipient = _recipients[i];
            if (recipient.Disposition.Kind != DispositionKind.Continue) continue;
            var own = owns.GetValueOrDefault(recipient.Current.Address) ?? result.Disposition;
            if (own.Kind == DispositionKind.Continue) continue;
            // What is asked for the one whose turn it is not is not in this -H: let go with it he would have the others' lines, and his redirection and copies would be lost.
            if (from is null || own.IsTurn) _recipients[i] = recipient with { Disposition = own, Pass = pass, Waits = own.IsTurn };
            else _remarks.Add($"{pass} would have {Did(own.Kind)}: {own.Reason}");
        }
    }

    private void Find(IReadOnlyList<(ReadOnlyMemory<byte> Recipient, IReadOnlyDictionary<string, string> Results)> found)
    {
        if (found.Count == 0) return;
        var owns = new Dictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>>(BytesComparer.Instance);
        foreach (var (address, results) in found) owns[address] = results;
        // One for all who share what was found: they are told apart by it later on.
        var made = new Dictionary<(object, object), IReadOnlyDictionary<string, string>>();
        for (var i = 0; i < _recipients.Count; i++)
        {
            var before = _recipients[i].Own;
            if (!owns.TryGetValue(_recipients[i].Current.Address, out var results)) continue;
            if (!made.TryGetValue((before, results), out var own)) made[(before, results)] = own = before.Count == 0 ? results : RecipientFindings.Merged(before, results);
            _recipients[i] = _recipients[i] with { Own = own };
        }
    }

    private static string Did(DispositionKind kind) => kind switch
    {
        DispositionKind.Defer => "deferred it",
        DispositionKind.Hold => "held it",
        DispositionKind.Bounce => "bounced it",
        _ => "thrown it away",
    };

    private void AddMarks()
    {
        foreach (var mark in _marks) Header = Header.WithHeaderOnTop(mark);
        _marks.Clear();
    }

    private void Apply(IReadOnlyList<EnvelopeEdit> edits)
    {
        RecipientEdits? recipients = null;
        // By the addresses of now: a redirection among the edits comes behind.
        var copies = CopiesOf([.. edits.OfType<EnvelopeEdit.AddCopy>()]);
        foreach (var edit in edits)
        {
            switch (edit)
            {
                case EnvelopeEdit.SetSender set:
                    Header = Header.WithSender(set.Sender);
                    break;
                case EnvelopeEdit.SetErrorsTo set:
                    (recipients ??= new RecipientEdits(Header, _recipients)).Apply(set);
                    break;
                case EnvelopeEdit.ReplaceRecipient replace:
                    (recipients ??= new RecipientEdits(Header, _recipients)).Apply(replace);
                    break;
                case EnvelopeEdit.SetVariable set:
                    Header = Header.WithVariable(set.Name, set.Value);
                    break;
                case EnvelopeEdit.AddCopy: break;
                default: throw new ArgumentOutOfRangeException(nameof(edits), edit, "not an envelope edit");
            }
        }
        if (recipients is not null) Header = Header.WithRecipients(recipients.Recipients);
        Add(copies);
    }

    private List<RecipientVerdict> CopiesOf(List<EnvelopeEdit.AddCopy> edits)
    {
        if (edits.Count == 0) return [];
        var originals = _recipients.ToLookup(r => r.Current.Address, r => r.Original, BytesComparer.Instance);
        return [.. edits.Select(edit => new RecipientVerdict(edit.Address, Chain.Copies.Of(edit.Address), Disposition.Continue, "") { CopyOf = [.. edit.Of.SelectMany(address => originals[address])] })];
    }

    // The ledger knows recipients by the addresses they came with: one that is redirected elsewhere now can be no copy beside that.
    private void Add(List<RecipientVerdict> copies)
    {
        if (copies.Count == 0) return;
        var there = Chain.Copies.SetOf(Header.Recipients.Select(r => r.Address).Concat(_received.Recipients.Select(r => r.Address)).Concat(_recipients.Select(r => r.Original)).Concat(Header.NonRecipients.Addresses));
        copies.RemoveAll(copy => !there.Add(copy.Original));
        if (copies.Count == 0) return;
        Header = Header.WithRecipients([.. Header.Recipients, .. copies.Select(copy => copy.Current)]);
        _recipients.AddRange(copies);
    }

    // -H says which form -D has; the counts are set when it is staged.
    private void Replace(IMessageBody replaced)
    {
        if (replaced.IsWireFormat != Header.IsWireFormat)
            Header = replaced.IsWireFormat ? Header.WithoutVariable("body_linecount").WithFlag("spool_file_wireformat") : Header.WithoutVariable("spool_file_wireformat");
        _seen = _replaced = replaced;
    }

    private sealed class SameBody(IMessageBody body) : IMessageBody
    {
        public long Length => body.Length;

        public bool IsWireFormat => body.IsWireFormat;

        public Stream OpenRead() => body.OpenRead();
    }
}
