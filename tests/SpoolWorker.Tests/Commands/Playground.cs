using System.Diagnostics;
using System.Text.Json;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>What a run of the program gave.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}

/// <summary>The program as a process in an empty directory, with directories to play in.</summary>
internal sealed class Playground : IDisposable
{
    /// <summary>nobody on Debian; any number would do.</summary>
    public const uint Nobody = 65534;

    private readonly List<Process> _running = [];
    private readonly List<string> _mounts = [];

    private readonly TempDirectory _directory = new();

    public string Path => _directory;

    /// <summary>The program's directory for temporary files.</summary>
    public string Temporary => Directory.CreateDirectory($"{Path}/tmp", (UnixFileMode)0b111_111_111).FullName;

    public string Intake => Made("intake/input");

    public string Target => Made("spool/input");

    public string Held => Made("held");

    public string Corrupt => Made("corrupt");

    /// <summary>Settings that keep the program inside the playground.</summary>
    public string[] Settings =>
    [
        $"--Intakes:0:Path={Intake}", "--Intakes:0:Kind=spool", $"--Target:Path={Target}", "--Target:Wake=none", "--Target:EximVersion=4.96",
        $"--Held:Path={Held}", $"--Corrupt:Path={Corrupt}", $"--Ledger:Path={Path}/ledger", "--Ledger:MapSize=16777216",
    ];

    public Ran Run(params string[] arguments) => Run(null, arguments);

    /// <summary>With the playground's settings; it kills itself at a step of the commit protocol.</summary>
    public Ran RunKilled(string step, params string[] arguments) => Run(step, [.. arguments, .. Settings]);

    /// <summary>As nobody, with one group: only root can become somebody else, and all others are nobody already.</summary>
    public Ran RunAsNobody(uint group, params string[] arguments)
    {
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
        string[] before = Posix.EffectiveUser == 0 ? ["setpriv", "--reuid", Text(Nobody), "--regid", Text(group), "--clear-groups"] : [];
        return Run(null, [.. arguments, .. Settings], before);
    }

    /// <summary>Under strace, with system calls on a path that fail.</summary>
    public Ran RunInjected(string path, string inject, params string[] arguments) =>
        Run(null, [.. arguments, .. Settings], ["strace", "-f", "--seccomp-bpf", "-qq", "-o", $"{Path}/strace.log", "-P", path, "-e", $"inject={inject}"]);

    /// <summary>On a terminal of its own; standard output holds what stood there.</summary>
    public Ran RunOnTerminal(params string[] arguments) => Start(["script", "-qec", OnTerminal(arguments), "/dev/null"], null);

    /// <summary>As <see cref="RunOnTerminal"/>, where somebody types when a text stands there, and then there is the end of the input.</summary>
    public Ran RunTyping(string text, string typed, params string[] arguments)
    {
        // What is typed before the program reads goes another way through the terminal. The pause is the pace of looking for the text.
        const string Line = "{ until grep -qF \"$0\" \"$1\" 2>/dev/null; do sleep 0.05; done; printf %s \"$2\"; } | script -qfec \"$3\" \"$1\"";
        return Start(["sh", "-c", Line, text, $"{Temporary}/typescript", typed, OnTerminal(arguments)], null);
    }

    private string OnTerminal(string[] arguments)
    {
        string[] words = ["dotnet", "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. arguments, .. Settings];
        return string.Join(' ', words.Select(w => $"'{w}'"));
    }

    /// <summary>By a shell, which may redirect: the program and its words stand in "$@".</summary>
    public Ran RunInShell(string line, params string[] arguments) =>
        Start(["sh", "-c", line, "sh", "dotnet", "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. arguments, .. Settings], null);

    /// <summary>Mounts a small file system of its own, as root; false for others.</summary>
    public bool TryMount(string path, string size)
    {
        if (Posix.EffectiveUser != 0) return false;
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", path]);
        mount.WaitForExit();
        mount.ExitCode.Should().Be(0);
        _mounts.Add(path);
        return true;
    }

    /// <summary>Gives a file to a user and the group of the same number, as root.</summary>
    public static void Give(string path, uint user)
    {
        using var chown = Process.Start("chown", [$"{user}:{user}", path]);
        chown.WaitForExit();
        chown.ExitCode.Should().Be(0);
    }

    private static string Text(uint number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private Ran Run(string? killAt, string[] arguments, string[]? before = null) =>
        Start([.. before ?? [], "dotnet", "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. arguments], killAt);

    private Ran Start(string[] words, string? killAt)
    {
        // What others leave in the shared one is none of a test's business.
        var environment = new Dictionary<string, string> { ["TMPDIR"] = Temporary, ["TERM"] = "xterm" };
        if (killAt is not null) environment["SPOOLWORKER_KILL_AT"] = killAt;
        var ended = new ProgramCall(words[0], words[1..]) { WorkingDirectory = Made("cwd"), Environment = environment }.Run();
        return new Ran(ended.ExitCode, ended.Output, ended.Error);
    }

    /// <summary>Starts it with the settings and leaves it running, until the end of the playground; standard error can be read.</summary>
    public Process StartConfigured(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, WorkingDirectory = Made("cwd") };
        foreach (var argument in new[] { "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "spoolworker.dll") }.Concat(arguments).Concat(Settings)) start.ArgumentList.Add(argument);
        _running.Add(Process.Start(start)!);
        return _running[^1];
    }

    public Ran RunConfigured(params string[] arguments) => Run([.. Settings, .. arguments]);

    /// <summary>Nothing may be left in the directory the program is run in.</summary>
    public IEnumerable<string> LeftInWorkingDirectory() => Directory.EnumerateFileSystemEntries(Made("cwd"));

    /// <summary>Copies a valid sample's pair; returns its id.</summary>
    public static MessageId Put(string sample, string to)
    {
        var id = default(MessageId);
        foreach (var file in Directory.EnumerateFiles(System.IO.Path.Combine(Samples.Root, "valid", sample)))
        {
            var name = System.IO.Path.GetFileName(file);
            if (MessageId.TryParseFileName(name, 'H', out var found)) id = found;
            File.Copy(file, $"{to}/{name}");
        }
        return id;
    }

    public static string Valid(string ending) => Samples.Folders("valid").First(f => f.EndsWith(ending, StringComparison.Ordinal));

    public string Made(string name) => Directory.CreateDirectory($"{Path}/{name}").FullName;

    public void Dispose()
    {
        foreach (var process in _running)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        foreach (var path in _mounts) Process.Start("umount", [path]).WaitForExit();
        _directory.Dispose();
    }
}
