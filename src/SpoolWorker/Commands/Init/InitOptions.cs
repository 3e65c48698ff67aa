// What can be said of the choices on the command line, and what is taken where nothing is said.
using System.CommandLine;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Init;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Init;

/// <summary>The options of the choices.</summary>
internal sealed class InitOptions
{
    private readonly Option<string> _queue = new("--intake") { Description = $"The queue Exim receives into (default: {InitChoices.DefaultQueue})", HelpName = "NAME" };
    private readonly Option<string[]> _sign = new("--sign") { Description = "Domains to sign for; the first one's key seals", HelpName = "DOMAIN", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _selector = new("--selector") { Description = "The name keys are published under (default: sw and the year)", HelpName = "NAME" };
    private readonly Option<string[]> _passes = new("--passes") { Description = "Passes in their order (default: authenticate; with --sign also dkim-sign and arc-seal)", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _authservId = new("--authserv-id") { Description = "Our name in Authentication-Results (default: Exim's primary_hostname)", HelpName = "NAME" };

    /// <summary>Whether there is a configuration: then it says all this, and nobody is asked.</summary>
    public static bool IsConfigured => Posix.Exists(ConfigurationFile.SystemFile);

    public void AddTo(Command command)
    {
        command.Options.Add(_queue);
        command.Options.Add(_sign);
        command.Options.Add(_selector);
        command.Options.Add(_passes);
        command.Options.Add(_authservId);
    }

    /// <summary>The choices.</summary>
    public InitChoices Of(ParseResult parsed, DebianExim exim)
    {
        IReadOnlyList<string> domains = [.. (parsed.GetValue(_sign) ?? []).Select(d => d.TrimEnd('.').ToLowerInvariant()).Distinct()];
        return new InitChoices
        {
            Queue = parsed.GetValue(_queue) ?? InitChoices.DefaultQueue,
            Domains = domains,
            Selector = parsed.GetValue(_selector) ?? InitChoices.SelectorOf(TimeProvider.System.GetUtcNow()),
            Passes = parsed.GetValue(_passes) is { Length: > 0 } passes ? passes : InitChoices.PassesFor(domains),
            AuthservId = parsed.GetValue(_authservId) ?? exim.HostName,
        };
    }

    /// <summary>Whether the queue was said, and so on.</summary>
    public (bool Queue, bool Domains, bool Passes) Said(ParseResult parsed) => (parsed.GetResult(_queue) is not null, parsed.GetResult(_sign) is not null, parsed.GetResult(_passes) is not null);
}
