using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Digest</c>: a summary of held mail, by mail through the target's Exim. Without held mail none is sent.</summary>
internal sealed class DigestOptions
{
    /// <summary>Whom it is sent to. Empty: nobody.</summary>
    public List<string> To { get; set; } = [];

    /// <summary>When: a cron expression (Quartz, seconds first), not oftener than each ten minutes.</summary>
    public string Cron { get; set; } = "";

    /// <summary>Address it comes from, in its header and envelope: what cannot be delivered of it is returned there.
    /// Empty: <c>Mailer-Daemon</c> at this host.</summary>
    public string From { get; set; } = "";

    /// <summary>Which held mail it tells of: a condition as in <c>--where</c>. Empty: all.</summary>
    public string Where { get; set; } = "";

    /// <summary>Most messages it lists one by one, the newest first; the others are counted.</summary>
    [NumberRange(0, 1000, Unit = "messages")]
    public int MaxMessages { get; set; } = 50;
}
