// From arrival to requeue while nothing else goes on: a real `spoolworker run` watches three intakes; one message at a
// time is put into one of them the way Exim does it, and the time until its -H is in the target is taken from the moment
// the pair is whole. The looking costs about a tenth of a millisecond.
using System.CommandLine;
using System.Diagnostics;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The idle-latency benchmark.</summary>
internal static class IdleLatencyBenchmark
{
    private const uint LookEveryMicroseconds = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(30);

    public static Command Create()
    {
        var messages = CommonOptions.Number("--messages", "Messages of each kind", 200);
        var command = new Command("idle-latency", """
            Milliseconds from arrival to requeue when nothing else goes on

            Examples:
              idle-latency
              idle-latency --messages 1000 --spoolworker artifacts/publish --json
            """) { messages, CommonOptions.Program, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            using var work = new WorkDirectory(parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep));
            Run(work, parsed.GetValue(messages), parsed.GetValue(CommonOptions.Program), parsed.GetValue(CommonOptions.Json));
            return 0;
        });
        return command;
    }

    private static void Run(WorkDirectory work, int messages, string? program, bool json)
    {
        var run = new RunDirectory(work.Fresh("idle"));
        string exims = $"{run.Root}/exims", queuefile = $"{run.Root}/queuefile";
        Directory.CreateDirectory(exims);
        Directory.CreateDirectory(queuefile);
        run.Configure(new { }, [new { Path = run.Intake, Kind = "spool" }, new { Path = queuefile, Kind = "queuefile" }]);
        work.Settle();
        using var worker = ChildProcess.Start(ChildProcess.Service(program, "run", "--config", run.ConfigurationFile), "/dev/null", run.Log);
        try
        {
            // A copied body in wire format has no line count: it is whole when it has not changed for Engine:SettleTime, and
            // that time is all one would measure.
            var factory = new PairFactory(only: "4.96");
            // The first ones find out whether it is up, and warm it.
            for (var i = 0; i < 20; i++) Measure(run, factory, WriteAsExim, run.Intake, exims);
            var report = new Report("idle-latency", $"{messages} messages of each kind, one at a time, default configuration",
                new("intake", "intake"), new("medianMilliseconds", "median ms", "0.00"), new("p95Milliseconds", "p95 ms", "0.00"), new("p99Milliseconds", "p99 ms", "0.00"), new("mostMilliseconds", "most ms", "0.00"));
            Row(report, "Exim's queue (rename of -H)", WriteAsExim, run.Intake);
            Row(report, "queuefile, linked (-H, then -D)", LinkAsQueuefile, queuefile);
            Row(report, "queuefile, copied (-H, then -D)", CopyAsQueuefile, queuefile);
            report.Notes.Add("queuefile, copied: bodies in wire format wait for Engine:SettleTime on top, and are not among these.");
            report.Print(json, work.Root);

            void Row(Report to, string name, Action<PairFactory, (MessageId, byte[], byte[]), string, string> write, string intake)
            {
                var times = Enumerable.Range(0, messages).Select(_ => Measure(run, factory, write, intake, exims)).ToList();
                to.Add(name, Statistics.Median(times), Statistics.Quantile(times, 0.95), Statistics.Quantile(times, 0.99), times.Max());
            }
        }
        finally
        {
            Resources.Terminate(worker.Id);
            if (!worker.WaitForExit(Patience)) worker.Kill();
        }
    }

    private static double Measure(RunDirectory run, PairFactory factory, Action<PairFactory, (MessageId, byte[], byte[]), string, string> write, string intake, string exims)
    {
        var pair = factory.Next();
        write(factory, pair, intake, exims);
        var watch = Stopwatch.StartNew();
        var arrived = $"{run.Target}/{pair.Id.HeaderName}";
        while (!Posix.Exists(arrived))
        {
            if (watch.Elapsed > Patience) throw new TimeoutException($"{pair.Id} is not in the target after {Patience.TotalSeconds} s; see {run.Log} (--keep)");
            Resources.SleepMicroseconds(LookEveryMicroseconds);
        }
        var milliseconds = watch.Elapsed.TotalMilliseconds;
        // Idle is what is measured: the worker has to be done with the removal, and asleep, before the next one comes.
        Thread.Sleep(Pause);
        return milliseconds;
    }

    private static void WriteAsExim(PairFactory factory, (MessageId Id, byte[] Header, byte[] Data) pair, string intake, string exims)
    {
        factory.Write($"{intake}/{pair.Id.BodyName}", pair.Data);
        factory.Write($"{intake}/hdr.{pair.Id}", pair.Header);
        Posix.Rename($"{intake}/hdr.{pair.Id}", $"{intake}/{pair.Id.HeaderName}");
    }

    // Exim's own pair stays in its spool while the transport runs.
    private static void LinkAsQueuefile(PairFactory factory, (MessageId Id, byte[] Header, byte[] Data) pair, string intake, string exims)
    {
        factory.Write($"{exims}/{pair.Id.BodyName}", pair.Data);
        factory.Write($"{exims}/{pair.Id.HeaderName}", pair.Header);
        foreach (var name in new[] { pair.Id.HeaderName, pair.Id.BodyName })
        {
            var error = Posix.TryLink($"{exims}/{name}", $"{intake}/{name}");
            if (error != 0) throw new PosixException(error, "link", $"{intake}/{name}");
        }
    }

    private static void CopyAsQueuefile(PairFactory factory, (MessageId Id, byte[] Header, byte[] Data) pair, string intake, string exims)
    {
        factory.Write($"{intake}/{pair.Id.HeaderName}", pair.Header);
        factory.Write($"{intake}/{pair.Id.BodyName}", pair.Data);
    }
}
