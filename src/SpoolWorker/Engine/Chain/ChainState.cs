// The message while it goes through the passes: edits are applied here, so that each pass sees what the ones before it
// did. Recipients keep the address they came with, which is what the ledger knows them by.
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Edits and decisions so far.</summary>
/// <param name="header">-H.</param>
/// <param name="body">The body.</param>
/// <param name="pending">The recipients.</param>
/// <param name="from">Set: the message is let go, and what passes would decide is only remarked.</param>
/// <param name="found">What passes that are not asked had found.</param>
internal sealed class ChainState(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Resume? from = null, IReadOnlyDictionary<string, string>? found = null)
{
    private readonly List<RecipientVerdict> _recipients = [.. pending.Select(r => new RecipientVerdict(r.Address, r, Disposition.Continue, ""))];
    private readonly List<string> _remarks = [];
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
        }
        foreach (var edit in result.Headers) Header = Apply(Header, edit);
        Decide(pass, result);
        Apply(result.Envelope);
        if (result.Body is { } replaced) Replace(replaced);
        _behind = pass;
        Mark();
    }

    public void DeferActive(string pass, string reason)
    {
        _serviceDown = true;
        Decide(pass, PassResult.For(Disposition.Defer(reason)));
        Mark();
    }

    /// <summary>Leaves those no pass has decided about until a pass opens.</summary>
    public void Wait(PassWait wait, string hours)
    {
        _wait = wait;
        var disposition = Disposition.Defer($"waits for its hours ({hours})", wait.Next);
        for (var i = 0; i < _recipients.Count; i++)
        {
            if (_recipients[i].Disposition.Kind == DispositionKind.Continue) _recipients[i] = _recipients[i] with { Disposition = disposition, Pass = wait.Pass, Waits = true };
        }
    }

    /// <summary>Puts what was found into -H.</summary>
    public void Write(ResultVariables variables)
    {
        Header = variables.AddTo(Header, _results);
        // Most were decided about by one pass, and have one -H.
        var (last, made) = ((ChainPoint?)null, Header);
        for (var i = 0; i < _recipients.Count; i++)
        {
            if (_recipients[i].At is not { } at) continue;
            if (last is null || !ReferenceEquals(at.Header, last.Header) || !ReferenceEquals(at.Results, last.Results)) (last, made) = (at, variables.AddTo(at.Header, at.Results));
            _recipients[i] = _recipients[i] with { At = at with { Header = made } };
        }
    }

    public Verdict ToVerdict() => new(_received, Header, _recipients, _results, _serviceDown) { Body = _replaced, Wait = _wait, Remarks = [.. _remarks.Distinct()] };

    // Behind all that the pass did: those it decided about stay at this point, whatever is edited for the others.
    private void Mark()
    {
        for (var i = 0; i < _recipients.Count; i++)
        {
            var recipient = _recipients[i];
            if (recipient.Disposition.Kind != DispositionKind.Continue && recipient.At is null) _recipients[i] = recipient with { At = new ChainPoint(_behind, Header, _replaced, recipient.Current, _results) };
        }
    }

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
            if (from is null) _recipients[i] = recipient with { Disposition = own, Pass = pass };
            else _remarks.Add($"{pass} would have {Did(own.Kind)}: {own.Reason}");
        }
    }

    private static string Did(DispositionKind kind) => kind switch
    {
        DispositionKind.Defer => "deferred it",
        DispositionKind.Hold => "held it",
        DispositionKind.Bounce => "bounced it",
        _ => "thrown it away",
    };

    private static HeaderFile Apply(HeaderFile header, HeaderEdit edit)
    {
        switch (edit)
        {
            case HeaderEdit.AddOnTop add: return header.WithHeaderOnTop(add.Line);
            case HeaderEdit.AddAtEnd add: return header.WithHeaderAtEnd(add.Line);
            case HeaderEdit.Delete delete:
                for (var i = 0; i < header.Headers.Length; i++)
                {
                    var line = header.Headers[i];
                    if (!line.IsDeleted && line.Text.Span.SequenceEqual(delete.Line.Text.Span)) return header.WithHeaderDeleted(i);
                }
                return header;
            default: throw new ArgumentOutOfRangeException(nameof(edit), edit, "not a header edit");
        }
    }

    private void Apply(IReadOnlyList<EnvelopeEdit> edits)
    {
        RecipientEdits? recipients = null;
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
                default: throw new ArgumentOutOfRangeException(nameof(edits), edit, "not an envelope edit");
            }
        }
        if (recipients is not null) Header = Header.WithRecipients(recipients.Recipients);
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
