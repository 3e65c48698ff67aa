// Tells trouble of the DNS as a whole from trouble of one domain, and says it once: a warning when lookups fail in a row, a
// line when one is answered again. Without it an outage is only seen in the results of messages that went on with temperror.
// A domain whose own servers are down fails all lookups of a message, so several domains must fail, or one for longer.
// Thread-safe; nothing can fail.
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Passes.Dns;

/// <summary>Watches how lookups end.</summary>
internal sealed class DnsOutage(ILogger log)
{
    // One message asks some five questions about its sender's domain.
    private const int FailuresOfSeveral = 3, FailuresOfOne = 8;

    private readonly Lock _lock = new();
    private string _firstDomain = "";
    private bool _several, _isOut;
    private int _failures;

    /// <summary>Takes note of the end of a lookup that was not answered from memory.</summary>
    public void Note(string name, DnsStatus status)
    {
        // A name that cannot be asked for says nothing of servers, and a validator's verdict only of its domain.
        if (status is DnsStatus.BadName or DnsStatus.Bogus) return;
        lock (_lock)
        {
            if (status is not DnsStatus.TimeOut and not DnsStatus.ServerFailure)
            {
                if (_isOut) log.LogInformation("DNS: lookups are answered again, after {Failures} that were not", _failures);
                (_failures, _several, _isOut, _firstDomain) = (0, false, false, "");
                return;
            }
            var domain = DomainOf(name);
            if (_failures++ == 0) _firstDomain = domain;
            _several |= !domain.Equals(_firstDomain, StringComparison.OrdinalIgnoreCase);
            if (_isOut || _failures < (_several ? FailuresOfSeveral : FailuresOfOne)) return;
            _isOut = true;
            log.LogWarning("DNS: {Failures} lookups in a row were not answered, the last of {Name} ({Status}); until it is back, results are temperror where settings let mail go on. See Dns:Servers and /etc/resolv.conf",
                _failures, name, status.Token());
        }
    }

    // The last two labels: near enough to tell domains apart.
    private static string DomainOf(string name)
    {
        var dot = name.TrimEnd('.').LastIndexOf('.');
        var second = dot > 0 ? name.LastIndexOf('.', dot - 1) : -1;
        return name[(second + 1)..].TrimEnd('.');
    }
}
