using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes;

namespace SpoolWorker.Configuration;

/// <summary>The passes a program knows, and the sections of settings they share.</summary>
internal sealed record Registrations(IReadOnlyList<PassRegistration> Passes, IReadOnlyList<SectionRegistration> Sections)
{
    public static Registrations None { get; } = new([], []);

    /// <summary>What has been registered so far.</summary>
    public static Registrations In(IServiceCollection services)
    {
        var instances = services.Select(s => s.ImplementationInstance).ToList();
        return new([.. instances.OfType<PassRegistration>()], [.. instances.OfType<SectionRegistration>()]);
    }
}
