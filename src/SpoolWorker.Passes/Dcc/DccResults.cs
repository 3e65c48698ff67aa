namespace SpoolWorker.Passes.Dcc;

/// <summary>What the pass dcc finds.</summary>
internal static class DccResults
{
    public static readonly NamedResult Overall = new("dcc_result", "The daemon's letter for the message: `A` accept, `G` greylisted, `R` reject, `S` reject for some recipients, `T` temporary failure", "dcc") { IsOwnWord = true };
    public static readonly NamedResult Recipients = new("dcc_recipients", "A letter for each recipient that was asked about") { IsOwnWord = true };
    public static readonly NamedResult Header = new("dcc_header", "The X-DCC header, unfolded; empty when there is none");
    public static readonly NamedResult Skipped = new("dcc_skipped", "Why the daemon was not asked");
    public static readonly NamedResult Note = new("dcc_note", "What was odd");

    public static IReadOnlyList<NamedResult> All { get; } = [Overall, Recipients, Header, Skipped, Note];
}
