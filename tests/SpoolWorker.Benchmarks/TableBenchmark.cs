// Tables beside LMDB's own mdb_load: whole processes that bring the same dump into a new table, sorted and shuffled; and
// lookups of random keys that are there and that are not, in this process on one thread (a second of CPU is a second of a
// core, however busy the machine), each proved to find what it must.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Benchmarks;

/// <summary>The table benchmark.</summary>
internal static class TableBenchmark
{
    private const int Seed = 20261123;

    public static Command Create()
    {
        var rows = CommonOptions.Number("--rows", "Rows of the table", 1_000_000);
        var runs = CommonOptions.Number("--runs", "Runs of each; the median counts", 3);
        var lookups = CommonOptions.Number("--lookups", "Lookups a run", 2_000_000);
        var command = new Command("table", """
            LMDB tables: import beside mdb_load, lookups a second a core

            Examples:
              table
              table --rows 100000 --runs 1 --json
            """) { rows, runs, lookups, CommonOptions.Program, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            var (count, times) = (parsed.GetValue(rows), parsed.GetValue(runs));
            var report = new Report("table", $"{count} rows, {times} runs, median",
                new("what", "what"), new("wallSeconds", "wall s", "0.000"), new("cpuSeconds", "CPU s", "0.000"), new("wallToMdbLoad", "wall, mdb_load = 1", "0.00"),
                new("fileMegabytes", "file MB", "0.0"), new("perSecond", "a second", "0"));
            var directory = work.Fresh("table");
            var table = Imports(directory, count, times, parsed.GetValue(CommonOptions.Program), report);
            Lookups(table, count, times, parsed.GetValue(lookups), report);
            report.Print(parsed.GetValue(CommonOptions.Json), work.Root);
            return 0;
        });
        return command;
    }

    private static string Imports(string directory, int count, int runs, string? program, Report report)
    {
        var made = "";
        foreach (var shuffled in new[] { false, true })
        {
            var order = Enumerable.Range(0, count).ToArray();
            if (shuffled) new Random(Seed).Shuffle(order);
            var input = $"{directory}/{(shuffled ? "shuffled" : "sorted")}.dump";
            Write(input, order);
            var programs = new List<(string Name, Func<string, string[]> Command)>
            {
                ("mdb_load", t => ["mdb_load", "-n", "-f", input, t]),
                ("spoolworker table import", t => ChildProcess.SpoolWorker(program, "table", "import", t, input)),
            };
            var results = programs.ToDictionary(p => p.Name, _ => new List<ChildResult>());
            var sizes = new Dictionary<string, long>();
            for (var run = 0; run < runs; run++)
            {
                foreach (var (name, command) in programs)
                {
                    var table = $"{directory}/{run}-{results.Keys.ToList().IndexOf(name)}-{shuffled}.mdb";
                    var ended = ChildProcess.Run(command(table), $"{directory}/out", $"{directory}/err");
                    if (ended.ExitCode != 0) report.Notes.Add($"{name} ended with {ended.ExitCode}: {File.ReadLines($"{directory}/err").FirstOrDefault()}");
                    results[name].Add(ended);
                    made = table;
                    sizes[name] = new FileInfo(table).Length;
                    Report.Progress($"{Path.GetFileName(input)} {name}: {ended.Wall:0.00} s wall, {ended.Cpu.Total:0.00} s CPU, {new FileInfo(table).Length / 1e6:0.0} MB");
                }
            }
            var theirs = Statistics.Median(results["mdb_load"].Select(r => r.Wall));
            foreach (var (name, _) in programs)
            {
                var wall = Statistics.Median(results[name].Select(r => r.Wall));
                report.Add($"{name}, {(shuffled ? "shuffled" : "sorted")} dump", wall, Statistics.Median(results[name].Select(r => r.Cpu.Total)), wall / theirs, sizes[name] / 1e6, count / wall);
            }
        }
        return made;
    }

    private static void Lookups(string path, int count, int runs, int lookups, Report report)
    {
        using var table = new LmdbTable(path);
        var random = new Random(Seed);
        // Made beforehand: what is measured is the table.
        var keys = Enumerable.Range(0, Math.Min(count, 200_000)).Select(_ => Key(random.Next(count))).ToArray();
        var absent = keys.Select(k => (byte[])[.. k, (byte)'x']).ToArray();
        foreach (var (name, asked, wanted) in new[] { ("lookup, key there", keys, LookupState.Found), ("lookup, key not there", absent, LookupState.NotFound) })
        {
            var (walls, cpus) = (new List<double>(), new List<double>());
            for (var run = 0; run <= runs; run++)
            {
                var watch = Stopwatch.StartNew();
                var before = Environment.CpuUsage.TotalTime;
                for (var i = 0; i < lookups; i++)
                {
                    if (table.Find(asked[i % asked.Length], out _, out var reason) != wanted) throw new InvalidOperationException(reason ?? "the wrong answer");
                }
                var cpu = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
                // The first run warms up.
                if (run > 0)
                {
                    walls.Add(watch.Elapsed.TotalSeconds);
                    cpus.Add(cpu);
                }
                Report.Progress($"{name}: {lookups / watch.Elapsed.TotalSeconds:0}/s, {lookups / cpu:0} a CPU second");
            }
            // A second of a core is a second of CPU: the one thread may have to share its core with others.
            report.Add(name, Statistics.Median(walls), Statistics.Median(cpus), null, null, lookups / Statistics.Median(cpus));
        }
    }

    private static void Write(string file, int[] order)
    {
        using var output = new BufferedStream(File.Create(file), 1 << 20);
        output.Write("VERSION=3\nformat=print\ntype=btree\nmapsize=4294967296\nmaxreaders=126\nHEADER=END\n"u8);
        foreach (var i in order)
        {
            output.WriteByte((byte)' ');
            output.Write(Key(i));
            output.Write("\n relay for "u8);
            output.Write(Key(i));
            output.WriteByte((byte)'\n');
        }
        output.Write("DATA=END\n"u8);
    }

    private static byte[] Key(int i) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"user{i:00000000}@example{i % 1000}.example"));
}
