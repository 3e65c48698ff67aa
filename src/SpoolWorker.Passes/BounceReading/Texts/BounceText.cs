// Reads the text of a bounce that has no part for machines, or a bad one. One class a form, each tried in turn: it knows its form by a
// sentence or a layout that form always has. Nothing here throws; a form that finds no address gives way to the next.
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>Forms of bounce texts.</summary>
internal static class BounceText
{
    private static readonly Func<BounceLetter, BounceReport?>[] Forms =
        [EximText.Read, PostfixText.Read, QmailText.Read, SendmailText.Read, ExchangeText.Read, GmailText.Read];

    public static BounceReport Read(BounceLetter letter)
    {
        // Postfix's notice to the postmaster of what a client did (smtpd_chat.c): no message of ours has failed.
        if (HasLine(letter, " Out: ") && HasLine(letter, " In:  ")) return new BounceReport();
        foreach (var form in Forms)
        {
            if (form(letter) is { Recipients.Count: > 0 } report) return report;
        }
        return OtherText.Read(letter);
    }

    private static bool HasLine(BounceLetter letter, string start) => letter.Lines.Any(l => l.StartsWith(start, StringComparison.Ordinal));
}
