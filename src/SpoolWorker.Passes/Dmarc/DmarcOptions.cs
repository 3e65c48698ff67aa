// Settings of DMARC: what the operator wants done, whatever the domain owner asks for (RFC 9989, 5.4).
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>Section <c>Dmarc</c>.</summary>
public sealed class DmarcOptions
{
    /// <summary>How long one evaluation may take, all lookups together; then it is <c>temperror</c>. A walk up a stranger's domain is eight lookups he may
    /// answer late.</summary>
    [TimeRange("1s", "5m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>What is done with mail that fails, when its domain asks for nothing.</summary>
    public PolicyAction OnNone { get; set; } = PolicyAction.Accept;

    /// <summary>The same when its domain asks for quarantine.</summary>
    public PolicyAction OnQuarantine { get; set; } = PolicyAction.Accept;

    /// <summary>The same when its domain asks for rejection.</summary>
    public PolicyAction OnReject { get; set; } = PolicyAction.Accept;

    /// <summary>What is done with mail that cannot be judged now.</summary>
    public PolicyAction OnTempError { get; set; } = PolicyAction.Accept;

    /// <summary>The operator's action for an outcome.</summary>
    public PolicyAction ActionFor(DmarcOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return outcome.Result switch
        {
            DmarcResult.TempError => OnTempError,
            DmarcResult.Fail => outcome.Requested switch
            {
                DmarcPolicy.Quarantine => OnQuarantine,
                DmarcPolicy.Reject => OnReject,
                _ => OnNone,
            },
            _ => PolicyAction.Accept,
        };
    }
}

/// <summary>Registration.</summary>
public static class DmarcServiceCollectionExtensions
{
    /// <summary>Makes <see cref="DmarcEvaluator"/> and the section <c>Dmarc</c> known; needs IDnsResolver.</summary>
    public static IServiceCollection AddDmarc(this IServiceCollection services) => services
        .AddSingleton(s => new DmarcEvaluator(s.GetRequiredService<IDnsResolver>(), s.GetRequiredService<DmarcOptions>(), s.GetRequiredService<TimeProvider>()))
        .AddSection<DmarcOptions>("Dmarc");
}
