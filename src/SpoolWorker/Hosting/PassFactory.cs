// Makes the passes of one reading of the configuration, with all they share (verifiers, caches of keys, sections): in a container of its own, so that it
// goes as a whole. What outlives readings, DNS and Exim's logs, is the program's.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Orders;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Notices;

namespace SpoolWorker.Hosting;

/// <summary>Makes passes.</summary>
/// <param name="program">What the program has registered: the passes it knows among it.</param>
/// <param name="host">Its services.</param>
internal sealed class PassFactory(IServiceCollection program, IServiceProvider host)
{
    /// <summary>None: mail is requeued as it is, and no notification composed. What it goes without is known by name.</summary>
    public PassSet None(LoadedConfiguration loaded)
    {
        var steps = host.GetServices<PassRegistration>().Where(r => r.Create is not null).Select(r => r.Name).ToHashSet();
        return new(Chain([], null, [.. loaded.Settings.PassNames.Where(steps.Contains)]));
    }

    /// <summary>The passes of a configuration that nothing is wrong with.</summary>
    /// <exception cref="Exception">A file changed since it was checked: a key, a template, a table.</exception>
    public PassSet Make(LoadedConfiguration loaded)
    {
        var services = Services(loaded).BuildServiceProvider();
        var passes = new List<ConfiguredPass>();
        try
        {
            passes.AddRange(Configured(services, loaded));
            return new PassSet(Chain(passes, loaded.Settings.Results.Write)) { Dsn = DsnOf(loaded), Notices = NoticesOf(loaded), End = () => End(passes, services) };
        }
        catch
        {
            End(passes, services);
            throw;
        }
    }

    private PassChain Chain(IReadOnlyList<ConfiguredPass> passes, IReadOnlyList<string>? written, IReadOnlyList<string>? left = null) =>
        new(passes, host.GetRequiredService<TimeProvider>(), host.GetRequiredService<ILogger<PassChain>>(), written, host.GetRequiredService<OrdersInForce>()) { Left = left ?? [] };

    private ServiceCollection Services(LoadedConfiguration loaded)
    {
        var services = new ServiceCollection();
        // What the passes brought with them.
        foreach (var known in program.Where(d => d.ServiceType.Assembly == typeof(IMessagePass).Assembly)) ((ICollection<ServiceDescriptor>)services).Add(known);
        foreach (var (type, options) in loaded.Sections) services.AddSingleton(type, options);
        services.AddSingleton(host.GetRequiredService<TimeProvider>()).AddSingleton(host.GetRequiredService<ILoggerFactory>()).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<IDnsResolver>(_ => host.GetRequiredService<IDnsResolver>());
        // As an instance, which is not closed with this.
        if (LogServices.IsFollowing(loaded)) services.AddSingleton(host.GetRequiredService<EximLogs>());
        return services;
    }

    // Features have no step in the chain.
    private static IEnumerable<ConfiguredPass> Configured(IServiceProvider services, LoadedConfiguration loaded)
    {
        var known = services.GetServices<PassRegistration>().ToDictionary(r => r.Name);
        foreach (var name in loaded.Settings.PassNames)
        {
            if (known[name].Create is not { } create) continue;
            var options = loaded.PassOptions[name];
            yield return new ConfiguredPass(create(options, services), options) { Results = known[name].Results, Hours = PassHoursReader.Of(loaded.Settings, name), Traits = known[name].Traits };
        }
    }

    private static DsnFeature? DsnOf(LoadedConfiguration loaded) => loaded.Settings.Passes.Contains(DsnFeature.Name) ? new DsnFeature((DsnOptions)loaded.PassOptions[DsnFeature.Name]) : null;

    /// <summary>Who tells of held mail; null: nobody.</summary>
    public static NoticesFeature? NoticesOf(LoadedConfiguration loaded) => loaded.Settings.Passes.Contains(NoticesFeature.Name)
        ? new NoticesFeature((NoticeOptions)loaded.PassOptions[NoticesFeature.Name], loaded.PassOptions.GetValueOrDefault(DsnFeature.Name) is DsnOptions dsn ? dsn.ReportingMta : "") : null;

    private static void End(IReadOnlyList<ConfiguredPass> passes, ServiceProvider services)
    {
        foreach (var pass in passes) (pass.Pass as IDisposable)?.Dispose();
        services.Dispose();
    }
}
