// From an answer to what is done with each recipient. A recipient's own letter decides; T in the first line is for all, and
// so is A (DccAnswer has written both into the recipients' letters). Cannot fail.
using System.Text;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc;

/// <summary>What is done with one recipient.</summary>
internal sealed record DccVerdict(Recipient Recipient, DccLetter Letter, DccAction Action, Disposition Disposition);

/// <summary>The operator's policy.</summary>
internal sealed class DccPolicy(DccOptions options)
{
    /// <summary>Verdicts in the order of the recipients.</summary>
    public IReadOnlyList<DccVerdict> Decide(DccLetter overall, IReadOnlyList<Recipient> recipients, IReadOnlyList<DccLetter> letters, DateTimeOffset now)
    {
        DateTimeOffset? greylistRetry = options.GreylistRetry > TimeSpan.Zero ? now + options.GreylistRetry : null;
        return [.. recipients.Zip(letters, (recipient, letter) =>
        {
            var action = ActionFor(overall, letter);
            return new DccVerdict(recipient, letter, action, action.ToDisposition(Reason(letter), letter == DccLetter.Greylist ? greylistRetry : null));
        })];
    }

    /// <summary>For the log, the reason of a held message, and a bounce.</summary>
    public static string Reason(DccLetter letter) => letter switch
    {
        DccLetter.Accept => "accepted by DCC (A)",
        DccLetter.Reject => "bulk mail says DCC (R)",
        DccLetter.Greylist => "greylisted by DCC (G)",
        DccLetter.Temporary => "DCC failed temporarily (T)",
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "not a letter for a recipient"),
    };

    /// <summary>Whether any letter can lead to a tag: then a line that looks like one must not come in from outside.</summary>
    public bool CanTag => new[] { options.OnAccept, options.OnSome, options.OnReject, options.OnGreylist, options.OnTemporary }.Contains(DccAction.Tag);

    /// <summary>The line that says what a tag found; null when nobody's action is to tag.</summary>
    public static HeaderLine? Tag(IReadOnlyList<DccVerdict> verdicts)
    {
        // One message goes to all that are tagged, so the line tells how many, not who.
        var tagged = verdicts.Where(v => v.Action == DccAction.Tag).GroupBy(v => v.Letter).OrderBy(g => g.Key)
            .Select(g => $"{g.Key.ToLetter()} for {g.Count()} of {verdicts.Count}").ToList();
        return tagged.Count == 0 ? null : HeaderLine.Create($"{DccHeaders.TagName}: {string.Join(", ", tagged)}\n");
    }

    /// <summary>The letters as the daemon's second line would have them.</summary>
    public static string Letters(IEnumerable<DccLetter> letters) => letters.Aggregate(new StringBuilder(), (text, letter) => text.Append(letter.ToLetter())).ToString();

    private DccAction ActionFor(DccLetter overall, DccLetter letter) => letter switch
    {
        DccLetter.Accept => options.OnAccept,
        DccLetter.Reject when overall == DccLetter.Some && options.OnSome != DccAction.AsReject => options.OnSome,
        DccLetter.Reject => options.OnReject,
        DccLetter.Greylist => options.OnGreylist,
        DccLetter.Temporary => options.OnTemporary,
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "not a letter for a recipient"),
    };
}
