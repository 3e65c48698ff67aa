// From measures to shares: what verdict passes decide about single recipients. Turns does the rest.
using SpoolWorker.Passes.Marking;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>What is done with one recipient.</summary>
/// <param name="Recipient">He.</param>
/// <param name="Measure">What his settings say; null: nothing.</param>
/// <param name="Reason">The finding, for log, hold and bounce.</param>
/// <param name="Diagnosis">What the sender can be told.</param>
internal sealed record Decision(Recipient Recipient, Measure? Measure, string Reason, Diagnosis? Diagnosis = null)
{
    /// <summary>The word for the results.</summary>
    public string Word => Measure?.Word ?? "accept";

    /// <summary>As a share.</summary>
    public Share Share => new(Recipient, Measure is { Then: PolicyAction.Tag } tag ? LineEdits.None.With(EditsOf(tag)) : LineEdits.None, Measure?.Then.ToDisposition(Reason, Diagnosis) ?? Disposition.Continue)
    {
        Redirect = Measure?.Redirect ?? "",
    };

    private static IEnumerable<LineEdit> EditsOf(Measure tag)
    {
        if (tag.Header.Length > 0) yield return new LineEdit(LineEditKind.Add, tag.Header);
        if (tag.Subject.Length > 0) yield return new LineEdit(LineEditKind.MarkSubject, tag.Subject);
    }
}

/// <summary>All of them, made edits and dispositions.</summary>
internal static class Decisions
{
    /// <summary>Applies decisions.</summary>
    /// <param name="context">The message.</param>
    /// <param name="decisions">One for each recipient of it.</param>
    public static PassResult Apply(PassContext context, IReadOnlyList<Decision> decisions) => Turns.Apply(context, [.. decisions.Select(d => d.Share)]);
}
