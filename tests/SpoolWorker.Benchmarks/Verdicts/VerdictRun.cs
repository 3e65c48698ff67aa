// The worker with one pass, in a process of its own: it works one intake empty to be compiled and warm, and then another, which counts. The most memory is that of the second alone.
using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;

namespace SpoolWorker.Benchmarks.Verdicts;

/// <summary>The measured process of the verdict benchmark.</summary>
internal static class VerdictRun
{
    public const string Name = "verdict-run";

    /// <summary>Resets VmHWM (proc(5), clear_refs).</summary>
    private const string ResetPeak = "5";

    public static Command Create()
    {
        var warm = new Argument<string>("warm");
        var counted = new Argument<string>("counted");
        var settings = new Argument<string[]>("settings") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(Name, "Work two intakes empty, the second measured; used by 'verdict'") { warm, counted, settings };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] given = [.. parsed.GetValue(settings)!.Select(s => $"--{s}")];
            await WorkAsync(new RunDirectory(parsed.GetValue(warm)!), given).ConfigureAwait(false);
            await File.WriteAllTextAsync("/proc/self/clear_refs", ResetPeak, cancellationToken).ConfigureAwait(false);
            await WorkAsync(new RunDirectory(parsed.GetValue(counted)!), given).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task WorkAsync(RunDirectory run, string[] settings)
    {
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        var loaded = ConfigurationLoader.Load(run.ConfigurationFile, settings, Registrations.In(services));
        if (loaded.Faults.Count > 0) throw new InvalidDataException(string.Join("; ", loaded.Faults));
        services.AddLogging(EngineRun.AddLog);
        services.AddEngine(loaded, watch: false);
        await using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<SpoolEngine>();
        var resident = Resources.StatusKilobytes("VmRSS");

        var before = Resources.Self();
        var watch = Stopwatch.StartNew();
        engine.Start();
        await engine.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        // Without the stop, which a worker that goes on has not.
        var (seconds, cpu, paused) = (watch.Elapsed.TotalSeconds, Resources.Self() - before, engine.IsPaused);
        await engine.DisposeAsync().ConfigureAwait(false);
        new RunFigures(seconds, cpu.User, cpu.System, engine.Committed, engine.FatalReason ?? (paused ? "paused" : ""), engine.Groups)
        {
            ResidentKilobytes = resident,
            PeakKilobytes = Resources.StatusKilobytes("VmHWM"),
        }.Save(run.Result);
    }
}
