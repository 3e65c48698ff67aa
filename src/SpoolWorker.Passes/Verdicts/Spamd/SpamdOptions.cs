using SpoolWorker.Passes.Ranges;
using SpoolWorker.Passes.Verdicts.Policy;

namespace SpoolWorker.Passes.Verdicts.Spamd;

/// <summary>Section Spamd.</summary>
public sealed class SpamdOptions : ScoreOptions
{
    /// <summary>What is larger than spamc would send is seldom spam and costs spamd a minute (spamc(1), -s).</summary>
    public SpamdOptions() => MaxSize = 500 << 10;

    /// <summary>Daemons, tried in turn: <c>/path/of/socket</c>, or <c>host port</c> with a blank between.</summary>
    public List<string> Address { get; set; } = ["127.0.0.1 783"];

    /// <summary>The user whose settings count for recipients whom <c>Users</c> does not list; empty: spamd's own.</summary>
    public string User { get; set; } = "";

    /// <summary>List of <c>recipient: user</c>, or a table: whose settings count for whom. spamd is asked once for each user.</summary>
    public List<string> Users { get; set; } = [];

    /// <summary>Ask spamd for its report of what it calls spam, too. That is one scan more for such a message.</summary>
    public bool Report { get; set; }

    /// <summary>Users that are asked for at most for one message; the recipients of those beyond count as not listed.</summary>
    [NumberRange(1, 1000, Unit = "users")]
    public int MaxUsers { get; set; } = 10;
}
