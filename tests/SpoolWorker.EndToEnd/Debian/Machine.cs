using System.Diagnostics;
using System.Globalization;

namespace SpoolWorker.EndToEnd.Debian;

/// <summary>A machine that is this one, up to what is done to it: an overlay of its root in namespaces of its own (mounts, processes, network, host name). No systemd runs there;
/// /run and /tmp are empty, and our own program is in /program. All is gone with it.</summary>
internal sealed class Machine : IDisposable
{
    // The shell that lays it becomes its first process; without a first one its processes end.
    private const string Setup = """
        set -e
        mount -t tmpfs tmpfs "$1/disk"
        mkdir "$1/disk/upper" "$1/disk/work" "$1/disk/root"
        mount -t overlay -o lowerdir=/,upperdir="$1/disk/upper",workdir="$1/disk/work" overlay "$1/disk/root"
        root=$1/disk/root
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mount -t tmpfs tmpfs "$root/run"
        mount -t tmpfs tmpfs "$root/tmp"
        mkdir "$root/shared" "$root/program"
        mount --bind "$1/shared" "$root/shared"
        mount --bind "$2" "$root/program"
        ip link set lo up
        hostname mail.example
        echo ready
        exec chroot "$root" sleep infinity
        """;

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly Process _outside;
    private readonly int _first;

    public Machine()
    {
        _directory.Create("disk");
        Shared = _directory.Create("shared");
        string[] words = ["--mount", "--pid", "--net", "--uts", "--fork", "--kill-child", "sh", "-c", Setup, "sh", _directory.Path, AppContext.BaseDirectory];
        _outside = Process.Start(new ProcessStartInfo("unshare", words) { RedirectStandardOutput = true })!;
        if (_outside.StandardOutput.ReadLine() != "ready") throw new InvalidOperationException("no overlay of this machine's root can be made: is this root, with CAP_SYS_ADMIN?");
        _first = int.Parse(File.ReadAllText($"/proc/{_outside.Id}/task/{_outside.Id}/children").Trim(), CultureInfo.InvariantCulture);
        // The first process is the shell until it has become sleep, in the other root.
        while (!File.ReadAllText($"/proc/{_first}/cmdline").StartsWith("sleep", StringComparison.Ordinal)) Thread.Yield();
    }

    /// <summary>A directory that both see; /shared there.</summary>
    public string Shared { get; }

    /// <summary>A program there, as root.</summary>
    public ProgramCall Program(params IReadOnlyList<string> words) => new("nsenter", [.. Enter, .. words])
    {
        Environment = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive", ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["LC_ALL"] = "C" },
        Deadline = TimeSpan.FromMinutes(3),
    };

    /// <summary>A line for the shell there, as root.</summary>
    public ProgramResult Sh(string line) => Program("sh", "-c", line).Run();

    /// <summary>Our own program there, as root; the one that was built for these tests.</summary>
    public ProgramResult Ours(params string[] words) => Program(["dotnet", "exec", "/program/spoolworker.dll", .. words]).Run();

    /// <summary>A program there that goes on, with its output.</summary>
    public Process Start(IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo("nsenter", [.. Enter, .. words]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Puts a file there.</summary>
    public void Put(string path, string content, string mode = "644")
    {
        File.WriteAllText(Path.Combine(Shared, "put"), content);
        Sh($"install -D -m {mode} /shared/put {path}").Good.Should().BeEmpty();
    }

    public void Dispose()
    {
        Native.Signal(_first, Native.Kill);
        _outside.WaitForExit();
        _outside.Dispose();
        _directory.Dispose();
    }

    private string[] Enter => ["--target", $"{_first}", "--mount", "--pid", "--net", "--uts", $"--root=/proc/{_first}/root", "--wdns=/"];
}
