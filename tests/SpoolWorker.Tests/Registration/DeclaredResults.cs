using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Registration;

/// <summary>Holds what passes return against what their registrations declare.</summary>
internal static class DeclaredResults
{
    public static Registrations Known { get; } = CommonOptions.Known();

    /// <summary>The result, when all it holds has been declared.</summary>
    public static PassResult AsDeclaredBy(this PassResult result, string pass)
    {
        Undeclared(pass, result).Should().BeEmpty($"{pass} declares all it finds");
        return result;
    }

    public static IReadOnlyList<NamedResult> Of(string pass) => Known.Passes.FirstOrDefault(p => p.Name == pass)?.Results ?? [];

    public static IEnumerable<string> Undeclared(string pass, PassResult result) => result.Results.Keys
        .Concat(result.RecipientResults.SelectMany(r => r.Results.Keys).Except(result.Envelope.OfType<EnvelopeEdit.SetVariable>().Select(v => v.Name))).Except(Of(pass).Select(r => r.Name));
}

/// <summary>A pass of the program in a chain of tests; notes what it returns without having declared it.</summary>
internal sealed class WatchedPass(IMessagePass inner, ICollection<string> undeclared) : IMessagePass
{
    public string Name => inner.Name;

    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var result = await inner.RunAsync(context, cancellationToken).ConfigureAwait(false);
        lock (undeclared)
        {
            foreach (var name in DeclaredResults.Undeclared(Name, result)) undeclared.Add($"{Name}: {name}");
        }
        return result;
    }
}
