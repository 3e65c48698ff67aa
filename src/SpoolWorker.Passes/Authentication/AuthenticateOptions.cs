// Settings of the pass `authenticate`; those of the methods are in Spf, Dkim, Dmarc and Arc.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Authentication;

/// <summary>Section <c>Authenticate</c>.</summary>
public sealed class AuthenticateOptions : PassOptions
{
    // SPF, ARC, DKIM and DMARC have 20 seconds each, and may begin one more lookup at their end: a domain whose servers answer
    // late must come to a temperror, not take the pass down.
    private static readonly TimeSpan LongestOfAll = TimeSpan.FromMinutes(2);

    /// <summary>Makes the defaults; the time for one run is longer than that of other passes.</summary>
    public AuthenticateOptions() => Timeout = LongestOfAll;

    /// <summary>Our authserv-id (RFC 8601, 2.5). Empty: this host's name.</summary>
    public string AuthservId { get; set; } = "";

    /// <summary>Further ids of ours whose arriving lines are removed.</summary>
    public List<string> OwnIds { get; set; } = [];

    /// <summary>Add a <c>Received-SPF</c> line.</summary>
    public bool ReceivedSpf { get; set; } = true;

    /// <summary>Put comments for people into <c>Authentication-Results</c>; some receivers take them for results.</summary>
    public bool Comments { get; set; }

    /// <summary>Tries a message waits for when the DNS is in trouble, before it goes on with <c>temperror</c>.</summary>
    [NumberRange(0, 1000, Unit = "tries")]
    public int TempErrorTries { get; set; }

    /// <summary>The id in use.</summary>
    public string EffectiveId => AuthservId.Length > 0 ? AuthservId : System.Net.Dns.GetHostName();

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(AuthenticateOptions options)
    {
        // RFC 8601, 2.2, also allows a quoted string; half of the receivers do not know it again then.
        foreach (var (key, id) in options.OwnIds.Select((id, i) => ($"OwnIds:{i}", id)).Prepend(("AuthservId", options.EffectiveId)))
        {
            if (id.Length == 0 || id.Any(c => c is <= ' ' or >= '\x7f' || "()<>@,;:\\\"/[]?=".Contains(c, StringComparison.Ordinal))) yield return $"{key} = '{id}': must be a name such as mx.example.com";
        }
    }
}
