// How a pass becomes known to the program: one AddPass line, a name for `Passes`, a section for its settings. The program
// reads the section into TOptions (unknown keys and wrong types are faults), lets the validator look at it, and reports
// all faults of all passes together before anything starts.
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
}

/// <summary>A pass that can be named in <c>Passes</c>.</summary>
/// <param name="Name">The name in <c>Passes</c>.</param>
/// <param name="Section">The section of its settings, the keys of <see cref="PassOptions"/> among them.</param>
/// <param name="NewOptions">Makes its settings with their defaults.</param>
/// <param name="Faults">What is wrong with its settings, each as <c>Key = 'value': what to do</c>.</param>
/// <param name="Create">Makes the pass from its settings.</param>
/// <param name="Traits">What the order has to respect.</param>
public sealed record PassRegistration(string Name, string Section, Func<PassOptions> NewOptions, Func<PassOptions, IEnumerable<string>> Faults,
    Func<PassOptions, IServiceProvider, IMessagePass> Create, PassTraits Traits);

/// <summary>Registration.</summary>
public static class PassServiceCollectionExtensions
{
    /// <summary>Makes a pass known under a name.</summary>
    public static IServiceCollection AddPass<TOptions>(this IServiceCollection services, string name, string section,
        Func<TOptions, IServiceProvider, IMessagePass> create, Func<TOptions, IEnumerable<string>>? faults = null, PassTraits traits = PassTraits.None)
        where TOptions : PassOptions, new() =>
        services.AddSingleton(new PassRegistration(name, section, () => new TOptions(), o => faults?.Invoke((TOptions)o) ?? [], (o, s) => create((TOptions)o, s), traits));
}
