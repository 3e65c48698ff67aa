// Peak memory of a worker whose intake is full and whose messages cannot go: all deferred by a pass (each remembered, in
// memory and in the ledger), all frozen (each remembered in memory), or no target directory (the queue full, the scan
// waiting with all names in hand). The ledger is mapped into memory, so its pages count as resident: "mapped".
using System.CommandLine;
using System.Text.Json;
using SpoolWorker.Benchmarks.Support;

namespace SpoolWorker.Benchmarks;

/// <summary>The memory benchmark.</summary>
internal static class MemoryBenchmark
{
    public const string Deferred = "deferred", Frozen = "frozen", Vanished = "no-target";

    /// <summary>Shorter than the default, so that several scans fall into the time that is looked at.</summary>
    public static readonly TimeSpan Scan = TimeSpan.FromSeconds(3);
    private static readonly string[] Cases = [Deferred, Frozen, Vanished];

    public static Command Create()
    {
        var messages = CommonOptions.Number("--messages", "Pairs waiting in the intake", 100_000);
        var only = new Option<string>("--only") { Description = $"Some of: {string.Join(", ", Cases)}", HelpName = "NAMES", DefaultValueFactory = _ => "" };
        var command = new Command("memory", """
            Peak memory with a large backlog that cannot move

            Examples:
              memory
              memory --messages 10000 --only deferred --json
            """) { messages, only, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            var count = parsed.GetValue(messages);
            var report = new Report("memory", $"{count} pairs waiting in the intake", new("case", "case"), new("peakMegabytes", "peak MB", "0"), new("anonymousMegabytes", "of it heap MB", "0"),
                new("mappedMegabytes", "of it mapped MB", "0"), new("waiting", "waiting", "0"), new("seconds", "s", "0.0"));
            foreach (var kind in Cases.Where(c => parsed.GetValue(only)!.Length == 0 || parsed.GetValue(only)!.Split(',').Contains(c))) Measure(work, kind, count, report);
            report.Print(parsed.GetValue(CommonOptions.Json), work.Root);
            return 0;
        });
        return command;
    }

    private static void Measure(WorkDirectory work, string kind, int messages, Report report)
    {
        Report.Progress($"{kind}: writing {messages} pairs");
        var run = new RunDirectory(work.Fresh(kind));
        new PairFactory { Frozen = kind == Frozen }.Fill(run.Intake, messages);
        run.Configure(new { }, passes: kind == Frozen ? [] : [MemoryRun.DeferringPass], schedule: new { Scan });
        work.Settle();
        var ended = ChildProcess.Run(ChildProcess.Self(MemoryRun.Name, run.Root, "--messages", $"{messages}", "--case", kind), run.Log, run.Log + ".err");
        if (ended.ExitCode != 0 || !File.Exists(run.Result))
        {
            report.Notes.Add($"{kind} ended with {ended.ExitCode}: {File.ReadLines(run.Log + ".err").LastOrDefault()}");
            return;
        }
        var figures = JsonSerializer.Deserialize<MemoryFigures>(File.ReadAllText(run.Result))!;
        report.Add(kind, figures.Peak / 1024.0, figures.Anonymous / 1024.0, figures.Mapped / 1024.0, (double)figures.Waiting, figures.Seconds);
    }
}
