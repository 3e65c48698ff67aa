// Settings of SPF. What to do on a result is the authenticate pass's and the rules' business.
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Spf;

/// <summary>Section <c>Spf</c>.</summary>
public sealed class SpfOptions
{
    /// <summary>How long one check may take, all lookups together; then it is <c>temperror</c> (RFC 7208, 4.6.4: at least 20 seconds).</summary>
    [TimeRange("1s", "5m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Make a best guess too, for domains that publish no record; it goes into <c>X-SPF-Guess</c>, and never in place of SPF.</summary>
    public bool GuessEnabled { get; set; }

    /// <summary>The record the guess evaluates for every such domain.</summary>
    public string Guess { get; set; } = "v=spf1 a/24 mx/24 ptr ?all";

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(SpfOptions options)
    {
        if (!SpfRecordParser.TryParse(Encoding.Latin1.GetBytes(ByteText.FromText(options.Guess)), out _, out var error)) yield return $"Guess = '{options.Guess}': must be an SPF record; at offset {error.Offset} {error.Reason}";
    }
}

/// <summary>Registration.</summary>
public static class SpfServiceCollectionExtensions
{
    /// <summary>Makes <see cref="SpfEvaluator"/> and the section <c>Spf</c> known; needs <see cref="IDnsResolver"/>.</summary>
    public static IServiceCollection AddSpf(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(s => new SpfEvaluator(s.GetRequiredService<IDnsResolver>(), s.GetRequiredService<SpfOptions>(), s.GetRequiredService<TimeProvider>()));
        return services.AddSection<SpfOptions>("Spf", SpfOptions.Faults);
    }
}
