// How a pass becomes known to the program: one AddPass line, a name for `Passes`, a section for its settings.
using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes;

/// <summary>A pass that can be named in <c>Passes</c>.</summary>
/// <param name="Name">The name in <c>Passes</c>.</param>
/// <param name="Section">The section of its settings; <see cref="PassOptions"/> keys are read from there too.</param>
/// <param name="Create">Makes the pass.</param>
public sealed record PassRegistration(string Name, string Section, Func<IServiceProvider, IMessagePass> Create);

/// <summary>Registration.</summary>
public static class PassServiceCollectionExtensions
{
    /// <summary>Makes a pass known under a name.</summary>
    public static IServiceCollection AddPass(this IServiceCollection services, string name, string section, Func<IServiceProvider, IMessagePass> create) =>
        services.AddSingleton(new PassRegistration(name, section, create));
}
