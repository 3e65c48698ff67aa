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
    public const string PassName = "dsn", Section = "Dsn";

    public DsnPass(DsnOptions options)
    {
        Options = options;
        var templates = options.Language.Select(language => DsnTemplate.TryLoad(options.Templates, language, out var template, out var error) ? template : throw new ArgumentException(error, nameof(options)));
        Composer = new DsnComposer(options, DsnOrigin.Of(options), [.. templates]);
    }

    public string Name => PassName;

    public DsnOptions Options { get; }

    /// <summary>Makes the messages.</summary>
    public DsnComposer Composer { get; }

    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken) => ValueTask.FromResult(PassResult.Continue);
}

/// <summary>Registration.</summary>
public static class DsnServiceCollectionExtensions
{
    public static IServiceCollection AddDsnPass(this IServiceCollection services) =>
        services.AddPass<DsnOptions>(DsnPass.PassName, DsnPass.Section, (options, _) => new DsnPass(options), DsnOptions.Faults);
}
