// Looks at a real `spoolworker run` from outside: whole processes, the start of .NET included.
using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Benchmarks.Support;

namespace SpoolWorker.Benchmarks.Growth;

/// <summary>A running worker.</summary>
internal static class RunningWorker
{
    private const string Switches = "voluntary_ctxt_switches:";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Look = TimeSpan.FromMilliseconds(5), Settled = TimeSpan.FromSeconds(15), Watched = TimeSpan.FromSeconds(10);

    /// <summary>From the start of the process until the first -H is in the target: seconds, and seconds of CPU, which a busy machine leaves as they are.</summary>
    public static (double Seconds, double Cpu) FirstRequeue(RunDirectory run, string? program) => With(run, program, (process, watch) =>
    {
        while (!Directory.EnumerateFiles(run.Target, "*-H").Any())
        {
            if (watch.Elapsed > Patience) return (double.NaN, double.NaN);
            // The worker is another process: its target is all there is to look at, and seldom enough not to be measured with it.
            Thread.Sleep(Look);
        }
        return (watch.Elapsed.TotalSeconds, Cpu(process));
    });

    /// <summary>How often a second threads of an idle worker begin to wait.</summary>
    public static double WakeUpsASecond(RunDirectory run, string? program) => With(run, program, (process, _) =>
    {
        // By then what is compiled better in the background is.
        Thread.Sleep(Settled);
        var (before, watch) = (Waits(process), Stopwatch.StartNew());
        // The time that is measured.
        Thread.Sleep(Watched);
        return (Waits(process) - before) / watch.Elapsed.TotalSeconds;
    });

    private static T With<T>(RunDirectory run, string? program, Func<int, Stopwatch, T> look)
    {
        var watch = Stopwatch.StartNew();
        using var worker = ChildProcess.Start(ChildProcess.Service(program, "run", "--config", run.ConfigurationFile), "/dev/null", run.Log);
        try
        {
            return look(worker.Id, watch);
        }
        finally
        {
            Resources.Terminate(worker.Id);
            worker.WaitForExit();
        }
    }

    private static double Cpu(int process)
    {
        using var known = Process.GetProcessById(process);
        return known.TotalProcessorTime.TotalSeconds;
    }

    private static long Waits(int process) => Directory.EnumerateDirectories($"/proc/{process}/task")
        .SelectMany(thread => File.ReadLines($"{thread}/status"))
        .Where(line => line.StartsWith(Switches, StringComparison.Ordinal))
        .Sum(line => long.Parse(line[Switches.Length..], CultureInfo.InvariantCulture));
}
