using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations;

/// <summary>What jobs found, as programs see it.</summary>
internal static class JobViews
{
    /// <summary>The level that somebody has to act upon.</summary>
    public const string Bad = "bad";

    public static JobFindingView Of(JobFinding finding) => new()
    {
        Subject = finding.Subject,
        Kind = finding.Kind,
        Level = finding.Level switch { JobLevel.Well => "well", JobLevel.Later => "later", _ => Bad },
        Text = finding.Text,
        Figures = finding.Figures,
        Since = finding.Since is { } since ? View.TimeOfMilliseconds(since) : null,
        Count = finding.Others > 0 ? finding.Others + 1 : null,
    };
}
