using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Passes.Authentication;

/// <summary>Registration.</summary>
public static class AuthenticationServiceCollectionExtensions
{
    /// <summary>Makes the pass authenticate known; needs Dns, Spf, Dkim, Dmarc and Arc.</summary>
    public static IServiceCollection AddAuthenticate(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<BodyHashNeeds>();
        services.AddSingleton(s => new Authenticator(s.GetRequiredService<SpfEvaluator>(), s.GetRequiredService<SpfOptions>(), s.GetRequiredService<DkimVerifier>(),
            s.GetRequiredService<DmarcEvaluator>(), s.GetRequiredService<ArcOptions>().Mode == ArcMode.Off ? null : s.GetRequiredService<ArcVerifier>(),
            s.GetRequiredService<IDnsResolver>(), s.GetRequiredService<KeyCache>(), s.GetRequiredService<BodyHashNeeds>()));
        return services.AddPass<AuthenticateOptions>("authenticate", "Authenticate",
            (options, s) => new AuthenticatePass(options, s.GetRequiredService<DmarcOptions>(), s.GetRequiredService<Authenticator>()),
            AuthenticateOptions.Faults, PassTraits.EditsHeaders | PassTraits.BeforeHeaderEdits, AuthenticationResultNames.All);
    }
}
