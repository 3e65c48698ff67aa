// The queue listed by whole processes, start included: spoolworker list, exim -bp, exipick and exiqgrep over the same
// spool, in turns. CPU is what counts (the files are in memory after the warm-up); output goes to a file, and every id
// must be in it.
using System.CommandLine;
using System.Text.RegularExpressions;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Engine.Target;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The list benchmark.</summary>
internal static partial class ListBenchmark
{
    private const string Listed = "spoolworker list", Where = "--where", Exim = "exim -bp";
    private static readonly string[] EximPlaces = ["/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim", "/usr/local/sbin/exim"];

    public static Command Create()
    {
        var messages = new Option<string>("--messages") { Description = "Pairs in the spool; several numbers are separate runs", HelpName = "N,N", DefaultValueFactory = _ => "10000,100000" };
        var runs = CommonOptions.Number("--runs", "Runs of each program after one that warms up; the median counts", 5);
        var only = new Option<string>("--only") { Description = "Some of: spoolworker, exim, exipick, exiqgrep", HelpName = "NAMES", DefaultValueFactory = _ => "" };
        var where = new Option<string[]>("--where") { Description = "Also list with this condition; may be given again", HelpName = "CONDITION" };
        var beside = new Option<string?>("--beside") { Description = "Another published spoolworker, such as one of before a change, in turns with this", HelpName = "PATH" };
        var command = new Command("list", """
            Time and CPU to list a queue, against exim -bp, exipick and exiqgrep

            Examples:
              dotnet publish src/SpoolWorker -c Release -r linux-x64 -p:PublishReadyToRun=true --no-self-contained -o artifacts/publish
              list --spoolworker artifacts/publish
              list --messages 10000 --runs 3 --json
              list --only spoolworker --where "sender_domain = *.example and age > 1s"
            """) { messages, runs, only, where, beside, CommonOptions.Program, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            var report = new Report("list", $"whole processes, {parsed.GetValue(runs)} runs after a warm-up, median",
                new("messages", "messages", "0"), new("program", "program"), new("cpuSeconds", "CPU s", "0.000"), new("wallSeconds", "wall s", "0.000"), new("userSeconds", "user s", "0.000"),
                new("systemSeconds", "sys s", "0.000"), new("cpuToOurs", "CPU, ours = 1", "0.00"), new("wallToOurs", "wall, ours = 1", "0.00"), new("listed", "listed", "0"));
            foreach (var count in parsed.GetValue(messages)!.Split(',').Select(int.Parse))
                Measure(work, count, parsed.GetValue(runs), parsed.GetValue(only)!, Ours(parsed.GetValue(CommonOptions.Program), parsed.GetValue(beside), parsed.GetValue(where) ?? []), report);
            report.Print(parsed.GetValue(CommonOptions.Json), work.Root);
            return 0;
        });
        return command;
    }

    // A condition that few messages fit prints little, so the ids it lists are not counted.
    private static List<(string Name, Func<string, string[]> Command)> Ours(string? program, string? beside, IEnumerable<string> conditions)
    {
        var ours = new List<(string, Func<string, string[]>)> { (Listed, spool => ChildProcess.SpoolWorker(program, "list", "--spool", spool)) };
        if (beside is not null) ours.Add(($"{Listed}, the other", spool => ChildProcess.SpoolWorker(beside, "list", "--spool", spool)));
        foreach (var condition in conditions) ours.Add(($"{Listed} {Where} {condition}", spool => ChildProcess.SpoolWorker(program, "list", "--spool", spool, "--where", condition)));
        return ours;
    }

    private static void Measure(WorkDirectory work, int count, int runs, string only, List<(string Name, Func<string, string[]> Command)> listers, Report report)
    {
        var spool = work.Fresh($"list-{count}");
        Report.Progress($"writing {count} pairs");
        // Exim reads only files of its own user.
        var owner = Places.TryUser("Debian-exim", out var uid) && Places.TryGroup("Debian-exim", out var gid) ? new SpoolOwnership(uid, gid, SpoolOwnership.DefaultMode) : null;
        new PairFactory(owner, "4.96").Fill($"{spool}/input", count);
        var config = $"{spool}/exim.conf";
        File.WriteAllText(config, $"spool_directory = {spool}\nlog_file_path = {spool}/log-%slog\nkeep_environment =\nqueue_list_requires_admin = false\n");
        work.Settle();

        var exim = EximPlaces.FirstOrDefault(File.Exists);
        var programs = listers.Select(l => (l.Name, Command: l.Command(spool))).ToList();
        if (exim is not null) programs.Add((Exim, [exim, "-C", config, "-bp"]));
        if (Find("exipick") is { } exipick) programs.Add(("exipick", [exipick, "-spool", spool]));
        if (exim is not null && Find("exiqgrep") is { } exiqgrep) programs.Add(("exiqgrep", [exiqgrep, "-C", config, "-E", exim, "-r", "."]));
        if (only.Length > 0) programs = [.. programs.Where(p => only.Split(',').Any(o => p.Name.StartsWith(o, StringComparison.Ordinal)))];

        var results = programs.ToDictionary(p => p.Name, _ => new List<ChildResult>());
        var listed = new Dictionary<string, int>();
        for (var round = 0; round <= runs; round++)
        {
            foreach (var (name, command) in programs)
            {
                var file = $"{spool}/{programs.FindIndex(p => p.Name == name)}";
                string output = $"{file}.out", errors = $"{file}.err";
                var ended = ChildProcess.Run(command, output, errors);
                if (round > 0) results[name].Add(ended);
                else listed[name] = Ids(output);
                Report.Progress($"{count}  {(round == 0 ? "warm-up" : $"run {round}"),-8} {name,-16} {ended.Cpu.Total:0.000} s CPU {ended.Wall:0.000} s wall, exit code {ended.ExitCode}");
                if (ended.ExitCode != 0 && round == 0) report.Notes.Add($"{count}: {name} ended with {ended.ExitCode}: {File.ReadLines(errors).FirstOrDefault()}");
            }
        }
        results.TryGetValue(Listed, out var ours);
        foreach (var (name, _) in programs)
        {
            var all = results[name];
            var fault = listed[name] < count && !name.Contains(Where, StringComparison.Ordinal);
            if (fault) report.Notes.Add($"{count}: {name} listed only {listed[name]}: its figures do not count");
            report.Add((double)count, name, Of(all, r => r.Cpu.Total), Of(all, r => r.Wall), Of(all, r => r.Cpu.User), Of(all, r => r.Cpu.System),
                Ratio(all, ours, r => r.Cpu.Total), Ratio(all, ours, r => r.Wall), (double)listed[name]);
        }
    }

    private static double Of(IEnumerable<ChildResult> results, Func<ChildResult, double> what) => Statistics.Median(results.Select(what));

    private static double? Ratio(List<ChildResult> results, List<ChildResult>? ours, Func<ChildResult, double> what) => ours is null ? null : Of(results, what) / Of(ours, what);

    private static int Ids(string output) => IdPattern().Matches(File.ReadAllText(output)).Select(m => m.Value).Distinct().Count();

    private static string? Find(string program) => new[] { "/usr/sbin", "/usr/bin", "/usr/exim/bin", "/usr/local/sbin" }.Select(d => $"{d}/{program}").FirstOrDefault(File.Exists);

    [GeneratedRegex(@"\b[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})\b")]
    private static partial Regex IdPattern();
}
