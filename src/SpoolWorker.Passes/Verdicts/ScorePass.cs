// What the passes spamd and rspamd do alike: questions for groups of recipients who share settings of the engine, levels, header lines, and Exim's
// variables. Where recipients differ, lines and variables tell the highest score: there is one -H for all.
using System.Globalization;
using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>The names of what such a pass finds beside those of <see cref="VerdictNames"/>.</summary>
internal sealed record ScoreNames(NamedResult Score, NamedResult Threshold, NamedResult Symbols, NamedResult Scores)
{
    /// <summary>Of an engine that names actions.</summary>
    public NamedResult? Action { get; init; }
}

/// <summary>A pass whose engine gives a score.</summary>
public abstract class ScorePass : VerdictPass
{
    /// <summary>As SpamAssassin and rspamd's milter name them.</summary>
    private const string FlagLine = "X-Spam-Flag", ScoreLine = "X-Spam-Score", StatusLine = "X-Spam-Status", LevelLine = "X-Spam-Level";

    /// <summary>The names of the lines all such passes add.</summary>
    private protected static readonly IReadOnlyList<string> OwnLines = [FlagLine, ScoreLine, StatusLine, LevelLine];

    // Sieve scripts count stars; a line of them is not to be as long as a score.
    private const int MostStars = 50;

    private readonly ScoreNames _found;
    private readonly RecipientGroups<Levels> _groups;

    private protected ScorePass(ScoreOptions options, TimeProvider clock, (VerdictNames Common, ScoreNames Score) names, IEnumerable<string> moreLines, ILogger? log)
        : base(options, clock, names.Common, [.. OwnLines, .. moreLines, .. options.Levels.SelectMany(NameOf), .. options.Groups.SelectMany(g => g.Levels).SelectMany(NameOf)], log)
    {
        _found = names.Score;
        _groups = RecipientGroups<Levels>.Of(options.Groups.Select(g => (g.Recipients, new Levels(g.Levels))), new Levels(options.Levels), clock);
    }

    /// <summary>What is wrong with the settings such passes have in common.</summary>
    private protected static IEnumerable<string> FaultsOf(ScoreOptions options, bool hasActions) =>
        [.. Exemptions.Faults(options), .. MeasureFaults.Of(nameof(options.Levels), options.Levels, hasActions), .. MeasureFaults.Of(nameof(options.Groups), options.Groups, hasActions)];

    /// <summary>Held against the settings.</summary>
    /// <param name="context">The message.</param>
    /// <param name="findings">The engine's answers, with whom they are for.</param>
    /// <param name="unavailable">A list that cannot be read.</param>
    private protected Judgement? Judge(PassContext context, IReadOnlyList<(Question Question, ScoreFinding Finding)> findings, out string unavailable)
    {
        var decisions = new Dictionary<ReadOnlyMemory<byte>, Decision>(BytesComparer.Instance);
        string? reason = null;
        foreach (var (question, finding) in findings)
        {
            foreach (var recipient in question.Recipients) decisions[recipient.Address] = Decide(recipient, finding, ref reason);
        }
        unavailable = reason ?? "";
        if (reason is not null) return null;
        var highest = findings.MaxBy(f => f.Finding.Score).Finding;
        var results = ResultsOf(highest);
        if (findings.Count > 1) results[_found.Scores.Name] = ScoresOf(findings);
        // In the order of the recipients, which questions may have changed.
        return new Judgement([.. context.Recipients.Where(r => decisions.ContainsKey(r.Address)).Select(r => decisions[r.Address])], results)
        {
            Headers = [.. Lines(highest).Select(line => new HeaderEdit.AddAtEnd(line))],
            EngineHeaders = EditsOf(context.Message, highest),
            Own = findings.Count > 1 ? [.. findings.Select(f => (f.Question, Own: (IReadOnlyDictionary<string, string>)OwnOf(f.Finding))).SelectMany(f => f.Question.Recipients.Select(r => (r.Address, f.Own)))] : [],
            Envelope = [.. EximSpam.Of(highest.Score)],
        };
    }

    /// <summary>The edits the engine itself asks for.</summary>
    private protected virtual IReadOnlyList<HeaderEdit> EditsOf(HeaderFile message, ScoreFinding finding) => [];

    /// <summary>A number as results and header lines have it.</summary>
    // Of -0.001 it would be "-0".
    private protected static string Text(double number) => (Math.Round(number, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture);

    private Dictionary<string, string> ResultsOf(ScoreFinding finding)
    {
        var results = new Dictionary<string, string> { [_found.Score.Name] = Text(finding.Score), [_found.Symbols.Name] = finding.Symbols };
        if (finding.Threshold is { } threshold) results[_found.Threshold.Name] = Text(threshold);
        if (_found.Action is { } action) results[action.Name] = finding.Action;
        return results;
    }

    // With Exim's variables, so that a rule that asks for spam_score is answered for its recipient.
    private Dictionary<string, string> OwnOf(ScoreFinding finding)
    {
        var own = ResultsOf(finding);
        foreach (var edit in EximSpam.Of(finding.Score).OfType<EnvelopeEdit.SetVariable>()) own[edit.Name] = ByteText.ToText(edit.Value.Span);
        return own;
    }

    private static string ScoresOf(IReadOnlyList<(Question Question, ScoreFinding Finding)> findings) =>
        FieldText.Cut(string.Join(", ", findings.OrderByDescending(f => f.Finding.Score).Select(f => $"{Text(f.Finding.Score)} {string.Join(' ', f.Question.Recipients.Select(r => EngineText.Clean(r.Address.Span)))}")));

    private Decision Decide(Recipient recipient, ScoreFinding finding, ref string? unavailable)
    {
        var diagnosis = new Diagnosis { Status = Mail.StatusDetail.Refused, Answer = finding.Answer ?? finding.Symbols };
        var action = finding.Action.Length > 0 ? $" ({finding.Action})" : "";
        return new Decision(recipient, _groups.For(recipient, ref unavailable).For(finding), $"{Name} gives it {Text(finding.Score)}{action}", diagnosis);
    }

    private static IEnumerable<HeaderLine> Lines(ScoreFinding finding)
    {
        var required = finding.Threshold is { } threshold ? $" required={Text(threshold)}" : "";
        if (finding.IsSpam) yield return EngineText.Line(FlagLine, "YES");
        yield return EngineText.Line(ScoreLine, Text(finding.Score));
        if (finding.Score >= 1) yield return EngineText.Line(LevelLine, new string('*', (int)Math.Min(finding.Score, MostStars)));
        // A blank behind each comma, so that it can be folded.
        yield return EngineText.Line(StatusLine, $"{(finding.IsSpam ? "Yes" : "No")}, score={Text(finding.Score)}{required} tests={(finding.Symbols.Length > 0 ? finding.Symbols.Replace(",", ", ", StringComparison.Ordinal) : "none")}");
    }
}
