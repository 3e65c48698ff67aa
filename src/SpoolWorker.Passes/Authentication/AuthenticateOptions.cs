// Settings of the pass `authenticate`; those of the methods are in Spf, Dkim, Dmarc and Arc.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Authentication;

/// <summary>Section <c>Authenticate</c>.</summary>
public sealed class AuthenticateOptions : PassOptions
{
    // SPF, ARC, DKIM and DMARC have 20 seconds each, and may begin one more lookup at their end: a domain whose servers answer
    // late must come to a temperror, not take the pass down.
    private static readonly TimeSpan LongestOfAll = TimeSpan.FromMinutes(2);

    public AuthenticateOptions() => Timeout = LongestOfAll;

    /// <summary>Our authserv-id (RFC 8601, 2.5); empty: this host's name.</summary>
    public string AuthservId { get; set; } = "";

    /// <summary>Further ids of our own whose lines are removed from arriving mail.</summary>
    public List<string> OwnIds { get; set; } = [];

    /// <summary>Whether a Received-SPF line is added.</summary>
    public bool ReceivedSpf { get; set; } = true;

    /// <summary>Whether results get comments for people; some receivers take them for results.</summary>
    public bool Comments { get; set; }

    /// <summary>How many tries a message waits for when the DNS is in trouble, before it goes on with temperror.</summary>
    [NumberRange(0, 1000)]
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
