using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Rules;

namespace SpoolWorker;

/// <summary>The passes this program knows: one line each.</summary>
internal static class PassCatalog
{
    /// <summary>Registers them all; <c>Passes</c> in appsettings.json decides which run, and in what order.</summary>
    public static IServiceCollection AddAll(IServiceCollection services) => services
        .AddDns()
        .AddRules()
        .AddDsnInfo();
}
