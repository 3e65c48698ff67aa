// A worker process with directories of its own that can be killed at a step of the commit protocol, at any moment, or
// run under strace with failing system calls.
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>Directories, messages and the worker process.</summary>
internal sealed class KillRig : IDisposable
{
    /// <summary>Longest that anything in these tests may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly List<Process> _processes = [];
    private readonly List<string> _mounts = [];
    private readonly StringBuilder _log = new();

    /// <param name="setup">How it is set up.</param>
    /// <param name="root">An empty directory to work in; a temporary one when null.</param>
    public KillRig(KillSetup? setup = null, string? root = null)
    {
        Setup = setup ?? new KillSetup();
        Book = NewBook();
        Root = root is null ? Directory.CreateTempSubdirectory("sw-kill-").FullName : Directory.CreateDirectory(Path.Combine(root, "rig")).FullName;
        Intake = Make(Setup.Intake);
        Origin = Make("origin");
        Target = Make(Setup.Target);
        Held = Make("held");
        Corrupt = At("corrupt");
        Ledger = Make(Setup.Ledger);
        MapSize = Setup.MapSize;
        if (Setup.SplitTarget) Make($"{Setup.Target}/0");
    }

    /// <summary>A book of what is fed here, with nothing in it.</summary>
    /// <param name="allowsLoneBodies">No fault: a -D without a -H.</param>
    public KillBook NewBook(bool allowsLoneBodies = false) => new()
    {
        Bounces = recipient => Setup.Bounces && recipient.StartsWith("r1.", StringComparison.Ordinal),
        CopyTo = Setup.CopyTo,
        AllowsLoneBodies = allowsLoneBodies,
    };

    /// <summary>Changed, it counts from the next start or command on.</summary>
    public KillSetup Setup { get; set; }

    public string Root { get; }

    public string Intake { get; }

    /// <summary>Where the links of queuefile point: the first Exim's spool.</summary>
    public string Origin { get; }

    public string Target { get; }

    public string Held { get; }

    public string Corrupt { get; }

    public string Ledger { get; }

    public KillBook Book { get; }

    public long MapSize { get; set; }

    /// <summary>Set for the worker, beside what is inherited.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    public string At(string name) => Path.Combine(Root, name);

    private string Make(string name) => Directory.CreateDirectory(At(name)).FullName;

    /// <summary>A small file system of its own in place of a directory of the rig.</summary>
    public void Mount(string path, string size)
    {
        Directory.CreateDirectory(path);
        Command("mount", "-t", "tmpfs", "-o", $"size={size},mode=0750", "tmpfs", path);
        _mounts.Add(path);
    }

    /// <summary>System calls that were made to fail.</summary>
    public int Injected => InjectedLines.Count();

    /// <summary>System calls that were made to fail on a file or directory at or below one of these places.</summary>
    public int InjectedAt(params string[] places) => InjectedLines.Count(l => places.Any(p => l.Contains(p, StringComparison.Ordinal)));

