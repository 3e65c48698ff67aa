// What the commands that try one check work with: the passes' services and the sections they share, from the
// configuration file where there is one, else the defaults; SPOOLWORKER_ variables, --Section:Key=value and --dns go over
// them. The worker's own sections (intakes, target, ledger) are not looked at, so that such a command works anywhere.
using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Commands.Input;

/// <summary>Services of commands that check something.</summary>
internal static class CheckServices
{
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
        exitCode = ExitCode.Config;
        if (Read(common, parsed) is not { } root) return null;
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        PassCatalog.AddAll(services);
        var reader = new SettingsReader();
        var faults = new List<string>();
        var known = Registrations.In(services);
        foreach (var section in known.Sections)
        {
            var options = known.Bind(root, reader, section.Section, section.NewOptions());
            if (options is DnsOptions dns && servers.Count > 0) dns.Servers = [.. asked.Select(a => a.Server!)];
            faults.AddRange(section.Faults(options).Select(f => $"{section.Section}:{f}"));
            services.AddSingleton(section.Type, options);
        }
        foreach (var wanted in known.Passes.Where(p => p.Name == pass))
        {
            var options = known.Bind(root, reader, wanted.Section, wanted.NewOptions());
            faults.AddRange(known.FaultsOf(wanted, options, [wanted.Name]));
            services.AddSingleton(options.GetType(), options);
        }
        if (Told(reader.Faults.Concat(faults))) return null;
        exitCode = ExitCode.Ok;
        return services.BuildServiceProvider();
    }

    /// <summary>Reads the section of one pass, whether or not that pass is configured to run; prints what is wrong and returns null when it cannot be used.</summary>
    /// <param name="common">--config.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="section">Its name.</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    public static TOptions? PassSection<TOptions>(CommonOptions common, ParseResult parsed, string section, out int exitCode)
        where TOptions : class, new()
    {
        exitCode = ExitCode.Config;
        if (Read(common, parsed) is not { } root) return null;
        var options = new TOptions();
        var reader = new SettingsReader();
        reader.Bind(root.GetSection(section), options);
        if (Told(reader.Faults)) return null;
        exitCode = ExitCode.Ok;
        return options;
    }

    private static IConfiguration? Read(CommonOptions common, ParseResult parsed)
    {
        var file = ConfigurationFile.Find(parsed.GetValue(common.Config));
        if (file is { Fault: not null, IsNamed: false })
        {
            // The worker's own file need not be for everybody's eyes; a check by hand goes without it, and says so.
            Told([$"checked with the defaults: {file.Fault}"]);
            file = ConfigurationFile.None;
        }
        if (ConfigurationLoader.TryBuild(file, common.Settings, out var root, out var fault)) return root;
        Told([fault]);
        return null;
    }

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
