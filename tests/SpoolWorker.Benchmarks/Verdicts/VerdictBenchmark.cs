// The passes clamd, rspamd and spamd against the engines' own clients, in one run with Debian's engines and small rules of our own: what a message costs beyond the start of
// a process, what the worker does a second beside what the engine does alone, and what memory it needs for that. All take turns, round by round. Engine, worker and clients
// share the machine, so the engine has half of the cores for itself, as if it were on another: with rules as small as these it would else be measured how much of a core it leaves.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Verdicts;

/// <summary>How much of all is measured.</summary>
/// <param name="Rounds">Rounds of single messages.</param>
/// <param name="Runs">Runs of many.</param>
/// <param name="Workers">Workers and connections.</param>
/// <param name="Time">How long a run of many takes, more or less.</param>
/// <param name="IsApart">The engine has cores of its own.</param>
internal sealed record VerdictScope(int Rounds, int Runs, int Workers, TimeSpan Time, bool IsApart)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rounds} rounds of single messages, {Runs} runs of {Time.TotalSeconds} s with {Workers} workers or connections; medians; ")
        + (IsApart ? $"engine on cores {Cores.First}, all else on {Cores.Last}" : "all on all cores");
}

/// <summary>The verdict benchmark.</summary>
internal static class VerdictBenchmark
{
    private static readonly (string Word, int Bytes)[] Sizes = [("10 kB", 10_000), ("5 MB", 5_000_000)];

