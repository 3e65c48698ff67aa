// The directories of one measured run and the configuration for it.
using System.Text.Json;

namespace SpoolWorker.Benchmarks;

/// <summary>One run's files.</summary>
internal sealed class RunDirectory
{
    public RunDirectory(string path)
    {
        Root = path;
        Directory.CreateDirectory(Intake);
        Directory.CreateDirectory(Target);
    }

    public string Root { get; }

    public string Intake => $"{Root}/intake/input";

    public string Target => $"{Root}/target/input";

    public string Result => $"{Root}/result.json";

    public string Log => $"{Root}/log";

    public string ConfigurationFile => $"{Root}/appsettings.json";

    /// <summary>Writes a configuration: everything below this directory, Exim not woken, its version given so that none is asked.</summary>
    public void Configure(object engine, object[]? intakes = null, string[]? passes = null, object? schedule = null)
    {
        var settings = new Dictionary<string, object>
        {
            ["Intakes"] = intakes ?? [new { Path = Intake, Kind = "named-queue" }],
            ["Target"] = new { Path = Target, Wake = "none", EximVersion = "4.99", Layout = "flat" },
            ["Passes"] = passes ?? [],
            ["Engine"] = engine,
            ["Ledger"] = new { Path = $"{Root}/ledger" },
            ["Held"] = new { Path = $"{Root}/held" },
            ["Corrupt"] = new { Path = $"{Root}/corrupt" },
            ["Schedule"] = schedule ?? new { },
        };
        File.WriteAllText(ConfigurationFile, JsonSerializer.Serialize(settings));
    }

    /// <summary>What is wrong after a run of so many messages; empty when all are in the target and none is left.</summary>
    public string Fault(int messages)
    {
        var there = Directory.EnumerateFiles(Target, "*-H").Count();
        var left = Directory.EnumerateFiles(Intake).Count();
        return there == messages && left == 0 ? "" : $"{there} of {messages} in the target, {left} files left in the intake (see {Root})";
    }
}
