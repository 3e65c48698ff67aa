using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

/// <summary>Section Rspamd.</summary>
public sealed class RspamdOptions : ScoreOptions
{
    /// <summary>rspamd hangs up on what is above its <c>max_message</c>, 50M unless options.inc says otherwise.</summary>
    public RspamdOptions() => MaxSize = 50 << 20;

    /// <summary>Scanners (worker <c>normal</c> or <c>rspamd_proxy</c>), tried in turn: <c>http://host:port</c> or <c>/path/of/socket</c>.</summary>
    public List<string> Url { get; set; } = ["http://127.0.0.1:11333"];

    /// <summary>List of <c>recipient: id</c>, or a table: which of rspamd's settings count for whom, by their id. rspamd is asked once for each id.</summary>
    public List<string> Settings { get; set; } = [];

    /// <summary>Ids that are asked for at most for one message; the recipients of those beyond count as not listed.</summary>
    [NumberRange(1, 1000, Unit = "ids")]
    public int MaxSettings { get; set; } = 10;

    /// <summary>Names of the header lines that rspamd may add and remove. Lines whose name begins with <c>X-</c> that came with the message are removed in any case.</summary>
    public List<string> AllowHeaders { get; set; } = ["X-Spamd-Result", "X-Spamd-Bar", "X-Rspamd-Action", "X-Rspamd-Pre-Result", "X-Rspamd-Queue-Id", "X-Rspamd-Server"];
}
