// Settings that several passes share (Dns, Spf, Dkim …) stand in sections of their own. They are read, checked and reported
// with all others before anything starts; a pass gets them from the service provider by their type.
using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes;

/// <summary>A section of settings that is not one pass's own.</summary>
/// <param name="Section">Its name at the root of the configuration.</param>
/// <param name="Type">The type a pass asks the service provider for.</param>
/// <param name="NewOptions">Makes the settings with their defaults.</param>
/// <param name="Faults">What is wrong with them, each as <c>Key = 'value': what to do</c>.</param>
public sealed record SectionRegistration(string Section, Type Type, Func<object> NewOptions, Func<object, IEnumerable<string>> Faults);

/// <summary>Registration.</summary>
public static class SectionServiceCollectionExtensions
{
    /// <summary>Makes a section known.</summary>
    public static IServiceCollection AddSection<TOptions>(this IServiceCollection services, string section, Func<TOptions, IEnumerable<string>>? faults = null)
        where TOptions : class, new() =>
        services.AddSingleton(new SectionRegistration(section, typeof(TOptions), () => new TOptions(), o => faults?.Invoke((TOptions)o) ?? []));
}
