// Applies what a pass asks for single recipients, to -H and to the verdicts alike. Addresses are looked up in an index, so
// that sixteen thousand recipients with an edit each cost as many steps and not their square. An edit finds its recipients
// by the address they have at that moment: behind a replacement, by the new one. One that finds none does nothing.
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>One pass's edits of recipients.</summary>
internal sealed class RecipientEdits
{
    private readonly List<RecipientVerdict> _verdicts;
    private readonly Recipient[] _recipients;
    private readonly Dictionary<ReadOnlyMemory<byte>, Places> _places = new(BytesComparer.Instance);

    public RecipientEdits(HeaderFile header, List<RecipientVerdict> verdicts)
    {
        _verdicts = verdicts;
        _recipients = [.. header.Recipients];
        for (var i = 0; i < _recipients.Length; i++) At(_recipients[i].Address).Recipients.Add(i);
        for (var i = 0; i < verdicts.Count; i++) At(verdicts[i].Current.Address).Verdicts.Add(i);
    }

    /// <summary>The recipients of -H with the edits so far.</summary>
    public IEnumerable<Recipient> Recipients => _recipients;

    public void Apply(EnvelopeEdit.SetErrorsTo edit)
    {
        if (_places.TryGetValue(edit.Recipient, out var places)) Change(places, r => r.WithErrorsTo(edit.ErrorsTo));
    }

    public void Apply(EnvelopeEdit.ReplaceRecipient edit)
    {
        if (!_places.Remove(edit.Recipient, out var places)) return;
        Change(places, r => r.WithAddress(edit.With));
        // Who has that address already is the same recipient from now on.
        At(edit.With).Add(places);
    }

    private void Change(Places places, Func<Recipient, Recipient> change)
    {
        foreach (var i in places.Recipients) _recipients[i] = change(_recipients[i]);
        foreach (var i in places.Verdicts) _verdicts[i] = _verdicts[i] with { Current = change(_verdicts[i].Current) };
    }

    private Places At(ReadOnlyMemory<byte> address)
    {
        if (!_places.TryGetValue(address, out var places)) _places[address] = places = new Places([], []);
        return places;
    }

    private sealed record Places(List<int> Recipients, List<int> Verdicts)
    {
        public void Add(Places more)
        {
            Recipients.AddRange(more.Recipients);
            Verdicts.AddRange(more.Verdicts);
        }
    }
}
