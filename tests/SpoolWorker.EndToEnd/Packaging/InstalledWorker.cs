using System.Diagnostics;
using SpoolWorker.EndToEnd.Watched;

namespace SpoolWorker.EndToEnd.Packaging;

/// <summary>The installed worker, under what the unit forbids as far as it can be done by hand: no new privileges, no capabilities, a root that is read-only but for the
/// same directories, a private /tmp, a /proc of its own processes alone; with systemd's notifier.</summary>
internal sealed class InstalledWorker(Machine machine) : IDisposable
{
    private const string Sandbox = """
        set -e
        mkdir -p /run/spoolworker /var/lib/spoolworker
        chown Debian-exim:Debian-exim /run/spoolworker /var/lib/spoolworker
        for directory in /var/spool /var/lib/spoolworker /run/spoolworker; do mount --bind $directory $directory; done
        mount -o remount,bind,ro /
        mount -o remount,bind,ro /run
        mount -t tmpfs tmpfs /tmp
        mount -t proc -o subset=pid,hidepid=invisible proc /proc
        umask 027
        exec setpriv --reuid Debian-exim --regid Debian-exim --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
        """;

    private static int _sockets;

    private readonly NotifySocket _systemd = new(Path.Combine(machine.Shared, $"notify{Interlocked.Increment(ref _sockets)}"));
    private Process? _process;

    /// <summary>Ends by itself.</summary>
    public ProgramResult Ran(params string[] words) => machine.Program(["unshare", "--mount", "sh", "-c", Sandbox, "sh", .. words]).Run();

    /// <summary>As the unit starts it; comes back when it says that it is ready.</summary>
    public async Task Start()
    {
        File.SetUnixFileMode(_systemd.Path, (UnixFileMode)0b110_110_110);
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = $"/shared/{Path.GetFileName(_systemd.Path)}", ["WATCHDOG_USEC"] = $"{TimeSpan.FromSeconds(8).TotalMicroseconds:0}" };
        _process = machine.Start(environment, "unshare", "--mount", "sh", "-c", Sandbox, "sh", "/usr/bin/spoolworker", "run");
        await Run.Until(() => _systemd.Count("READY=1") > 0 || _process.HasExited, () => "it does not say that it is ready", ProgramCall.Patience);
        _process.HasExited.Should().BeFalse("it runs");
    }

    /// <summary>It told the watchdog that it lives.</summary>
    public Task Lives() => Run.Until(() => _systemd.Count("WATCHDOG=1") > 0, () => "it does not say that it lives", ProgramCall.Patience);

    /// <summary>The exit code of a polite end.</summary>
    public int Stop()
    {
        machine.Sh("kill -TERM $(pidof spoolworker)").Good.Should().BeEmpty();
        _process!.WaitForExit(ProgramCall.Patience).Should().BeTrue("it obeys SIGTERM");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process?.Dispose();
        _systemd.Dispose();
    }
}
