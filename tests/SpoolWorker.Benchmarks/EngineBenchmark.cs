// Messages a second through the engine, durable and without passes, beside a bare control loop on the same files. Every
// configuration runs once in each round, in turning order, each in a process of its own and in directories of its own
// that were filled and synced before the round began. Nothing is deleted until the end.
using System.CommandLine;
using System.Text.RegularExpressions;
using SpoolWorker.Benchmarks.Support;

namespace SpoolWorker.Benchmarks;

/// <summary>Something to run.</summary>
/// <param name="Name">For --only.</param>
/// <param name="Workers">Workers or threads: what it is compared with.</param>
/// <param name="Engine">Section Engine; null for the control loop.</param>
/// <param name="Copy">Control loop: copy -D, which takes a fourth sync.</param>
/// <param name="Metrics">With the metrics listened to.</param>
internal sealed record EngineCase(string Name, int Workers, object? Engine, bool Copy = false, bool Metrics = false)
{
    public bool IsControl => Engine is null;
}

/// <summary>The engine benchmark.</summary>
internal static partial class EngineBenchmark
{
    private static readonly EngineCase[] Cases =
    [
        new("control-1", 1, null), new("control-8", 8, null), new("control-1-copy", 1, null, Copy: true), new("control-8-copy", 8, null, Copy: true),
        Engine(1, 1, "auto"), Engine(8, 1, "auto"), Engine(1, 64, "auto"),
        Engine(8, 64, "auto"), Engine(8, 64, "fsync"), Engine(8, 64, "syncfs"),
        Engine(8, 64, "auto") with { Name = "w8-g64-auto-metrics", Metrics = true },
    ];

