// A real Exim with its own configuration, spool, logs and Maildir below one directory, listening on a free loopback port.
// Guarantees that its daemon ends with the test, even when the test process is killed: the daemon hangs on a pipe from us.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace SpoolWorker.EndToEnd;

internal sealed partial class EximInstance : IDisposable
{
    public const string Program = "/usr/sbin/exim4";

    // 'read' returns when our end of the pipe is closed, by Stop or by our death
    private const string Leash = "\"$@\" </dev/null & daemon=$!; read line; kill -TERM $daemon; wait $daemon";

    private readonly string configFile;
    private Process? leash;
    private Task<string>? complaints;

    public EximInstance(EximConfig config)
    {
        Config = config;
        Directory.CreateDirectory(config.Root);
        foreach (var directory in new[] { config.Spool, config.Logs, config.Mail })
        {
            Directory.CreateDirectory(directory);
            EximUser.Own(directory);
        }

        // root's, and not writable by others: else Exim refuses it
        configFile = Path.Combine(config.Root, "exim.conf");
        File.WriteAllText(configFile, config.Text());
        if (config.Role == EximRole.Queuefile)
        {
            File.WriteAllText(config.HandOverScript, QueuefileScript.Text);
        }
    }

    public EximConfig Config { get; }

    public string ConfigFile => configFile;

    public string SpoolDirectory => Config.Spool;

    public int Port => Config.Port;

    public Maildir Mail => new(Config.Mail);

    public string MainLog => ReadLog("mainlog");

    public string PanicLog => ReadLog("paniclog");

    public static Version Version { get; } = new(VersionNumber().Match(Run.Program(Program, "-bV").Output).Groups[1].Value);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static EximInstance Create(TempDirectory scene, string name, EximRole role, Func<EximConfig, EximConfig>? change = null)
    {
        var config = new EximConfig(role, scene.At(name), FreePort());
        return new EximInstance(change?.Invoke(config) ?? config);
    }

    public string InputDirectory(string? queue = null) => Path.Combine(SpoolDirectory, queue ?? "", "input");

    /// <summary>With a queue runner the daemon also obeys its notifier socket; '30m' is long enough never to run by itself in a test.</summary>
    public async Task StartDaemon(bool queueRunner = true)
    {
        string[] daemon = [Program, "-C", configFile, "-bdf", .. queueRunner ? new[] { "-q30m" } : []];
        var start = new ProcessStartInfo("/bin/sh", ["-c", Leash, "sh", .. daemon])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        leash = Process.Start(start)!;
        complaints = leash.StandardError.ReadToEndAsync();
        await Run.Until(Listens, () => $"Exim does not listen on {Port}: {MainLog}{PanicLog}");
        if (queueRunner)
        {
            // the first run comes at the start; a test about the notifier must not profit from it
            await Run.Until(() => MainLog.Contains("End queue run", StringComparison.Ordinal), () => $"no first queue run: {MainLog}");
        }
    }

    /// <summary>Has the daemon read its configuration again.</summary>
    public void Reload() => Native.Signal(int.Parse(File.ReadAllText(Path.Combine(Config.Root, "exim.pid")), System.Globalization.CultureInfo.InvariantCulture), Native.HangUp);

    public void Stop()
    {
        if (leash is null)
        {
            return;
        }

        leash.StandardInput.Close();
        if (!leash.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            leash.Kill(entireProcessTree: true);
            leash.WaitForExit();
        }

        leash.Dispose();
        leash = null;
    }

    /// <summary>A queue run in the foreground; 'force' also tries what waits for its retry time.</summary>
    public ProgramResult RunQueue(bool force = false) => Run.Program(TimeSpan.FromSeconds(60), Program, "-C", configFile, force ? "-qff" : "-q");

    /// <summary>As the sendmail command does; Exim delivers it at once, in the foreground.</summary>
    public ProgramResult SubmitLocally(string message, string recipient)
    {
        var file = Path.Combine(Config.Root, "local.eml");
        File.WriteAllText(file, message);
        return Run.Program("/bin/sh", "-c", $"{Program} -C {configFile} -odf -f sender@from.example {recipient} < {file}");
    }

    /// <summary>What waits in a queue, by message id.</summary>
    public IReadOnlyList<string> Queued(string? queue = null) => SpoolListing.MessageIds(InputDirectory(queue));

    public void Dispose() => Stop();

    private bool Listens()
    {
        if (leash!.HasExited)
        {
            throw new InvalidOperationException($"Exim ended at once: {complaints!.GetAwaiter().GetResult()}{MainLog}{PanicLog}");
        }

        try
        {
            using var probe = new TcpClient();
            probe.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string ReadLog(string name)
    {
        var path = Path.Combine(Config.Logs, name);
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    [GeneratedRegex(@"Exim version (\d+\.\d+)")]
    private static partial Regex VersionNumber();
}
