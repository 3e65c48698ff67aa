// Recipients by group: the first whose list has the address. A table that cannot be read is told, so that the message waits and nobody is treated
// by somebody else's settings.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>What is for whom.</summary>
/// <param name="groups">In their order.</param>
/// <param name="others">For all who are in none.</param>
internal sealed class RecipientGroups<T>(IReadOnlyList<(LookupList Recipients, T Value)> groups, T others)
{
    /// <summary>Reads the lists of groups that nothing is wrong with.</summary>
    public static RecipientGroups<T> Of(IEnumerable<(List<string> Recipients, T Value)> groups, T others, TimeProvider clock) => new(
        [.. groups.Select(g => (LookupList.TryParse(g.Recipients, LookupKind.Address, out var list, out var error, clock) ? list : throw new ArgumentException(error, nameof(groups)), g.Value))], others);

    /// <summary>What is for a recipient.</summary>
    /// <param name="recipient">He.</param>
    /// <param name="unavailable">Set when a list cannot be read now and was not set before.</param>
    public T For(Recipient recipient, ref string? unavailable)
    {
        foreach (var (recipients, value) in groups)
        {
            var answer = recipients.Find(recipient.Address.Span);
            if (answer.State == LookupState.Unavailable) unavailable ??= answer.Reason ?? "a list cannot be read";
            if (answer.IsFound) return value;
        }
        return others;
    }
}

/// <summary>Levels in a form that can be asked.</summary>
internal sealed class Levels
{
    private readonly (double Score, Measure Measure)[] _byScore;
    private readonly Level[] _byAction;

    /// <param name="levels">Levels that nothing is wrong with.</param>
    public Levels(IReadOnlyList<Level> levels)
    {
        _byAction = [.. levels.Where(l => l.Action.Length > 0)];
        _byScore = [.. levels.Except(_byAction)
            .Select(l => (Score: MeasureFaults.TryScore(l.Score, out var score) ? score : throw new ArgumentException($"Score = '{l.Score}'", nameof(levels)), (Measure)l)).OrderByDescending(l => l.Score)];
    }

    /// <summary>The measure of the level with the engine's action, else of the highest that the score reaches; null: there is none.</summary>
    public Measure? For(ScoreFinding finding) =>
        _byAction.FirstOrDefault(l => IsAction(l.Action, finding.Action)) ?? _byScore.FirstOrDefault(l => finding.Score >= l.Score).Measure;

    // rspamd's own settings write add_header where its answers say "add header".
    private static bool IsAction(string setting, string action) => setting.Replace('_', ' ').Equals(action.Replace('_', ' '), StringComparison.OrdinalIgnoreCase);
}