    public static Command Create()
    {
        var rounds = CommonOptions.Number("--rounds", "Rounds of single messages of 10 kB; a quarter of them of 5 MB", 100);
        var runs = CommonOptions.Number("--runs", "Runs of many messages; the median counts", 3);
        var workers = CommonOptions.Number("--workers", "Workers, and connections to the engine alone", 8);
        var seconds = CommonOptions.Number("--seconds", "How long a run of many takes, more or less", 8);
        var only = new Option<string>("--only") { Description = $"Some of: {string.Join(", ", ContentEngine.Names)}", HelpName = "NAMES", DefaultValueFactory = _ => "" };
        var together = new Option<bool>("--together") { Description = "Engine and all else on the same cores" };
        var command = new Command("verdict", """
            The passes clamd, rspamd and spamd against the engines' own clients and the engines alone

            Examples:
              verdict                                          all, some ten minutes on a quiet machine
              verdict --rounds 8 --runs 1 --seconds 2          a quick look
              verdict --only clamd --json
            """) { rounds, runs, workers, seconds, only, together, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(async (parsed, _) =>
        {
            var names = parsed.GetValue(only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (names.Except(ContentEngine.Names).FirstOrDefault() is { } strange)
            {
                Console.Error.WriteLine($"--only: no engine '{strange}'. Known: {string.Join(", ", ContentEngine.Names)}");
                return 64;
            }
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            var scope = new VerdictScope(parsed.GetValue(rounds), parsed.GetValue(runs), parsed.GetValue(workers), TimeSpan.FromSeconds(parsed.GetValue(seconds)), !parsed.GetValue(together) && Environment.ProcessorCount > 1);
            if (scope.IsApart) Cores.Keep(Environment.ProcessId, Cores.Last);
            var measure = new Measurement(work, scope);
            foreach (var name in ContentEngine.Names.Where(n => names.Length == 0 || names.Contains(n))) await measure.RunAsync(name).ConfigureAwait(false);
            measure.Report.Print(parsed.GetValue(CommonOptions.Json), work.Root);
            return measure.HasFailed ? 70 : 0;
        });
        return command;
    }

    private sealed class Measurement(WorkDirectory work, VerdictScope scope)
    {
        // So many pairs of 5 MB as take a while; more would only fill the disk.
        private const int MostPairBytes = 512 << 20, LeastPairs = 20, MostPairs = 20_000, Questions = 16;

        // .NET compiles what is called often once more, for some two seconds of a core in all. A worker has that behind it when it has run for a minute, and the engines were never to do it.
        private static readonly TimeSpan Warming = TimeSpan.FromSeconds(4);

        public Report Report { get; } = new("verdict", scope.ToString(),
            new("what", "what"), new("engine", "engine"), new("message", "message"), new("unit", "unit"), new("ours", "ours", "0.00"), new("beside", "beside", "0.00"), new("client", "client", "0.00"),
            new("start", "its start", "0.00"), new("ratio", "ratio", "0.00"), new("aim", "aim"), new("cpuMicrosecondsPerMessage", "CPU us/msg", "0"), new("load", "load", "0.0"), new("fault", "fault"))
        {
            Notes =
            {
                "one message: ours, the pass called with a claimed pair; beside, the engine's own client as a process, less the start of that process.",
                "messages a second: ours, the whole worker, durable, with this pass alone; beside, the engine with as many connections from threads that send what lies ready in memory.",
                string.Create(CultureInfo.InvariantCulture, $"both of ours are warm: {Warming.TotalSeconds} s of messages go before those that count."),
                "peak memory: ours, of the worker with messages of 5 MB; beside, with those of 10 kB.",
            },
        };

        public bool HasFailed { get; private set; }

        public async Task RunAsync(string name)
        {
            if (ContentEngine.Missing(name) is { } missing)
            {
                Row("", name, "", "", double.NaN, double.NaN, "", fault: missing);
                return;
            }
            using var engine = ContentEngine.Start(name);
            if (scope.IsApart) foreach (var process in Cores.Descendants(Environment.ProcessId)) Cores.Keep(process, Cores.First);
            foreach (var (word, bytes) in Sizes) await OneMessageAsync(engine, word, bytes).ConfigureAwait(false);
            var peaks = Sizes.Select(size => Many(engine, size.Word, size.Bytes)).ToList();
            Row("peak memory", name, Sizes[1].Word, "MB", peaks[1], peaks[0], "flat: <= 1.25");
        }

        private async Task OneMessageAsync(ContentEngine engine, string word, int bytes)
        {
            var folder = work.Fresh($"{engine.Name}-one");
            var rounds = Math.Max(3, bytes > Sizes[0].Bytes ? scope.Rounds / 4 : scope.Rounds);
            var (starts, clients, ours) = (new List<double>(), new List<double>(), new List<double>());
            using var directory = new SpoolDirectory(folder);
            foreach (var (id, round) in new VerdictMail(bytes).Fill(folder, rounds + 1).Select((id, i) => (id, i)))
            {
                if (SpoolPair.Claim(directory, id, out var pair, out var error) != ClaimResult.Claimed) throw new InvalidDataException($"{id}: {error}");
                using var claimed = pair!;
                var context = VerdictMail.ContextOf(claimed);
                var file = $"{folder}/{id}.eml";
                await File.WriteAllBytesAsync(file, VerdictMail.OnTheWire(context.Message, context.Body)).ConfigureAwait(false);
                var start = Milliseconds(engine.ClientStart, "/dev/null");
                double client = 0, our = 0;
                // Neither always follows the other.
                if (round % 2 == 0) our = await OursAsync(engine, context).ConfigureAwait(false);
                client = Milliseconds(engine.Client(file), engine.TakesFile ? "/dev/null" : file);
                if (round % 2 != 0) our = await OursAsync(engine, context).ConfigureAwait(false);
                if (round == 0)
                {
                    for (var watch = Stopwatch.StartNew(); watch.Elapsed < Warming;) await OursAsync(engine, context).ConfigureAwait(false);
                    continue;
                }
                starts.Add(start);
                clients.Add(client);
                ours.Add(our);
            }
            var theirs = Statistics.Median(clients.Zip(starts, (c, s) => c - s));
            Row("one message", engine.Name, word, "ms", Statistics.Median(ours), theirs, "<= 1.00", Statistics.Median(clients), Statistics.Median(starts));
        }

        private static async Task<double> OursAsync(ContentEngine engine, PassContext context)
        {
            var watch = Stopwatch.StartNew();
            var result = await engine.Pass.RunAsync(context, CancellationToken.None).ConfigureAwait(false);
            return result.UnavailableReason is null ? watch.Elapsed.TotalMilliseconds : throw new InvalidDataException(result.UnavailableReason);
        }

        private static double Milliseconds(string[] command, string input)
        {
            var ended = ChildProcess.Run(command, "/dev/null", "/dev/null", input);
            return ended.ExitCode == 0 ? ended.Wall * 1000 : throw new InvalidDataException($"{string.Join(' ', command)} ended with {ended.ExitCode}");
        }

        // The peak of the worker, in MB.
        private double Many(ContentEngine engine, string word, int bytes)
        {
            var mail = new VerdictMail(bytes);
            var questions = Enumerable.Range(0, Questions).Select(_ => engine.Question(mail.NextOnTheWire())).ToList();
            EngineAlone.Rate(engine.Address, questions, scope.Workers, scope.Time / 4);
            var (alone, ours) = (new List<double>(), new List<RunFigures>());
            for (var run = 0; run < scope.Runs; run++)
            {
                alone.Add(EngineAlone.Rate(engine.Address, questions, scope.Workers, scope.Time));
                var count = Math.Clamp((int)(alone[^1] * scope.Time.TotalSeconds), LeastPairs, Math.Min(MostPairs, MostPairBytes / bytes));
                ours.Add(Worker(engine, mail, count, warm: Math.Clamp((int)(alone[^1] * Warming.TotalSeconds), scope.Workers, count)));
                Report.Progress($"{engine.Name} {word}: {alone[^1]:0.0} a second alone, {ours[^1].Rate:0.0} of {count} by the worker {ours[^1].Fault}");
            }
            Row("messages a second", engine.Name, word, "1/s", Statistics.Median(ours.Select(f => f.Rate)), Statistics.Median(alone), ">= 0.90",
                ratio: Statistics.Median(ours.Zip(alone, (o, a) => o.Rate / a)), cpu: Statistics.Median(ours.Select(f => (f.User + f.System) / f.Messages * 1e6)), fault: ours.Select(f => f.Fault).FirstOrDefault(f => f.Length > 0) ?? "");
            return Statistics.Median(ours.Select(f => f.PeakKilobytes / 1024.0));
        }

        private RunFigures Worker(ContentEngine engine, VerdictMail mail, int count, int warm)
        {
            var (before, counted) = (new RunDirectory(work.Fresh($"{engine.Name}-warm")), new RunDirectory(work.Fresh(engine.Name)));
            mail.Fill(before.Intake, warm);
            mail.Fill(counted.Intake, count);
            foreach (var run in new[] { before, counted }) run.Configure(new { scope.Workers }, passes: [engine.Name]);
            work.Settle();
            var ended = ChildProcess.Run(ChildProcess.Self([VerdictRun.Name, before.Root, counted.Root, .. engine.Settings]), counted.Log, "/dev/null");
            if (ended.ExitCode != 0 || !File.Exists(counted.Result)) return new RunFigures(double.NaN, 0, 0, 0, $"ended with {ended.ExitCode}");
            var figures = RunFigures.Load(counted.Result);
            return figures.Fault.Length > 0 ? figures : figures with { Fault = counted.Fault(count) };
        }

        private void Row(string what, string engine, string message, string unit, double ours, double beside, string aim, double client = double.NaN, double start = double.NaN, double ratio = double.NaN,
            double cpu = double.NaN, string fault = "")
        {
            if (double.IsNaN(ratio)) ratio = ours / beside;
            Report.Add(what, engine, message, unit, ours, beside, client, start, ratio, aim, cpu, Machine.Load(), fault);
            Report.Progress($"{engine} {message} {what}: {ours:0.00} {unit}, {beside:0.00} beside, ratio {ratio:0.00}, aim {aim} {fault}");
            HasFailed |= fault.Length > 0;
        }
    }
}
