// What the commands that try one check work with: the passes' services and the sections they share, from the
// configuration file where there is one, else the defaults; SPOOLWORKER_ variables, --Section:Key=value and --dns go over
// them. The worker's own sections (intakes, target, ledger) are not looked at, so that such a command works anywhere.
using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Commands.Input;

/// <summary>Services of commands that check something.</summary>
internal static class CheckServices
{
    private const string Without = "checked with the defaults";

    public static Option<string[]> Dns() => new("--dns")
    {
        Description = "DNS server to ask: host, host:port or [v6]:port; may be repeated (default: Dns:Servers, else the system's)",
        HelpName = "host:port",
    };

    /// <summary>Builds them; prints what is wrong and returns null when they cannot be used.</summary>
    /// <param name="common">--config.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="servers">What --dns says.</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    /// <param name="pass">The pass whose settings are wanted too; they are a service of their own type.</param>
    public static ServiceProvider? Build(CommonOptions common, ParseResult parsed, IReadOnlyList<string> servers, out int exitCode, string? pass = null)
    {
        exitCode = ExitCode.Usage;
        var asked = servers.Select(s => (Text: s, Server: AddressArgument.DnsServer(s))).ToList();
        var strange = asked.Where(a => a.Server is null).Select(a => $"--dns '{a.Text}': must be host, host:port or [v6 address]:port, and a name has to have an address");
        if (Told(strange)) return null;
        var known = CommonOptions.Known();
        var needs = Needs.ToRun([.. known.Sections.Select(s => s.Section), .. known.Passes.Where(p => p.Name == pass).Select(p => p.Section)]);
        if (common.LoadIfAny(parsed, needs, Without, out exitCode) is not { } loaded) return null;
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        PassCatalog.AddAll(services);
        foreach (var (type, options) in loaded.Sections)
        {
            if (options is DnsOptions dns && servers.Count > 0) dns.Servers = [.. asked.Select(a => a.Server!)];
            services.AddSingleton(type, options);
        }
        foreach (var options in loaded.PassOptions.Values) services.AddSingleton(options.GetType(), options);
        return services.BuildServiceProvider();
    }

    /// <summary>Reads the settings of one pass, whether or not that pass is configured to run; its own checks are left to the caller. Prints what is wrong and returns null when they cannot be used.</summary>
    /// <param name="common">--config.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="section">The name of its section.</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    public static TOptions? PassSection<TOptions>(CommonOptions common, ParseResult parsed, string section, out int exitCode)
        where TOptions : PassOptions => common.LoadIfAny(parsed, Needs.Of(section), Without, out exitCode)?.PassOptions.Values.OfType<TOptions>().Single();

    private static bool Told(IEnumerable<string> faults)
    {
        var any = false;
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"spoolworker: {fault}");
            any = true;
        }
        return any;
    }
}
