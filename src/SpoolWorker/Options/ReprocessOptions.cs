namespace SpoolWorker.Options;

/// <summary>Which mail a schedule looks at.</summary>
internal enum ReprocessOf
{
    /// <summary>What passes have deferred: it is tried before its time.</summary>
    Deferred,

    /// <summary>What is held: it is judged again, as <c>retry</c> does by hand.</summary>
    Held,
}

/// <summary>One element of <c>Schedule:Reprocess</c>: mail that is judged again by the clock.</summary>
internal sealed class ReprocessOptions
{
    /// <summary>What it is called in the log, the audit and <c>list --jobs</c>. Empty: <c>reprocess-N</c>, counted from 0.</summary>
    public string Name { get; set; } = "";

    /// <summary>When: a cron expression (Quartz, seconds first).</summary>
    public string Cron { get; set; } = "";

    /// <summary>Which mail.</summary>
    public ReprocessOf Of { get; set; } = ReprocessOf.Deferred;

    /// <summary>Which of it: a condition as in <c>--where</c>. Empty: all.</summary>
    public string Where { get; set; } = "";

    /// <summary>Held mail: the pass it is judged from, the ones before it are not asked. <c>start</c>: from the first.</summary>
    public string From { get; set; } = Start;

    internal const string Start = "start";
}
