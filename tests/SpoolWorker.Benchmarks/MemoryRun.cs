// One worker with a backlog that cannot move, in a process of its own: what it needs to remember it all. It is the
// program's host with engine and schedule, plus a pass that defers everything, or holds everything up until the target
// directory is gone.
using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;
using SpoolWorker.Passes;

namespace SpoolWorker.Benchmarks;

/// <summary>Memory of one case, in kB: <c>Peak</c> as the kernel keeps it; the parts are the largest of regular looks.</summary>
internal sealed record MemoryFigures(long Peak, long Anonymous, long Mapped, long Waiting, double Seconds);

/// <summary>The measured process of the memory benchmark.</summary>
internal static class MemoryRun
{
    public const string Name = "memory-run", DeferringPass = "defer-all", Section = "DeferAll";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100), Patience = TimeSpan.FromMinutes(30);

    public static Command Create()
    {
        var directory = new Argument<string>("directory");
        var messages = new Option<int>("--messages");
        var kind = new Option<string>("--case");
        var command = new Command(Name, "Hold a backlog, measured; used by 'memory'") { directory, messages, kind };
        command.Hidden = true;
        command.SetAction(async (parsed, _) => await RunAsync(new RunDirectory(parsed.GetValue(directory)!), parsed.GetValue(messages), parsed.GetValue(kind)!).ConfigureAwait(false));
        return command;
    }

    private static async Task<int> RunAsync(RunDirectory run, int messages, string kind)
    {
        var started = DateTime.UtcNow;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var gate = new TaskCompletionSource();
        builder.Services.AddPass<PassOptions>(DeferringPass, Section, (_, _) => kind == MemoryBenchmark.Vanished ? new Gate(gate.Task) : new DeferAll());
        var loaded = EngineRun.Load(run, Registrations.In(builder.Services));
        EngineRun.AddLog(builder.Logging);
        builder.Services.AddEngine(loaded, watch: true);
        builder.Services.AddHostedService<EngineService>();
        builder.Services.AddSchedule(loaded);
        using var host = builder.Build();
        var engine = host.Services.GetRequiredService<SpoolEngine>();
        await host.StartAsync().ConfigureAwait(false);
        if (kind == MemoryBenchmark.Vanished) Directory.Move(run.Target, run.Target + ".gone");
        gate.SetResult();

        long anonymous = 0, mapped = 0;
        // Until all are waiting, then a few scans more.
        var calm = TimeSpan.Zero;
        while (calm < MemoryBenchmark.Scan * 3 && DateTime.UtcNow - started < Patience)
        {
            await Task.Delay(Look).ConfigureAwait(false);
            anonymous = Math.Max(anonymous, Resources.StatusKilobytes("RssAnon"));
            mapped = Math.Max(mapped, Resources.StatusKilobytes("RssFile"));
            var all = kind switch
            {
                MemoryBenchmark.Deferred => engine.Waiting.Deferred == messages,
                MemoryBenchmark.Frozen => engine.Waiting.Frozen == messages,
                _ => engine.IsPaused,
            };
            calm = all ? calm + Look : TimeSpan.Zero;
        }
        var waiting = engine.Waiting.Deferred + engine.Waiting.Frozen + (engine.IsPaused ? messages : 0);
        var figures = new MemoryFigures(Resources.StatusKilobytes("VmHWM"), anonymous, mapped, waiting, (DateTime.UtcNow - started).TotalSeconds);
        await File.WriteAllTextAsync(run.Result, JsonSerializer.Serialize(figures)).ConfigureAwait(false);
        await host.StopAsync().ConfigureAwait(false);
        return 0;
    }

    private sealed class Gate(Task open) : IMessagePass
    {
        public string Name => DeferringPass;

        public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
        {
            await open.WaitAsync(cancellationToken).ConfigureAwait(false);
            return PassResult.Continue;
        }
    }

    private sealed class DeferAll : IMessagePass
    {
        public string Name => DeferringPass;

        public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken) =>
            ValueTask.FromResult(PassResult.For(Disposition.Defer($"the scanner has no verdict on {context.Message.Id} yet", context.Now + TimeSpan.FromHours(6))));
    }
}
