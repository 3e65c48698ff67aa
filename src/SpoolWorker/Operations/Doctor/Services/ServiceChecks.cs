// Each daemon that a pass asks, asked for itself as its registration says. One of several that is down costs time only; when all are, mail stops.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes;

namespace SpoolWorker.Operations.Doctor.Services;

/// <summary>Findings about daemons.</summary>
internal static class ServiceChecks
{
    /// <summary>For each pass that asks any, their name and how to ask them all.</summary>
    public static IEnumerable<(string Name, Func<CancellationToken, ValueTask<IReadOnlyList<Finding>>> Look)> All(LoadedConfiguration loaded, Registrations known)
    {
        foreach (var pass in known.Passes.Where(p => loaded.Settings.PassNames.Contains(p.Name) && loaded.PassOptions.ContainsKey(p.Name)))
        {
            if (pass.Services(loaded.PassOptions[pass.Name]) is { Count: > 0 } services) yield return (services[0].Name, token => AskAsync(pass, services, token));
        }
    }

    // All at once: each may take its time limits.
    private static async ValueTask<IReadOnlyList<Finding>> AskAsync(PassRegistration pass, IReadOnlyList<NeededService> services, CancellationToken cancellationToken)
    {
        var states = await Task.WhenAll(services.Select(s => s.AskAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        var goesOn = states.Any(s => s.Trouble != ServiceHealth.Silent);
        return [.. services.Zip(states, (service, state) => Of($"{pass.Section}:{service.Key}", service, state, goesOn))];
    }

    private static Finding Of(string subject, NeededService service, ServiceHealth state, bool goesOn)
    {
        if (state.Trouble is not { } trouble) return Finding.Ok(subject, state.Text);
        var kind = ServiceKinds.Of(service.Name, trouble) ?? throw new InvalidOperationException($"no kind of finding is called {service.Name}-{trouble}");
        return goesOn ? kind.Warning(subject, state.Text) : kind.Error(subject, state.Text);
    }
}
