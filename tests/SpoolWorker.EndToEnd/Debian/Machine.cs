using System.Diagnostics;
using System.Globalization;

namespace SpoolWorker.EndToEnd.Debian;

/// <summary>A machine that is this one, up to what is done to it: an overlay of its root in namespaces of its own (mounts, processes, network, host name). /run and /tmp are
/// empty, and our own program is in /program. No systemd runs there, or this machine's own as the first process, which has nothing to start. All is gone with it.</summary>
internal sealed class Machine : IDisposable
{
    // The shell that lays it becomes its first process; without a first one its processes end. What /proc is then still tells its number outside.
    private const string Lay = """
        set -e
        read -r outside rest < /proc/self/stat
        mount -t tmpfs tmpfs "$1/disk"
        mkdir "$1/disk/upper" "$1/disk/work" "$1/disk/root"
        mount -t overlay -o lowerdir=/,upperdir="$1/disk/upper",workdir="$1/disk/work" overlay "$1/disk/root"
        root=$1/disk/root
        mount -t proc proc "$root/proc"
        mount -t tmpfs tmpfs "$root/run"
        mount -t tmpfs tmpfs "$root/tmp"
        mkdir "$root/shared" "$root/program"
        mount --bind "$1/shared" "$root/shared"
        mount --bind "$2" "$root/program"
        ip link set lo up
        hostname mail.example
        """;

    private const string Sleep = """

        mount --rbind /dev "$root/dev"
        echo "$outside"
        exec chroot "$root" sleep infinity
        """;

    // Of what this machine has for systemd to start nothing is left but the journal. Devices are its own, as systemd adds to them; what belongs to the kernel is only read.
    private const string Boot = """

        mount -t tmpfs -o mode=755 tmpfs "$root/dev"
        for device in null zero full random urandom tty; do
            touch "$root/dev/$device"
            mount --bind "/dev/$device" "$root/dev/$device"
        done
        mkdir "$root/dev/pts" "$root/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
        mount -t tmpfs tmpfs "$root/dev/shm"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        mount --bind "$root/proc/sys" "$root/proc/sys"
        mount -o remount,bind,ro "$root/proc/sys"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
        cd "$root"
        rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires lib/systemd/system/*.wants etc/rc?.d/S* usr/sbin/policy-rc.d
        : > etc/fstab
        echo mail.example > etc/hostname
        mkdir lib/systemd/system/sysinit.target.wants outside
        ln -s ../systemd-journald.service lib/systemd/system/sysinit.target.wants/
        pivot_root . outside
        umount -l /outside
        rmdir /outside
        echo "$outside"
        exec env -i container=overlay PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-syslog \
            /lib/systemd/systemd --system --unit=multi-user.target --show-status=no < /dev/null > /dev/null 2>&1
        """;

    // A control group of its own, for systemd to rule; gone with it.
    private const string Grouped = """
        set -e
        mount -t cgroup2 cgroup2 "$1/groups"
        group=$1/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/spoolworker-tests.$$
        mkdir "$group"
        trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
        shift
        sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$group" "$@" || true
        """;

    private static readonly string[] Spaces = ["--mount", "--pid", "--net", "--uts", "--fork", "--kill-child"];

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly Process _outside;
    private readonly int _first;

    /// <param name="isBooted">systemd runs there.</param>
    public Machine(bool isBooted = false)
    {
        _directory.Create("disk");
        _directory.Create("groups");
        Shared = _directory.Create("shared");
        string[] place = [_directory.Path, AppContext.BaseDirectory];
        string[] words = isBooted
            ? ["--mount", "sh", "-c", Grouped, "sh", _directory.Path, "unshare", "--ipc", "--cgroup", .. Spaces, "sh", "-c", Lay + Boot, "sh", .. place]
            : [.. Spaces, "sh", "-c", Lay + Sleep, "sh", .. place];
        _outside = Process.Start(new ProcessStartInfo("unshare", words) { RedirectStandardOutput = true })!;
        if (!int.TryParse(_outside.StandardOutput.ReadLine(), NumberStyles.None, CultureInfo.InvariantCulture, out _first))
            throw new InvalidOperationException("no overlay of this machine's root can be made: is this root, with CAP_SYS_ADMIN?");
        // The first process is the shell until it has become what it stays, in the other root.
        while (!File.ReadAllText($"/proc/{_first}/cmdline").StartsWith(isBooted ? "/lib/systemd/systemd" : "sleep", StringComparison.Ordinal)) Thread.Yield();
        if (isBooted) Program("sh", "-c", "until systemctl is-active --quiet multi-user.target; do sleep 0.1; done").Run().Good.Should().BeEmpty();
    }

    /// <summary>A directory that both see; /shared there.</summary>
    public string Shared { get; }

    /// <summary>Its root as it is seen from here.</summary>
    public string Root => $"/proc/{_first}/root";

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
