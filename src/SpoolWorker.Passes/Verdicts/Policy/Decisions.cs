// From measures to what the engine does. A message has one header section for all its recipients, so those whose measures ask for other lines or
// another subject than the rest's are left for the next try: each group leaves with what it asked for. The groups take turns by the number of the
// attempt; the next turn comes at once when somebody has left. Where later passes keep those whose turn it is, each group has one turn at once, and
// then the engine's back-off sets the time: nothing spins.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>What is done with one recipient.</summary>
/// <param name="Recipient">He.</param>
/// <param name="Measure">What his settings say; null: nothing.</param>
/// <param name="Reason">The finding, for log, hold and bounce.</param>
/// <param name="Diagnosis">What the sender can be told.</param>
internal sealed record Decision(Recipient Recipient, Measure? Measure, string Reason, Diagnosis? Diagnosis = null)
{
    /// <summary>The lines it asks for, as a key: those who have the same go together.</summary>
    public (string Header, string Subject) Lines => Measure is { Then: PolicyAction.Tag } tag ? (tag.Header, tag.Subject) : ("", "");

    /// <summary>The word for the results.</summary>
    public string Word => Measure is null ? "accept" : Measure.Redirect.Length > 0 ? "redirect" : Measure.Then.ToString().ToLowerInvariant();
}

/// <summary>All of them, made edits and dispositions.</summary>
internal static class Decisions
{
    private const string Apart = "other header lines than the rest's are added for this recipient; goes apart";

    /// <summary>Applies decisions.</summary>
    /// <param name="context">The message.</param>
    /// <param name="decisions">One for each recipient of it.</param>
    public static PassResult Apply(PassContext context, IReadOnlyList<Decision> decisions)
    {
        var kinds = decisions.Select(d => d.Lines).Distinct().ToList();
        if (kinds.Count == 0) return PassResult.Continue;
        var turn = kinds[(context.Attempt - 1) % kinds.Count];
        DateTimeOffset? next = context.Attempt <= kinds.Count ? context.Now : null;
        var recipients = new List<(ReadOnlyMemory<byte>, Disposition)>();
        var envelope = new List<EnvelopeEdit>();
        foreach (var decision in decisions)
        {
            if (decision.Lines != turn) recipients.Add((decision.Recipient.Address, Disposition.Defer(Apart, next) with { IsTurn = true }));
            else if (decision.Measure is { } measure)
            {
                recipients.Add((decision.Recipient.Address, measure.Then.ToDisposition(decision.Reason, decision.Diagnosis)));
                if (measure.Redirect.Length > 0) envelope.Add(new EnvelopeEdit.ReplaceRecipient(decision.Recipient.Address, Encoding.ASCII.GetBytes(measure.Redirect)));
            }
        }
        return new PassResult { Recipients = recipients, Envelope = envelope, Headers = Lines(context.Message, turn) };
    }

    private static List<HeaderEdit> Lines(HeaderFile message, (string Header, string Subject) lines)
    {
        var edits = new List<HeaderEdit>();
        if (lines.Header.Length > 0 && MeasureFaults.TryLine(lines.Header, out var line)) edits.Add(new HeaderEdit.AddAtEnd(line));
        if (lines.Subject.Length == 0) return edits;
        var old = message.Headers.FirstOrDefault(h => !h.IsDeleted && h.Is("Subject"u8));
        var mark = Encoding.ASCII.GetBytes(lines.Subject.Trim());
        var value = old is null ? default : old.Text[(old.Text.Span.IndexOf((byte)':') + 1)..];
        // Marked already, by the pass of another worker.
        if (value.Span.TrimStart(" \t"u8).StartsWith(mark)) return edits;
        if (old is not null) edits.Add(new HeaderEdit.Delete(old));
        // Not held to RFC 5322: what the sender wrote goes on as it is.
        edits.Add(new HeaderEdit.AddAtEnd(new HeaderLine(' ', (byte[])[.. "Subject: "u8, .. mark, .. value.IsEmpty ? "\n"u8 : value.Span])));
        return edits;
    }
}
