namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>What is done with a recipient on a finding.</summary>
public class Measure
{
    /// <summary>What is done with the recipient.</summary>
    public PolicyAction Then { get; set; } = PolicyAction.Tag;

    /// <summary>For <c>tag</c>: a header line to add. Lines of its name that came with the message are removed.</summary>
    public string Header { get; set; } = "";

    /// <summary>For <c>tag</c>: what is put before the subject.</summary>
    public string Subject { get; set; } = "";

    /// <summary>For <c>accept</c> and <c>tag</c>: the address that gets the message in place of the recipient.</summary>
    public string Redirect { get; set; } = "";

    /// <summary>The word for results and metrics.</summary>
    internal string Word => Redirect.Length > 0 ? "redirect" : Then.ToString().ToLowerInvariant();
}

/// <summary>A measure from a score on.</summary>
public sealed class Level : Measure
{
    /// <summary>The score from which on it is taken, a number such as 6.5. The highest level that is reached counts.</summary>
    public string Score { get; set; } = "";

    /// <summary>For <c>rspamd</c>, in place of <c>Score</c>: its action, such as <c>soft reject</c>. A level with the action it chose counts before those with a score.</summary>
    public string Action { get; set; } = "";
}

/// <summary>Recipients who have levels of their own.</summary>
public sealed class LevelGroup
{
    /// <summary>List of recipients: addresses, domains, tables. A recipient belongs to the first group that lists him.</summary>
    public List<string> Recipients { get; set; } = [];

    /// <summary>Their levels; none: nothing is done.</summary>
    public List<Level> Levels { get; set; } = [];
}

/// <summary>Recipients for whom something else is done.</summary>
public sealed class MeasureGroup : Measure
{
    /// <summary>List of recipients: addresses, domains, tables. A recipient belongs to the first group that lists him.</summary>
    public List<string> Recipients { get; set; } = [];
}
