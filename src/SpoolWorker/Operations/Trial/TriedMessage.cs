namespace SpoolWorker.Operations.Trial;

/// <summary>A message of a trial, and how it ended.</summary>
internal sealed class TriedMessage(TrialMessage message)
{
    /// <summary>Words for those that did not come so far.</summary>
    public const string NotSeen = "not taken", NoMessage = "no message", Corrupt = "corrupt", Failed = "failed";

    public TrialMessage Message { get; } = message;

    /// <summary>The words of its outcome, such as "requeued as 1x…".</summary>
    public string Outcome { get; set; } = NotSeen;

    public string Reason { get; set; } = "";

    /// <summary>It went through the chain.</summary>
    public bool Passed { get; set; }

    /// <summary>Those who are settled, as the ledger has them.</summary>
    public IReadOnlyList<string> Recipients { get; set; } = [];

    /// <summary>What the passes found, in short.</summary>
    public string Short { get; set; } = "";

    public IReadOnlyDictionary<string, string> Results { get; set; } = new Dictionary<string, string>();

    /// <summary>Files it is in now.</summary>
    public IReadOnlyList<string> Where { get; set; } = [];
}
