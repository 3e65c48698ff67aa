using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Configuration;

/// <summary>The passes a program knows, the sections of settings they share, and the jobs beside Exim, each of which has one.</summary>
internal sealed record Registrations(IReadOnlyList<PassRegistration> Passes, IReadOnlyList<SectionRegistration> Sections, IReadOnlyList<JobRegistration> Jobs)
{
    public static Registrations None { get; } = new([], [], []);

    /// <summary>What has been registered so far.</summary>
    public static Registrations In(IServiceCollection services)
    {
        var instances = services.Select(s => s.ImplementationInstance).ToList();
        return new([.. instances.OfType<PassRegistration>()], [.. instances.OfType<SectionRegistration>()], [.. instances.OfType<JobRegistration>()]);
    }

    /// <summary>What is wrong with the settings of a pass, each with its full key.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="order">The passes that run, in their order.</param>
    public IEnumerable<string> FaultsOf(PassRegistration pass, PassOptions options, IReadOnlyList<string> order) =>
        pass.Faults(options, new PassPlace(pass.Name, order, Passes)).Concat(SkipFaults(pass, options)).Select(fault => $"{pass.Section}:{fault}");

    private static IEnumerable<string> SkipFaults(PassRegistration pass, PassOptions options)
    {
        if (options.SkipAfter > TimeSpan.Zero && !pass.MayBeSkipped) yield return $"SkipAfter = '{Duration.Text(options.SkipAfter)}': {pass.Name} is never skipped; take this out";
    }

    /// <summary>Fills settings from their section; sections that lie within it (Dkim:Sign in Dkim) are not its keys.</summary>
    public T Bind<T>(IConfiguration root, SettingsReader reader, string section, T target)
        where T : class
    {
        reader.Bind(root.GetSection(section), target, new HashSet<string>(Within(section + ":"), StringComparer.OrdinalIgnoreCase));
        return target;
    }

    /// <summary>Names of the sections directly below a place; the root is the empty one.</summary>
    public IEnumerable<string> Within(string place) => Passes.Select(p => p.Section).Concat(Sections.Select(s => s.Section))
        .Where(name => name.StartsWith(place, StringComparison.Ordinal)).Select(name => name[place.Length..].Split(':')[0]);
}
