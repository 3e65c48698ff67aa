// The pass `dsn`. Naming it in `Passes` makes the worker return what passes bounce and what was deferred too long, in place of
// holding it. The work is done when a verdict is turned into spool files, as a notification has to be committed together
// with what caused it: the engine looks for this pass in its chain and asks it for the messages. In the chain itself there
// is nothing to do, so its place there does not matter.
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes.Dsn.Writing;

namespace SpoolWorker.Passes.Dsn;

/// <summary>Writes delivery status notifications.</summary>
public sealed class DsnPass : IMessagePass
{
    /// <summary>The name in <c>Passes</c>, and the section.</summary>
    public const string PassName = "dsn", Section = "Dsn";

    /// <summary>Makes the pass of settings that nothing is wrong with; reads the templates.</summary>
    public DsnPass(DsnOptions options)
    {
        Options = options;
        var templates = options.Language.Select(language => DsnTemplate.TryLoad(options.Templates, language, out var template, out var error) ? template : throw new ArgumentException(error, nameof(options)));
        Composer = new DsnComposer(options, DsnOrigin.Of(options), [.. templates]);
    }

    /// <inheritdoc/>
    public string Name => PassName;

    /// <summary>What the engine asks for ages, limits and suppression.</summary>
    public DsnOptions Options { get; }

    /// <summary>Makes the messages.</summary>
    public DsnComposer Composer { get; }

    /// <inheritdoc/>
    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken) => ValueTask.FromResult(PassResult.Continue);
}

/// <summary>Registration.</summary>
public static class DsnServiceCollectionExtensions
{
    /// <summary>Makes the pass dsn known.</summary>
    public static IServiceCollection AddDsnPass(this IServiceCollection services) =>
        services.AddPass<DsnOptions>(DsnPass.PassName, DsnPass.Section, (options, _) => new DsnPass(options), DsnOptions.Faults);
}
