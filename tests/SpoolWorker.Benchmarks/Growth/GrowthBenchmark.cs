// What grows when the queue, the intakes or the recipients do, each with its aim: cost a message, the first requeue after a start, new mail
// beside a backlog, a thousand intakes, ten thousand recipients, and what an idle worker wakes for. Costs are CPU time, which a busy machine
// changes little; times are wall-clock, so each row tells the load it was taken at. Every case runs in a process of its own.
using System.CommandLine;
using System.Globalization;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Growth;

/// <summary>The growth benchmark.</summary>
internal static class GrowthBenchmark
{
    private const int LargeQueue = 100_000, MillionQueue = 1_000_000, FewRecipients = 1000, ManyRecipients = 10_000, ListMessages = 20, ManyIntakes = 1000, FewIntakes = 10;
    private const int DeferredBacklog = 3000, FoundBacklog = 50_000;
    private static readonly int[] Queues = [100, 1000, 10_000, LargeQueue];
    private static readonly string[] Cases = ["cost", "start", "deferred", "found", "intakes", "recipients", "idle"];

    public static Command Create()
    {
        var only = new Option<string>("--only") { Description = $"Some of: {string.Join(", ", Cases)}", HelpName = "NAMES", DefaultValueFactory = _ => "" };
        var million = new Option<bool>("--million") { Description = "Cost with 1,000,000 waiting pairs, too: some 8 GB on disk" };
        var part = CommonOptions.Number("--divide", "Queues and backlogs divided by this: for a quick look", 1);
        var command = new Command("growth", """
            Cost and latency as queue, intakes and recipients grow, beside the aims

            Examples:
              growth                            all, some ten minutes on a quiet machine
              growth --only idle,intakes
              growth --divide 100 --json        a quick look
            """) { only, million, part, CommonOptions.Program, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            var names = parsed.GetValue(only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (names.Except(Cases).FirstOrDefault() is { } strange)
            {
                Console.Error.WriteLine($"--only: no case '{strange}'. Known: {string.Join(", ", Cases)}");
                return 64;
            }
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            var measure = new Measurement(work, parsed.GetValue(CommonOptions.Program), Math.Max(1, parsed.GetValue(part)));
            measure.Run(names.Length == 0 ? Cases : names, parsed.GetValue(million));
            measure.Report.Print(parsed.GetValue(CommonOptions.Json), work.Root);
            return measure.HasFailed ? 70 : 0;
        });
        return command;
    }

    private sealed class Measurement(WorkDirectory work, string? program, int divisor)
    {
        public Report Report { get; } = new("growth", "in this order, one run each", new("what", "what"), new("size", "size", "0"), new("figure", "figure", "0.00"), new("unit", "unit"), new("aim", "aim"),
            new("load", "load", "0.0"));

        public bool HasFailed { get; private set; }

        public void Run(string[] names, bool million)
        {
            if (names.Contains("cost") || names.Contains("start")) Queue(names, million);
            if (names.Contains("deferred")) Latency(GrowthRun.Deferred, DeferredBacklog / divisor, "new mail beside deferred, pass of 50 ms");
            if (names.Contains("found")) Latency(GrowthRun.Found, FoundBacklog / divisor, "new mail beside a backlog the scan found");
            if (names.Contains("intakes")) foreach (var count in new[] { FewIntakes, ManyIntakes }) Intakes(count);
            if (names.Contains("recipients")) Recipients();
            if (names.Contains("idle")) Idle();
        }

        // The same pairs serve both: a start takes but the first few of them.
        private void Queue(string[] names, bool million)
        {
            var few = double.NaN;
            foreach (var queue in names.Contains("cost") ? [.. Queues, .. million ? new[] { MillionQueue } : []] : new[] { LargeQueue })
            {
                var count = Math.Max(1, queue / divisor);
                Report.Progress($"queue of {count}: writing");
                var run = new RunDirectory(work.Fresh($"queue-{count}"));
                var later = GrowthRun.Later(run, 0);
                new PairFactory().Fill(later, count);
                if (queue == LargeQueue && names.Contains("start")) FirstRequeue(later, GrowthRun.Batch(run, 0), count);
                if (!names.Contains("cost")) continue;
                new PairFactory().Fill(run.Intake, GrowthRun.Warm);
                run.Configure(new { }, GrowthRun.Intakes(run, 1));
                if (Child(run, GrowthRun.Batches, GrowthRun.MostCounted) is not { } found) continue;
                Row("CPU a message of a queue", count, found["cpu0"], "us", double.IsNaN(few) ? "alike for all" : $"{few.ToString("0", CultureInfo.InvariantCulture)} of {Queues[1] / divisor}");
                // That of a hundred is too short to be compared with.
                if (queue == Queues[1]) few = found["cpu0"];
            }
        }

