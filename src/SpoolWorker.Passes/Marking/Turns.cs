// From what is to become of single recipients to what the engine does. A message has one header section for all its recipients, so those for whom other
// lines or another subject are asked than for the rest are left for the next try: each group leaves with what it asked for. The groups take turns by the number
// of the attempt; the next turn comes at once when somebody has left. Where later passes keep those whose turn it is, each group has one turn at once, and
// then the engine's back-off sets the time: nothing spins.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Marking;

/// <summary>What is to become of one recipient.</summary>
/// <param name="Recipient">He.</param>
/// <param name="Lines">What is done to the header lines for him.</param>
/// <param name="Disposition">What becomes of him.</param>
internal sealed record Share(Recipient Recipient, LineEdits Lines, Disposition Disposition)
{
    /// <summary>The address that gets the message in his place; empty: his.</summary>
    public string Redirect { get; init; } = "";

    /// <summary>Addresses that get a copy of what he gets.</summary>
    public IReadOnlyList<string> Copies { get; init; } = [];
}

/// <summary>All of them, made edits and dispositions.</summary>
internal static class Turns
{
    private const string Apart = "other header lines than the rest's are asked for this recipient; goes apart";

    /// <summary>Those whose turn it is: all who have the same lines as one of them.</summary>
    public static LineEdits? TurnOf(PassContext context, IReadOnlyList<Share> shares, out int kinds)
    {
        var all = shares.Select(s => s.Lines).Distinct().ToList();
        kinds = all.Count;
        return all.Count == 0 ? null : all[(context.Attempt - 1) % all.Count];
    }

    /// <summary>Applies shares.</summary>
    /// <param name="context">The message.</param>
    /// <param name="shares">One for each recipient of it.</param>
    public static PassResult Apply(PassContext context, IReadOnlyList<Share> shares)
    {
        if (TurnOf(context, shares, out var kinds) is not { } turn) return PassResult.Continue;
        DateTimeOffset? next = context.Attempt <= kinds ? context.Now : null;
        var recipients = new List<(ReadOnlyMemory<byte>, Disposition)>();
        var envelope = new List<EnvelopeEdit>();
        var copies = new Dictionary<string, List<ReadOnlyMemory<byte>>>(StringComparer.OrdinalIgnoreCase);
        foreach (var share in shares)
        {
            var address = share.Recipient.Address;
            if (!share.Lines.Equals(turn))
            {
                recipients.Add((address, Disposition.Defer(Apart, next) with { IsTurn = true }));
                continue;
            }
            recipients.Add((address, share.Disposition));
            if (share.Redirect.Length > 0) envelope.Add(new EnvelopeEdit.ReplaceRecipient(address, Encoding.ASCII.GetBytes(share.Redirect)));
            foreach (var copy in share.Copies)
            {
                if (!copies.TryGetValue(copy, out var of)) copies[copy] = of = [];
                of.Add(address);
            }
        }
        envelope.AddRange(copies.Select(c => new EnvelopeEdit.AddCopy(Encoding.ASCII.GetBytes(c.Key), c.Value)));
        return new PassResult { Recipients = recipients, Envelope = envelope, Headers = turn.Of(context.Message) };
    }
}
