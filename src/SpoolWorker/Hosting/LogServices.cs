// Registers the pass dsn-info with what it reads from: the pass knows no file, the logs know no pass. The store is opened when
// the pass is first asked for, so that a program that does not run it has none.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes;
using SpoolWorker.Passes.DsnInfo;

namespace SpoolWorker.Hosting;

/// <summary>Registration.</summary>
internal static class LogServices
{
    public const string Section = "DsnInfo";

    /// <summary>Makes the pass known.</summary>
    public static IServiceCollection AddDsnInfo(this IServiceCollection services) => services.AddPass<DsnInfoOptions>(DsnInfoPass.PassName, Section,
        (options, provider) => new DsnInfoPass(options, provider.GetRequiredService<EximLogs>().FindAsync), DsnInfoOptions.Faults,
        // It edits the body, and a signature covers that as well.
        PassTraits.EditsHeaders | PassTraits.NeverDefers, DsnInfoPass.Results);

    /// <summary>Makes the logs it reads known.</summary>
    public static IServiceCollection AddLogFollowing(this IServiceCollection services, CurrentConfiguration current) => services.AddSingleton(provider =>
    {
        var loaded = current.Loaded;
        var options = OptionsOf(loaded);
        var store = HistoryStore.Open(loaded.Settings.Ledger.Path, options.MapSize);
        var follower = new LogFollower(options, store, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LogFollower>>());
        return new EximLogs(options, $"{Places.SpoolOf(Places.TargetPath(loaded.Settings.Target))}/msglog", follower, store);
    });

    public static DsnInfoOptions OptionsOf(LoadedConfiguration loaded) =>
        loaded.PassOptions.TryGetValue(DsnInfoPass.PassName, out var options) ? (DsnInfoOptions)options : new DsnInfoOptions();

    /// <summary>Whether anything is to be followed.</summary>
    public static bool IsFollowing(LoadedConfiguration loaded) => loaded.Settings.Passes.Contains(DsnInfoPass.PassName);
}
