using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Which message id a requeued pair gets.</summary>
internal enum MessageIdPolicy
{
    /// <summary>Keep it unless the target still holds it or could not see it.</summary>
    Auto,

    /// <summary>Keep it wherever the target sees it; wait while the target still holds it.</summary>
    Keep,

    /// <summary>Always a new one.</summary>
    Renew,
}

/// <summary>How the target's Exim is told.</summary>
internal enum WakeMethod
{
    /// <summary>A datagram a message to its daemon, no more at once than Exim's <c>queue_run_max</c>; the daemon needs <c>-q30m</c> or the like.
    /// <see cref="Exec"/> when no daemon listens and the exim command is known.</summary>
    Notify,

    /// <summary><c>exim -Mc</c>, a few ids a process; not under <c>NoNewPrivileges</c>, which setuid Exim fails with.</summary>
    Exec,

    /// <summary>Leave it to Exim's queue runner.</summary>
    None,
}

/// <summary>What the layout of the target is.</summary>
internal enum TargetLayout
{
    /// <summary>Split when the target has one-letter subdirectories and no pair on top.</summary>
    Auto,

    /// <summary>All files in one directory.</summary>
    Flat,

    /// <summary>A subdirectory for each letter (<c>split_spool_directory</c>).</summary>
    Split,
}

/// <summary>Section <c>Target</c>.</summary>
[NeedsRestart]
internal sealed class TargetOptions
{
    /// <summary>The delivering Exim's spool directory or its <c>input</c>. Before that Exim's first message the worker makes <c>input</c> itself, if it is
    /// sure of the spool directory (a daemon that runs, or <c>exim -bP spool_directory</c>).</summary>
    [PathSetting]
    public string Path { get; set; } = "";

    /// <summary>Which id a requeued pair gets. Ids of 23 characters are always renewed where the Exim may be too old (before 4.97) to see them.</summary>
    public MessageIdPolicy MessageId { get; set; } = MessageIdPolicy.Auto;

    /// <summary>How the target is laid out.</summary>
    public TargetLayout Layout { get; set; } = TargetLayout.Auto;

    /// <summary>How the target's Exim is told.</summary>
    public WakeMethod Wake { get; set; } = WakeMethod.Notify;

    /// <summary>Where it stands who has the mail already.</summary>
    public FinishedRecipients Finished { get; set; } = FinishedRecipients.Keep;

    /// <summary>The target's exim command: asked for its version, run to wake it. Empty: the first of <c>exim4</c>, <c>exim</c> in the usual places.</summary>
    [PathSetting]
    public string Exim { get; set; } = "";

    /// <summary>Configuration file given to that command with <c>-C</c>. Empty: its own.</summary>
    [PathSetting]
    public string EximConfig { get; set; } = "";

    /// <summary>Version of the target's Exim, such as <c>4.96</c>, where the command is not on this host. Empty: ask.</summary>
    public string EximVersion { get; set; } = "";

    /// <summary>User name or uid of what is created. Empty: the owner of the target directory.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Group name or gid of what is created. Empty: the group of the target directory.</summary>
    public string Group { get; set; } = "";

    /// <summary>Mode of what is created, in octal.</summary>
    public string Mode { get; set; } = "0640";
}