    public static Command Create()
    {
        var messages = CommonOptions.Number("--messages", "Pairs in each run", 10_000);
        var rounds = CommonOptions.Number("--rounds", "Runs of each configuration; the median counts", 3);
        var only = new Option<string>("--only") { Description = $"Some of: {string.Join(", ", Cases.Select(c => c.Name))}", HelpName = "NAMES", DefaultValueFactory = _ => "" };
        var noControl = new Option<bool>("--no-control") { Description = "Without the control loop: for profiling" };
        var syncs = new Option<bool>("--count-syncs") { Description = "One more run of each under strace, not timed, that counts syncs" };
        var wrap = new Option<string>("--wrap") { Description = "Put before the measured command, e.g. 'strace -f -c -o /tmp/calls'", HelpName = "COMMAND", DefaultValueFactory = _ => "" };
        var command = new Command("engine", """
            Messages a second through the engine, durable, against a bare control loop

            Examples:
              engine                                              all, 10,000 pairs, 3 rounds
              engine --messages 2000 --rounds 1 --count-syncs     a quick look
              engine --only w8-g64-auto --rounds 20 --no-control  one configuration, again and again
              engine --only w8-g64-auto --rounds 1 --no-control --wrap 'strace -f -c -o calls.txt'
            """) { messages, rounds, only, noControl, syncs, wrap, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            var names = parsed.GetValue(only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var chosen = Cases.Where(c => names.Length == 0 || names.Contains(c.Name) || (c.IsControl && !c.Copy)).Where(c => !c.IsControl || !parsed.GetValue(noControl)).ToList();
            if (names.Except(Cases.Select(c => c.Name)).FirstOrDefault() is { } strange)
            {
                Console.Error.WriteLine($"--only: no configuration '{strange}'. Known: {string.Join(", ", Cases.Select(c => c.Name))}");
                return 64;
            }
            return Run(chosen, parsed.GetValue(messages), parsed.GetValue(rounds), parsed.GetValue(syncs), parsed.GetValue(wrap)!,
                parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep), parsed.GetValue(CommonOptions.Json));
        });
        return command;
    }

    private static EngineCase Engine(int workers, int group, string sync) =>
        new($"w{workers}-g{group}-{sync}", workers, new { Workers = workers, GroupSize = group, Sync = sync });

    private static int Run(List<EngineCase> cases, int messages, int rounds, bool countSyncs, string wrap, string directory, bool keep, bool json)
    {
        using var work = new WorkDirectory(directory, keep);
        var figures = cases.ToDictionary(c => c, _ => new List<RunFigures>());
        for (var round = 0; round < rounds; round++)
        {
            var runs = cases.Select(c => (Case: c, Run: Prepare(work, c, messages))).ToList();
            work.Settle();
            // No configuration always follows the same other one.
            foreach (var (run, directories) in runs.Skip(round % runs.Count).Concat(runs.Take(round % runs.Count)))
            {
                var one = Measure(run, directories, messages, wrap.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                figures[run].Add(one);
                Report.Progress($"round {round + 1}  {run.Name,-15} {one.Rate,8:0} messages/s {one.User + one.System,6:0.00} s CPU {one.Fault}");
            }
        }
        var syncs = countSyncs ? cases.ToDictionary(c => c, c => CountSyncs(work, c, Math.Min(messages, 1000))) : [];
        Tell(figures, syncs, messages, rounds, json, work.Root);
        return figures.Values.SelectMany(f => f).Any(f => f.Fault.Length > 0) ? 70 : 0;
    }

    private static RunDirectory Prepare(WorkDirectory work, EngineCase run, int messages)
    {
        var directories = new RunDirectory(work.Fresh(run.Name));
        new PairFactory().Fill(directories.Intake, messages);
        if (run.Engine is not null) directories.Configure(run.Engine);
        return directories;
    }

    private static RunFigures Measure(EngineCase run, RunDirectory directories, int messages, string[] wrap)
    {
        string[] command = run.IsControl
            ? ChildProcess.Self([ControlRun.Name, directories.Root, "--threads", $"{run.Workers}", .. run.Copy ? new[] { "--copy" } : []])
            : ChildProcess.Self([EngineRun.Name, directories.Root, .. run.Metrics ? new[] { "--metrics" } : []]);
        // The log is written, to where it costs no disk: it is not what is compared.
        var ended = ChildProcess.Run([.. wrap, .. command], directories.Log, run.IsControl ? directories.Log : "/dev/null");
        if (ended.ExitCode != 0 || !File.Exists(directories.Result)) return new RunFigures(double.NaN, 0, 0, 0, $"ended with {ended.ExitCode}");
        var figures = RunFigures.Load(directories.Result);
        return figures.Fault.Length > 0 ? figures : figures with { Fault = directories.Fault(messages) };
    }

    // LMDB's write of its meta page through an O_DSYNC descriptor is a sync too; a pwrite64 of 0x60 to 0xa0 bytes at page 0
    // or 1 cannot be told apart here, so it is added for each ledger commit (one fdatasync).
    private static double CountSyncs(WorkDirectory work, EngineCase run, int messages)
    {
        var directories = Prepare(work, run, messages);
        var calls = $"{directories.Root}/syncs";
        Measure(run, directories, messages, ["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync,syncfs,msync", "-o", calls]);
        if (!File.Exists(calls)) return double.NaN;
        double all = 0;
        foreach (Match line in CallLine().Matches(File.ReadAllText(calls)))
            all += double.Parse(line.Groups["calls"].Value, System.Globalization.CultureInfo.InvariantCulture) * (line.Groups["name"].Value == "fdatasync" ? 2 : 1);
        return all / messages;
    }

    private static void Tell(Dictionary<EngineCase, List<RunFigures>> figures, Dictionary<EngineCase, double> syncs, int messages, int rounds, bool json, string directory)
    {
        var report = new Report("engine", $"{messages} pairs a run, {rounds} rounds, median",
            new("configuration", "configuration"), new("messagesPerSecond", "messages/s", "0"), new("least", "least", "0"), new("most", "most", "0"),
            new("ratioToControl", "of control", "0.00"), new("ratioToSingle", "of w1-g1", "0.00"), new("userSeconds", "user s", "0.00"), new("systemSeconds", "sys s", "0.00"),
            new("cpuMicrosecondsPerMessage", "CPU us/msg", "0"), new("messagesPerGroup", "group", "0.0"), new("syncsPerMessage", "syncs/msg", "0.00"), new("fault", "fault"));
        foreach (var (run, runs) in figures)
        {
            report.Add(run.Name, Of(runs, f => f.Rate), runs.Min(f => f.Rate), runs.Max(f => f.Rate),
                Ratio(runs, figures.FirstOrDefault(f => f.Key.IsControl && !f.Key.Copy && f.Key.Workers == run.Workers).Value),
                Ratio(runs, figures.FirstOrDefault(f => f.Key.Name == "w1-g1-auto").Value),
                Of(runs, f => f.User), Of(runs, f => f.System), Of(runs, f => (f.User + f.System) / f.Messages * 1e6), run.IsControl ? null : Of(runs, f => f.GroupSize),
                syncs.TryGetValue(run, out var count) ? count : null, runs.Select(f => f.Fault).FirstOrDefault(f => f.Length > 0) ?? "");
        }
        report.Notes.Add("of control: against the control loop with as many threads, round by round. Three syncs a message there, four with -copy.");
        report.Print(json, directory);
    }

    private static double Of(List<RunFigures> runs, Func<RunFigures, double> what) => Statistics.Median(runs.Select(what));

    private static double? Ratio(List<RunFigures> runs, List<RunFigures>? to) =>
        to is null ? null : Statistics.Median(runs.Zip(to, (run, other) => run.Rate / other.Rate));

    [GeneratedRegex(@"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(?<calls>\d+)\s+(\d+\s+)?(?<name>fsync|fdatasync|syncfs|msync)$", RegexOptions.Multiline)]
    private static partial Regex CallLine();
}
