// The feature `dsn`. Naming it in `Passes` makes the worker return what passes bounce and what was deferred too long, in place of
// holding it. The work is done when a verdict is turned into spool files, as a notification has to be committed together
// with what caused it: so it is the engine's, no step of the chain, and its place in `Passes` does not matter.
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes.Dsn.Writing;

namespace SpoolWorker.Passes.Dsn;

/// <summary>Writes delivery status notifications.</summary>
public sealed class DsnFeature
{
    /// <summary>The name in <c>Passes</c>, and the section.</summary>
    public const string Name = "dsn", Section = "Dsn";

    /// <summary>Makes the feature of settings that nothing is wrong with; reads the templates.</summary>
    public DsnFeature(DsnOptions options)
    {
        Options = options;
        var templates = options.Language.Select(language => DsnTemplate.TryLoad(options.Templates, language, out var template, out var error) ? template : throw new ArgumentException(error, nameof(options)));
        Composer = new DsnComposer(options, DsnOrigin.Of(options), [.. templates]);
    }

    /// <summary>What the engine asks for ages, limits and suppression.</summary>
    public DsnOptions Options { get; }

    /// <summary>Makes the messages.</summary>
    public DsnComposer Composer { get; }
}

/// <summary>Registration.</summary>
public static class DsnServiceCollectionExtensions
{
    /// <summary>Makes it known.</summary>
    public static IServiceCollection AddDsn(this IServiceCollection services) => services.AddFeature<DsnOptions>(DsnFeature.Name, DsnFeature.Section, DsnOptions.Faults);
}
