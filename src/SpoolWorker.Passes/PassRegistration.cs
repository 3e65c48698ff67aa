// How a pass becomes known to the program: one AddPass line, a name for `Passes`, a section for its settings. The program
// reads the section into TOptions (unknown keys and wrong types are faults), lets the validator look at it, and reports
// all faults of all passes together before anything starts. What a pass finds is declared here, too: a result that no
// registration names can be asked for by no rule.
using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes;

/// <summary>What the order of passes has to respect.</summary>
[Flags]
public enum PassTraits
{
    /// <summary>It may stand anywhere.</summary>
    None = 0,

    /// <summary>It adds or deletes header lines.</summary>
    EditsHeaders = 1,

    /// <summary>It judges the message as received: nothing that edits headers may run before it.</summary>
    BeforeHeaderEdits = 2,

    /// <summary>It signs the message as it leaves: nothing that edits headers may run after it, but for other signers.</summary>
    AfterHeaderEdits = 4,

    /// <summary>It signs what other signers add: none of them may run after it.</summary>
    Last = 8,

    /// <summary>It defers no message of its own accord, only when it fails and its <c>OnUnavailable</c> says so.</summary>
    NeverDefers = 16,

    /// <summary>What it does, nobody behind the worker can do without: no message goes on past it.</summary>
    NeverSkipped = 32,
}

/// <summary>A pass that can be named in <c>Passes</c>.</summary>
/// <param name="Name">The name in <c>Passes</c>.</param>
/// <param name="Section">The section of its settings, the keys of <see cref="PassOptions"/> among them.</param>
/// <param name="NewOptions">Makes its settings with their defaults.</param>
/// <param name="Faults">What is wrong with its settings in its place, each as <c>Key = 'value': what to do</c>.</param>
/// <param name="Create">Makes the pass from its settings; null: it is a feature of the engine, no step of the chain, and its place does not matter.</param>
/// <param name="Traits">What the order has to respect.</param>
/// <param name="Results">What it may find: it returns no result of another name.</param>
public sealed record PassRegistration(string Name, string Section, Func<PassOptions> NewOptions, Func<PassOptions, PassPlace, IEnumerable<string>> Faults,
    Func<PassOptions, IServiceProvider, IMessagePass>? Create, PassTraits Traits, IReadOnlyList<NamedResult> Results)
{
    /// <summary>The daemons it asks with its settings, one for each address; <c>doctor</c> asks them, and knows each by the kind of finding <c>NAME-silent</c>.</summary>
    public Func<PassOptions, IReadOnlyList<NeededService>> Services { get; init; } = static _ => [];

    /// <summary>Whether mail may go on without it, after a time or as an operator says.</summary>
    public bool MayBeSkipped => Create is not null && !Traits.HasFlag(PassTraits.NeverSkipped);
}

/// <summary>Registration.</summary>
public static class PassServiceCollectionExtensions
{
    /// <summary>Makes a pass known under a name.</summary>
    public static IServiceCollection AddPass<TOptions>(this IServiceCollection services, string name, string section,
        Func<TOptions, IServiceProvider, IMessagePass> create, Func<TOptions, IEnumerable<string>>? faults = null, PassTraits traits = PassTraits.None, IReadOnlyList<NamedResult>? results = null,
        Func<TOptions, IReadOnlyList<NeededService>>? needs = null)
        where TOptions : PassOptions, new() =>
        services.AddPass(name, section, create, (options, _) => faults?.Invoke(options) ?? [], traits, results, needs);

    /// <summary>Makes a pass known whose faults depend on the passes around it.</summary>
    public static IServiceCollection AddPass<TOptions>(this IServiceCollection services, string name, string section,
        Func<TOptions, IServiceProvider, IMessagePass> create, Func<TOptions, PassPlace, IEnumerable<string>> faults, PassTraits traits = PassTraits.None, IReadOnlyList<NamedResult>? results = null,
        Func<TOptions, IReadOnlyList<NeededService>>? needs = null)
        where TOptions : PassOptions, new() =>
        services.AddSingleton(new PassRegistration(name, section, () => new TOptions(), (o, place) => faults((TOptions)o, place), (o, s) => create((TOptions)o, s), traits, results ?? [])
        {
            Services = o => needs?.Invoke((TOptions)o) ?? [],
        });

    /// <summary>Makes a feature of the engine known that is switched on by its name in <c>Passes</c>, wherever it stands there.</summary>
    public static IServiceCollection AddFeature<TOptions>(this IServiceCollection services, string name, string section, Func<TOptions, IEnumerable<string>> faults)
        where TOptions : PassOptions, new() =>
        services.AddFeature<TOptions>(name, section, (options, _) => faults(options));

    /// <summary>Makes a feature of the engine known whose faults depend on the passes.</summary>
    public static IServiceCollection AddFeature<TOptions>(this IServiceCollection services, string name, string section, Func<TOptions, PassPlace, IEnumerable<string>> faults)
        where TOptions : PassOptions, new() =>
        services.AddSingleton(new PassRegistration(name, section, () => new TOptions(), (o, place) => faults((TOptions)o, place), null, PassTraits.None, []));
}
