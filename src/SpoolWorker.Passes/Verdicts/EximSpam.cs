// The score as Exim's own spam scan leaves it in -H, so that $spam_score and its like work behind us. Cannot fail.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>Exim's variables.</summary>
internal static class EximSpam
{
    // spam.h: MAX_SPAM_BAR_CHARS; its loop lets one more in.
    private const int MostBar = 51;

    // More is no score; a number of sixteen characters is as much as spam.c has room for.
    private const double MostScore = 99_999;

    /// <summary>$spam_score, $spam_bar and $spam_score_int as spam.c makes them and spool_out.c writes them.</summary>
    public static IEnumerable<EnvelopeEdit> Of(double score)
    {
        score = Math.Clamp(score, -MostScore, MostScore);
        var whole = Math.Abs((int)score);
        yield return Set("spam_bar", whole == 0 ? "/" : new string(score > 0 ? '+' : '-', Math.Min(whole, MostBar)));
        yield return Set("spam_score", score.ToString("F1", CultureInfo.InvariantCulture));
        yield return Set("spam_score_int", ((int)((score + 0.001) * 10)).ToString(CultureInfo.InvariantCulture));
    }

    private static EnvelopeEdit.SetVariable Set(string name, string value) => new EnvelopeEdit.SetVariable(name, Encoding.ASCII.GetBytes(value));
}
