namespace SpoolWorker.Passes.Rules;

/// <summary>One rule.</summary>
public sealed class RuleOptions
{
    /// <summary>The condition.</summary>
    public string When { get; set; } = "";

    /// <summary>What becomes of the message where it holds. <c>tag</c> has the rules behind it asked as well; with any other word no further rule is.</summary>
    public PolicyAction Then { get; set; } = PolicyAction.Accept;

    /// <summary>Why, for log, hold and bounce. Empty: the condition.</summary>
    public string Reason { get; set; } = "";

    /// <summary>For <c>accept</c>, <c>tag</c> and <c>hold</c>: names of header lines to take out, with <c>*</c> at the end for any text, as in <c>X-Spam-*</c>. Those the message has when the rule is asked go, whoever wrote them.</summary>
    public List<string> HeaderRemove { get; set; } = [];

    /// <summary>For <c>accept</c>, <c>tag</c> and <c>hold</c>: a header line to add.</summary>
    public string Header { get; set; } = "";

    /// <summary>For <c>accept</c>, <c>tag</c> and <c>hold</c>: what is put before the subject, once.</summary>
    public string Subject { get; set; } = "";

    /// <summary>For <c>accept</c> and <c>tag</c>: the address that gets the message in place of the recipients for whom the rule holds. The first rule that names one counts.</summary>
    public string Redirect { get; set; } = "";

    /// <summary>With any word but <c>defer</c>: an address that gets a copy of the message, once.</summary>
    public string CopyTo { get; set; } = "";
}

/// <summary>Settings of the pass.</summary>
public sealed class RulesOptions : PassOptions
{
    /// <summary>The rules, in their order. The first that holds and does anything but <c>tag</c> decides.</summary>
    public List<RuleOptions> List { get; set; } = [];
}