        private void FirstRequeue(string later, string intake, int count)
        {
            var run = new RunDirectory(work.Fresh("first"));
            run.Configure(new { }, [new { Path = intake, Kind = "named-queue" }]);
            Directory.Move(later, intake);
            work.Settle();
            var (seconds, cpu) = RunningWorker.FirstRequeue(run, program);
            Row("first requeue after a start", count, seconds, "s", "<= 3");
            Row("first requeue after a start, CPU until then", count, cpu, "s", "");
            Directory.Move(intake, later);
        }

        private void Latency(string kind, int count, string what)
        {
            Report.Progress($"{kind}: writing {count} pairs");
            var run = new RunDirectory(work.Fresh(kind));
            new PairFactory().Fill(run.Intake, count);
            run.Configure(new { }, GrowthRun.Intakes(run, 1), kind == GrowthRun.Deferred ? [SlowPass.Name] : []);
            Directory.CreateDirectory(GrowthRun.Batch(run, 0));
            if (Child(run, kind, count) is not { } found) return;
            Row($"{what}, p50 of {found["samples"]:0}", count, found["p50"], "s", "");
            Row($"{what}, p95 of {found["samples"]:0}", count, found["p95"], "s", "< 2");
        }

        private void Intakes(int count)
        {
            var run = new RunDirectory(work.Fresh($"intakes-{count}"));
            run.Configure(new { }, GrowthRun.Intakes(run, count));
            for (var i = 0; i < count; i++) Directory.CreateDirectory(GrowthRun.Batch(run, i));
            if (Child(run, GrowthRun.ManyIntakes, count) is not { } found) return;
            var isMany = count == ManyIntakes;
            Row("intakes: start without that of .NET", count, found["start"], "s", isMany ? "<= 3" : "");
            Row("intakes: file descriptors", count, found["descriptors"], "", isMany ? "<= 1,200" : "");
            // Every ten seconds: one in a hundred of a processor.
            Row("intakes: CPU of an idle scan", count, found["scan"] * 1000, "ms", isMany ? "<= 100" : "");
        }

        private void Recipients()
        {
            var run = new RunDirectory(work.Fresh("recipients"));
            new PairFactory().Fill(run.Intake, GrowthRun.Warm);
            // The first of their kind are compiled for, and do not count.
            int[] batches = [ManyRecipients, FewRecipients, ManyRecipients];
            for (var i = 0; i < batches.Length; i++) FillLists(GrowthRun.Later(run, i), batches[i]);
            run.Configure(new { }, GrowthRun.Intakes(run, batches.Length));
            if (Child(run, GrowthRun.Batches, ListMessages) is not { } found) return;
            Row("CPU of a message to many", FewRecipients, found["cpu1"] / 1000, "ms", "");
            Row("CPU of a message to many", ManyRecipients, found["cpu2"] / 1000, "ms", "");
            Row("the one to the other", ManyRecipients, found["cpu2"] / found["cpu1"], "", "about 10");
        }

        private static void FillLists(string directory, int recipients)
        {
            Directory.CreateDirectory(directory);
            var factory = new PairFactory(only: "4.96-plain");
            for (var n = 0; n < ListMessages; n++)
            {
                var (id, bytes, data) = factory.Next();
                if (!HeaderFileReader.TryRead(bytes, id, out var header, out var error)) throw new InvalidDataException($"{error}");
                var all = Enumerable.Range(0, recipients).Select(i => new Recipient(System.Text.Encoding.ASCII.GetBytes($"member-{i}@list-{i % 97}.example")));
                factory.Write($"{directory}/{id.BodyName}", data);
                factory.Write($"{directory}/{id.HeaderName}", HeaderFileWriter.ToArray(header!.WithRecipients(all)));
            }
        }

        private void Idle()
        {
            var run = new RunDirectory(work.Fresh("idle"));
            run.Configure(new { });
            Row("wake-ups of an idle worker", 1, RunningWorker.WakeUpsASecond(run, program), "a second", "< 5");
        }

        private Dictionary<string, double>? Child(RunDirectory run, string kind, int count)
        {
            work.Settle();
            Report.Progress($"{kind} {count}: measuring");
            var ended = ChildProcess.Run(ChildProcess.Self(GrowthRun.Name, run.Root, "--case", kind, "--count", $"{count}"), run.Log, run.Log + ".err");
            if (ended.ExitCode == 0 && File.Exists(run.Result)) return GrowthRun.Load(run.Result);
            HasFailed = true;
            Report.Notes.Add($"{kind} {count} ended with {ended.ExitCode}: {File.ReadLines(run.Log + ".err").LastOrDefault()} (see {run.Root}, --keep)");
            return null;
        }

        private void Row(string what, int size, double figure, string unit, string aim)
        {
            Report.Add(what, (double)size, figure, unit, aim, Machine.Load());
            Report.Progress(string.Create(CultureInfo.InvariantCulture, $"{what} {size}: {figure:0.00} {unit}"));
        }
    }
}
