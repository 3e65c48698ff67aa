using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Passes.Dns;

/// <summary>Registration.</summary>
public static class DnsServiceCollectionExtensions
{
    /// <summary>Makes <see cref="IDnsResolver"/> and the section <c>Dns</c> known.</summary>
    public static IServiceCollection AddDns(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IDnsResolver>(s => new DnsResolver(s.GetRequiredService<DnsOptions>(), s.GetRequiredService<TimeProvider>(), s.GetService<ILogger<DnsResolver>>()));
        return services.AddSection<DnsOptions>("Dns", DnsOptions.Faults);
    }
}
