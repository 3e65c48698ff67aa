// Texts of no form that is known, of dozens of programs. X-Failed-Recipients says who failed; else addresses are weighed by where they
// stand, and the heaviest kind counts: behind "to" or "Recipient:", on the line of an answer, alone on a line, near an answer. Whom
// the bounce was returned to, senders and places to ask stand in these texts, too, and did not fail. Everything is looked up in lists made
// once, so time grows with the text. Nothing here throws.
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Texts of unknown forms.</summary>
internal static class OtherText
{
    public static BounceReport Read(BounceLetter letter)
    {
        if (letter.Failed.Count == 0 && !letter.IsFromMailer) return new BounceReport();
        var reasons = new ReasonIndex(letter.Lines);
        var found = letter.Failed.Count > 0 ? Failed(letter) : Weighed(letter, reasons);
        var recipients = new List<BouncedRecipient>();
        var places = found.Select(f => f.Line).Distinct().Order().ToList();
        foreach (var (address, line) in found)
        {
            var next = places.BinarySearch(line) + 1;
            var (reason, host, ip) = reasons.About(line, next < places.Count ? places[next] : int.MaxValue, address);
            recipients.Add(new BouncedRecipient { Address = address, Action = letter.Action, Reason = reason, RemoteMta = host, RemoteAddress = ip });
        }
        return recipients.Count == 0 ? new BounceReport() : new BounceReport { Form = BounceForm.Other, Recipients = recipients };
    }

    private static List<(string Address, int Line)> Failed(BounceLetter letter)
    {
        var lines = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < letter.Lines.Count; i++)
        {
            foreach (var (address, _) in MailboxFinder.All(letter.Lines[i])) lines.TryAdd(address, i);
        }
        return [.. letter.Failed.Select(a => (a, lines.GetValueOrDefault(a)))];
    }

    private static List<(string Address, int Line)> Weighed(BounceLetter letter, ReasonIndex reasons)
    {
        if (!reasons.HasAny && !letter.HasFailureSubject) return [];
        var (best, bestReturned) = (AddressWeight.None, AddressWeight.None);
        var all = new List<(string Address, int Line, AddressWeight Weight, bool IsReturned)>();
        var own = MailboxFinder.In(letter.From) ?? "";
        for (var i = 0; i < letter.Lines.Count && all.Count < StatusFields.MostRecipients; i++)
        {
            foreach (var (address, start) in MailboxFinder.All(letter.Lines[i]))
            {
                var weight = AddressWeights.Of(letter.Lines[i], address, start, reasons.IsNear(i), reasons.IsAt(i), reasons.IsFailure(i));
                if (weight == AddressWeight.None || address.Equals(own, StringComparison.OrdinalIgnoreCase)) continue;
                var isReturned = address.Equals(letter.ReturnedTo, StringComparison.OrdinalIgnoreCase);
                if (isReturned) bestReturned = weight > bestReturned ? weight : bestReturned;
                else best = weight > best ? weight : best;
                all.Add((address, i, weight, isReturned));
            }
        }
        // Who writes to himself may fail, too, where nobody else does and an answer names him.
        var returned = best == AddressWeight.None && bestReturned >= AddressWeight.Alone && reasons.HasAny;
        var least = returned ? bestReturned : best;
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. all.Where(a => a.IsReturned == returned && a.Weight == least && known.Add(a.Address)).Select(a => (a.Address, a.Line))];
    }
}
