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
    private readonly List<Process> _running = [];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Path { get; } = Directory.CreateTempSubdirectory("spoolworker-test-").FullName;

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

    private Ran Run(string? killAt, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Made("cwd") };
        foreach (var argument in new[] { "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "spoolworker.dll") }.Concat(arguments)) start.ArgumentList.Add(argument);
        if (killAt is not null) start.Environment["SPOOLWORKER_KILL_AT"] = killAt;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit(Patience).Should().BeTrue("spoolworker {0} ends", string.Join(' ', arguments));
        return new Ran(process.ExitCode, output.Result, error.Result);
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
        Directory.Delete(Path, recursive: true);
    }
}
