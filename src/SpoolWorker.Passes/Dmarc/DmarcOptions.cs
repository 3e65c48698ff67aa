// Settings of DMARC: what the operator wants done, whatever the domain owner asks for (RFC 9989, 5.4).
using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>Section <c>Dmarc</c>.</summary>
public sealed class DmarcOptions
{
    /// <summary>When a message fails and its domain asks for nothing.</summary>
    public PolicyAction OnNone { get; set; } = PolicyAction.Accept;

    /// <summary>When a message fails and its domain asks for quarantine.</summary>
    public PolicyAction OnQuarantine { get; set; } = PolicyAction.Accept;

    /// <summary>When a message fails and its domain asks for rejection.</summary>
    public PolicyAction OnReject { get; set; } = PolicyAction.Accept;

    /// <summary>When it cannot be told for now.</summary>
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
    public static IServiceCollection AddDmarc(this IServiceCollection services) => services.AddSingleton<DmarcEvaluator>().AddSection<DmarcOptions>("Dmarc");
}
