using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Registration.</summary>
public static class DkimServiceCollectionExtensions
{
    /// <summary>Makes the verifier with its section <c>Dkim</c>, the cache of keys, and the pass <c>dkim-sign</c> known.</summary>
    public static IServiceCollection AddDkim(this IServiceCollection services)
    {
        services.TryAddSingleton<BodyHashNeeds>();
        return services.AddSection<DkimOptions>("Dkim")
            .AddSingleton(s => new KeyCache(s.GetRequiredService<DkimOptions>().KeyCache))
            .AddSingleton(s => new DkimVerifier(s.GetRequiredService<DkimOptions>()))
            .AddPass<DkimSignOptions>(DkimSignPass.PassName, "Dkim:Sign", Create, DkimSignOptions.Faults, PassTraits.EditsHeaders | PassTraits.AfterHeaderEdits | PassTraits.NeverDefers | PassTraits.NeverSkipped);
    }

    private static DkimSignPass Create(DkimSignOptions options, IServiceProvider services)
    {
        var hosts = LookupList.TryParse(options.Hosts, LookupKind.Network, out var parsed, out var error, services.GetService<TimeProvider>()) ? parsed
            : throw new InvalidOperationException($"Hosts = {error}");
        var (signers, needs) = (new List<DkimSigner>(), services.GetRequiredService<BodyHashNeeds>());
        var pass = new DkimSignPass(signers, hosts, needs);
        try
        {
            foreach (var key in options.Keys) signers.Add(Signer(key));
        }
        catch
        {
            // A key that went since it was checked: the others are not kept.
            pass.Dispose();
            throw;
        }
        foreach (var signer in signers) needs.Add(signer.BodyHash);
        return pass;
    }

    private static DkimSigner Signer(DkimKeyOptions options) =>
        DkimSigner.TryCreate(options, out var fault) ?? throw new InvalidOperationException($"{options.PrivateKeyFile}: {fault}");
}