    // A call that another thread's line interrupts is written in two: its arguments stand in the first, what became of it in the second.
    private IEnumerable<string> InjectedLines
    {
        get
        {
            if (!File.Exists(At("strace.log"))) yield break;
            var begun = new Dictionary<string, string>();
            foreach (var line in File.ReadLines(At("strace.log")))
            {
                var thread = line.Split(' ', 2)[0];
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal)) begun[thread] = line;
                else if (line.Contains("(INJECTED)", StringComparison.Ordinal)) yield return line.Contains("resumed>", StringComparison.Ordinal) ? begun.GetValueOrDefault(thread) + line : line;
            }
        }
    }

    public static void Command(string file, params string[] arguments) => _ = new ProgramCall(file, arguments).Run().Good;

    /// <summary>Puts messages from..from+count-1 into the intake, as the intake's kind does.</summary>
    public void Feed(int from, int count)
    {
        for (var n = from; n < from + count; n++) Feed(KillMail.Make(n, Setup.LongIds));
    }

    public void Feed(KillMail mail)
    {
        if (!Book.Fed.ContainsKey(mail.Mark)) Book.Feed(mail);
        var folder = Setup.SplitIntake ? Directory.CreateDirectory($"{Intake}/{mail.Id.Subdirectory}").FullName : Intake;
        string header = $"{folder}/{mail.Id.HeaderName}", data = $"{folder}/{mail.Id.BodyName}";
        if (Setup.Kind != "queuefile")
        {
            // Exim's order: -D, then -H by rename.
            File.WriteAllBytes(data, mail.DataFile);
            File.WriteAllBytes($"{folder}/hdr.{mail.Id}", mail.Header);
            File.Move($"{folder}/hdr.{mail.Id}", header);
            return;
        }
        if (!Setup.Links)
        {
            File.WriteAllBytes(header, mail.Header);
            File.WriteAllBytes(data, mail.DataFile);
            return;
        }
        string originHeader = $"{Origin}/{mail.Id.HeaderName}", originData = $"{Origin}/{mail.Id.BodyName}";
        if (!File.Exists(originHeader))
        {
            File.WriteAllBytes(originData, mail.DataFile);
            File.WriteAllBytes(originHeader, mail.Header);
        }
        Posix.TryLink(originHeader, header).Should().Be(0);
        Posix.TryLink(originData, data).Should().Be(0);
        // One in three is done with at once in the first Exim: then the worker's is the only name.
        if (mail.Id.ToString()[^1] % 3 != 0) return;
        File.Delete(originHeader);
        File.Delete(originData);
    }

    /// <summary>A message as MailScanner sets it aside; returns its -H.</summary>
    public string SetAside(KillMail mail)
    {
        var folder = Make("quarantine");
        Book.Feed(mail);
        File.WriteAllBytes($"{folder}/{mail.Id.BodyName}", mail.DataFile);
        File.WriteAllBytes($"{folder}/{mail.Id.HeaderName}", mail.Header);
        return $"{folder}/{mail.Id.HeaderName}";
    }

    /// <summary>Writes the worker's configuration; returns the file.</summary>
    public string WriteConfig()
    {
        var file = At("worker.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            Intakes = new[] { new { Path = Intake, Setup.Kind } },
            Target = new { Path = Target, Wake = "none", EximVersion = Setup.TargetVersion },
            Engine = new { Setup.Workers, Setup.GroupSize, Setup.QueueCapacity, Setup.MaxAttempts, Setup.Sync, Setup.IncompleteAfter, SettleTime = "00:00:00.2", RetryFirst = "00:00:00.2", RetryMost = "00:00:01" },
            Ledger = new { Path = Ledger, MapSize },
            Held = new { Path = Held, Setup.Keep },
            Digest = new { To = Setup.Digest, Cron = Setup.Digest.Length > 0 ? "0 0 * * * ?" : "" },
            Corrupt = new { Path = Corrupt },
            // System calls are counted here, and it runs at a moment of its own.
            Janitor = new { On = false },
            Schedule = new { Scan = "00:00:00.2", Retry = "00:00:00.2", Expire = "00:00:00.5" },
            Passes = Setup.Batch.Length > 0 ? [new { Name = "rules", Cron = Setup.Batch }] : PassNames(),
            Rules = new { List = RuleList() },
            Dsn = new { ReportingMta = "mx.example.org" },
            Notices = new { To = new[] { KillBook.Admin }, When = "pass = rules", RateLimit = Setup.Notices ?? 0, RatePer = "365d" },
        }));
        return file;
    }

    private object[] PassNames()
    {
        var names = new List<object>();
        if (Setup.HasRules) names.Add("rules");
        if (Setup.Bounces || Setup.WithDsn) names.Add("dsn");
        if (Setup.Notices is not null) names.Add("notices");
        return [.. names];
    }

    private object[] RuleList()
    {
        var rules = new List<object>();
        if (Setup.Marks) return [.. Enumerable.Range(0, 3).Select(i => new { When = $"recipient=r{i}.*", Then = "tag", Subject = $"[r{i}]" })];
        if (Setup.CopyTo.Length > 0) rules.Add(new { When = "sender", Then = "tag", Setup.CopyTo });
        if (Setup.Bounces || Setup.Holds || Setup.CopyTo.Length == 0) rules.Add(new { When = $"recipient={Setup.Refused}", Then = Setup.Holds ? "hold" : "bounce", Reason = "no second recipients here" });
        return [.. rules];
    }

    /// <summary>Starts the worker.</summary>
    /// <param name="once">With --once.</param>
    /// <param name="killAt">Step of the commit protocol at which it kills itself.</param>
    /// <param name="strace">Arguments of strace, to run it with failing system calls.</param>
    public Process Start(bool once, string? killAt = null, params string[] strace)
    {
        var worker = new List<string> { "dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "run", "--config", WriteConfig() };
        if (once) worker.Add("--once");
        if (strace.Length > 0) worker.InsertRange(0, Tracing(strace));
        var start = new ProcessStartInfo(worker[0], worker[1..]) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Root };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        if (killAt is not null) start.Environment["SPOOLWORKER_KILL_AT"] = killAt;
        var process = Process.Start(start)!;
        _processes.Add(process);
        process.ErrorDataReceived += (_, e) => Note(e.Data);
        process.OutputDataReceived += (_, e) => Note(e.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>Runs the worker with --once to its end, or to its death; returns the exit code (137: killed).</summary>
    public int RunOnce(string? killAt = null, params string[] strace)
    {
        using var process = Start(once: true, killAt, strace);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            Assert.Fail($"the worker did not end within {Patience.TotalSeconds} s; its log:\n{Log}");
        }
        process.WaitForExit();
        Note($"--- ended with {process.ExitCode}");
        return process.ExitCode;
    }

    /// <summary>spoolworker release; returns the exit code (137: killed).</summary>
    public int Release(string id, string? killAt = null, params string[] strace) => Verb(["release", id], killAt, strace);

    /// <summary>An operator's verb; returns the exit code (137: killed).</summary>
    public int Verb(string[] words, string? killAt = null, params string[] strace)
    {
        string[] command = [.. Tracing(strace), "dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. words, "--config", WriteConfig()];
        var environment = new Dictionary<string, string>();
        if (killAt is not null) environment["SPOOLWORKER_KILL_AT"] = killAt;
        var ended = new ProgramCall(command[0], command[1..]) { WorkingDirectory = Root, Environment = environment, Deadline = Patience }.Run();
        foreach (var line in (ended.Output + ended.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries)) Note(line);
        Note($"--- {string.Join(' ', words)} ended with {ended.ExitCode}");
        return ended.ExitCode;
    }

    // Descriptors with their paths (-y) for those who look where a fault hit; the recorder of system calls keeps its own table of them.
    private string[] Tracing(string[] options) =>
        options.Length == 0 ? [] : ["strace", "-f", "--seccomp-bpf", "-qq", .. options.Contains("-xx") ? Array.Empty<string>() : ["-y"], "-o", At("strace.log"), .. options];

    /// <summary>spoolworker forget.</summary>
    public void Forget(string id) =>
        _ = (ProgramCall.SpoolWorker("forget", "--force", id, "--config", WriteConfig()) with { WorkingDirectory = Root }).Run().Good;

    /// <summary>A last run without faults, then the whole check.</summary>
    public void RunAndCheck()
    {
        var code = RunOnce();
        code.Should().Be(0, "the log says:\n{0}", Log);
        // What had failed waits for its next try.
        for (var i = 0; i < 10 && Directory.EnumerateFiles(Intake, "*-H", SearchOption.AllDirectories).Any(); i++)
        {
            // The next try lies ahead by the worker's own clock, in another process: only time brings it.
            Thread.Sleep(300);
            RunOnce().Should().Be(0);
        }
        Check();
    }

    public void Check()
    {
        try
        {
            Book.CheckAll(Target, Held, Corrupt, Intake);
        }
        catch (Exception)
        {
            File.WriteAllText(Path.Combine(Path.GetTempPath(), "sw-kill-last-failure.log"), Log);
            throw;
        }
    }

    /// <summary>Waits until something is so; fails when the worker ends meanwhile or patience does.</summary>
    public void Until(Func<bool> isSo, string what, Process? worker = null)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            if (clock.Elapsed > Patience) Assert.Fail($"{what}: not within {Patience.TotalSeconds} s; the log:\n{Log}");
            if (worker is { HasExited: true }) Assert.Fail($"{what}: the worker ended with {worker.ExitCode}; the log:\n{Log}");
            // The pace of the poll; the deadline is above.
            Thread.Sleep(5);
        }
    }

    public bool IntakeIsEmpty => !Directory.EnumerateFiles(Intake, "*", SearchOption.AllDirectories).Any();

    /// <summary>Ends a worker in the regular way.</summary>
    public int Stop(Process worker)
    {
        // Under strace the worker is its child.
        var children = $"/proc/{worker.Id}/task/{worker.Id}/children";
        var id = worker.StartInfo.FileName == "strace" ? File.ReadAllText(children).Trim() : worker.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Command("kill", "-TERM", id);
        return Ended(worker, "SIGTERM ends the worker");
    }

    /// <summary>Waits for the end of a worker and of its log; returns the exit code.</summary>
    public int Ended(Process worker, string because)
    {
        worker.WaitForExit(Patience).Should().BeTrue("{0}; the log:\n{1}", because, Log);
        // The readers of its output end with the second, unlimited wait.
        worker.WaitForExit();
        return worker.ExitCode;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            try
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
            catch (InvalidOperationException)
            {
                // disposed: it ended
            }
        }
        foreach (var mount in _mounts) Command("umount", "-l", mount);
        Directory.Delete(Root, recursive: true);
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_log) _log.AppendLine(line);
    }
}

/// <summary>These tests run alone, one after the other: they need the machine's two cores for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KillSuite
{
    public const string Name = "kill";
}
