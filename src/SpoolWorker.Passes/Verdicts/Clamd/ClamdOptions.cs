using SpoolWorker.Passes.Verdicts.Policy;

namespace SpoolWorker.Passes.Verdicts.Clamd;

/// <summary>Section Clamd.</summary>
public sealed class ClamdOptions : VerdictOptions
{
    /// <summary>Viruses come from within, too; and what could not be looked at is put aside.</summary>
    public ClamdOptions()
    {
        // clamd's StreamMaxLength in Debian's clamd.conf, 25M.
        MaxSize = 25 << 20;
        OnTooLarge = PolicyAction.Hold;
        SkipLocal = false;
        SkipAuthenticated = false;
    }

    /// <summary>Daemons, tried in turn: <c>/path/of/socket</c>, or <c>host port</c> with a blank between.</summary>
    public List<string> Address { get; set; } = ["/run/clamav/clamd.ctl"];

    /// <summary>What is done with recipients of a message with a virus.</summary>
    public PolicyAction OnVirus { get; set; } = PolicyAction.Hold;

    /// <summary>What is done with recipients of a message that clamd says it cannot look at (<c>… ERROR</c>).</summary>
    public PolicyAction OnError { get; set; } = PolicyAction.Defer;

    /// <summary>Names of finds that are only told in header lines and results; <c>*</c> stands for any text.</summary>
    public List<string> TagOnly { get; set; } = ["Heuristics.*", "PUA.*"];

    /// <summary>Recipients for whom something else than <c>OnVirus</c> is done.</summary>
    public List<MeasureGroup> Groups { get; set; } = [];
}
