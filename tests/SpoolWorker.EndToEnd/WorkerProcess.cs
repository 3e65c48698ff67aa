// The worker as its own process, started, stopped and killed like an administrator or a power cut would. Waiting for something it does ends at once,
// with its log, when it is no longer running: a crash shows as a crash and not as a time-out.
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace SpoolWorker.EndToEnd;

/// <summary>The configuration file of one worker.</summary>
internal sealed record WorkerConfig(string Root, string Kind, string Intake, string Target)
{
    public string MessageId { get; init; } = "auto";

    public string Wake { get; init; } = "notify";

    /// <summary>The target's command and its -C file; empty: the worker finds out.</summary>
    public string Exim { get; init; } = "";

    public string EximConfig { get; init; } = "";

    public int Workers { get; init; } = 4;

    /// <summary>Whoever is in hand when a test kills the worker has a failure more, and it is not the message's fault.</summary>
    public int MaxAttempts { get; init; } = 1000;

    /// <summary>First and longest wait of what a pass deferred.</summary>
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromMinutes(1);

    public TimeSpan RetryMost { get; init; } = TimeSpan.FromHours(1);

    public IReadOnlyList<string> Passes { get; init; } = [];

    /// <summary>Sections of passes.</summary>
    public IReadOnlyDictionary<string, object> Sections { get; init; } = new Dictionary<string, object>();

    public string Ledger => Path.Combine(Root, "ledger");

    public string Held => Path.Combine(Root, "held");

    public string Corrupt => Path.Combine(Root, "corrupt");

    public string Write()
    {
        Directory.CreateDirectory(Root);
        var file = Path.Combine(Root, "worker.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new Dictionary<string, object>(Sections)
        {
            ["Intakes"] = new[] { new { Path = Intake, Kind } },
            ["Target"] = new { Path = Target, MessageId, Wake, Exim, EximConfig },
            ["Passes"] = Passes,
            ["Engine"] = new { Workers, MaxAttempts, RetryFirst, RetryMost },
            ["Ledger"] = new { Path = Ledger },
            ["Held"] = new { Path = Held },
            ["Corrupt"] = new { Path = Corrupt },
        }));
        return file;
    }
}

internal sealed class WorkerProcess(WorkerConfig config) : IDisposable
{
    // SPOOLWORKER_COMMAND: run the suite against an installed program instead of the one just built
    private static readonly string[] Command = TestVariables.Command?.Split(' ')
        ?? ["dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll")];

    private readonly string configFile = config.Write();
    private readonly StringBuilder log = new();
    private Process? process;

    public WorkerConfig Config { get; } = config;

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    public void Start() => Launch("run", "--config", configFile);

    /// <summary>Takes what is there and ends.</summary>
    public int RunOnce()
    {
        Launch("run", "--once", "--config", configFile);
        if (!process!.WaitForExit(Run.Patience))
        {
            Kill();
            throw new TimeoutException($"run --once does not end: {Log}");
        }

        // the asynchronous readers end with the second, unlimited wait
        process.WaitForExit();
        var code = process.ExitCode;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>A command in front of the worker's, with its arguments.</summary>
    public IReadOnlyList<string> Under { get; set; } = [];

    /// <summary>Step of the commit protocol at which it kills itself.</summary>
    public string? KillAt { get; init; }

    /// <summary>What a terminal or an administrator's habit sends.</summary>
    public void HangUp() => Native.Signal(process!.Id, Native.HangUp);

    /// <summary>The polite end: finishes what is under way.</summary>
    public int Stop()
    {
        Native.Signal(process!.Id, Native.Terminate);
        if (!process.WaitForExit(Run.Patience))
        {
            Kill();
            throw new TimeoutException($"the worker does not obey SIGTERM: {Log}");
        }

        process.WaitForExit();
        var code = process.ExitCode;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>No chance to finish anything.</summary>
    public void Kill()
    {
        if (process is null)
        {
            return;
        }

        Native.Signal(process.Id, Native.Kill);
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    public async Task Until(Func<bool> condition, Func<string> otherwise, TimeSpan? deadline = null, int pollMilliseconds = 20) =>
        await Run.Until(
            () => condition() || (process is { HasExited: true } ended
                ? throw new InvalidOperationException($"the worker ended by itself with {ended.ExitCode}. {otherwise()}\n{Log}")
                : false),
            () => $"{otherwise()}\n{Log}",
            deadline,
            pollMilliseconds);

    public void Dispose() => Kill();

    private void Launch(params string[] arguments)
    {
        string[] words = [.. Under, .. Command, .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (KillAt is not null) start.Environment["SPOOLWORKER_KILL_AT"] = KillAt;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (log)
        {
            log.AppendLine(line.Data);
        }
    }
}
