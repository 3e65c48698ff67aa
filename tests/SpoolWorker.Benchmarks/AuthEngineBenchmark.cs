// The whole worker with the passes authenticate and arc-seal, durable: messages of SignedPairs through engine, ledger and
// target in this process. Keys and policies come from a DNS server over sockets in the same process, and are cached after
// the first message. The work is the processor's, so what is possible is cores / CPU per message; what is reached of it says
// how much is lost to waiting (syncs, locks, hand-overs).
using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Benchmarks;

/// <summary>The auth-engine benchmark.</summary>
internal static class AuthEngineBenchmark
{
    private const string Admd = "mx.bench.example";

    // Each number of workers once with and once without the passes.
    private static readonly (int Workers, string[] Passes)[] Cases =
    [
        .. from workers in new[] { 1, 2, 4, 8, 16 } from passes in new string[][] { ["authenticate", "arc-seal"], [] } select (workers, passes),
    ];

    private sealed record Figures(double Seconds, CpuTime Cpu, double GroupSize, string Fault);

    public static Command Create()
    {
        var messages = CommonOptions.Number("--messages", "Pairs in each run", 5000);
        var rounds = CommonOptions.Number("--rounds", "Runs of each configuration; the median counts", 3);
        var command = new Command("auth-engine", """
            The whole worker with authenticate and arc-seal: messages a second against cores / CPU per message

            Examples:
              auth-engine                                  5,000 messages of 10 kB, 3 rounds
              auth-engine --messages 500 --rounds 1        a quick look
            """) { messages, rounds, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(async (parsed, _) => await RunAsync(parsed.GetValue(messages), parsed.GetValue(rounds), parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep),
            parsed.GetValue(CommonOptions.Json)).ConfigureAwait(false));
        return command;
    }

    private static async Task<int> RunAsync(int messages, int rounds, string directory, bool keep, bool json)
    {
        using var work = new WorkDirectory(directory, keep);
        var pairs = new SignedPairs();
        var key = $"{work.Root}/seal.pem";
        await File.WriteAllTextAsync(key, pairs.KeyPem).ConfigureAwait(false);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var dns = new TestDnsServer(pairs.Zone);
        // Compiles everything.
        await OneAsync(work, pairs, dns, key, 8, ["authenticate", "arc-seal"], Math.Min(messages, 1000)).ConfigureAwait(false);

        var found = Cases.ToDictionary(c => c, _ => new List<Figures>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var run in Cases)
            {
                var one = await OneAsync(work, pairs, dns, key, run.Workers, run.Passes, messages).ConfigureAwait(false);
                found[run].Add(one);
                Report.Progress($"round {round + 1}  {run.Workers} workers  {string.Join(' ', run.Passes),-22} {messages / one.Seconds,8:0} messages/s {one.Cpu.Total,6:0.00} s CPU {one.Fault}");
            }
        }
        Tell(found, messages, rounds, json, work.Root);
        return found.Values.SelectMany(f => f).Any(f => f.Fault.Length > 0) ? 70 : 0;
    }

    private static async Task<Figures> OneAsync(WorkDirectory work, SignedPairs pairs, TestDnsServer dns, string key, int workers, string[] passes, int messages)
    {
        var run = new RunDirectory(work.Fresh($"w{workers}-{passes.Length}"));
        pairs.Fill(run.Intake, messages);
        run.Configure(new { Workers = workers }, passes: passes);
        string[] seal = ["--Arc:Mode=seal", $"--Arc:Seal:AdmdId={Admd}", "--Arc:Seal:Domain=bench.example", "--Arc:Seal:Selector=sel", $"--Arc:Seal:PrivateKeyFile={key}"];
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        var loaded = ConfigurationLoader.Load(run.ConfigurationFile, [$"--Dns:Servers:0={dns.Address}", $"--Authenticate:AuthservId={Admd}", .. passes.Length > 0 ? seal : []], Registrations.In(services));
        if (loaded.Faults.Count > 0) throw new InvalidDataException(string.Join("; ", loaded.Faults));
        services.AddLogging();
        services.AddEngine(loaded, watch: false);
        await using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<SpoolEngine>();
        work.Settle();
        // What the filling left behind is not collected in the middle of what is measured.
        GC.Collect();

        var before = Resources.Self();
        var watch = Stopwatch.StartNew();
        engine.Start();
        await engine.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        var (seconds, cpu) = (watch.Elapsed.TotalSeconds, Resources.Self() - before);
        await engine.DisposeAsync().ConfigureAwait(false);
        var group = (double)messages / Math.Max(1, engine.Groups);
        var fault = run.Fault(messages);
        return new Figures(seconds, cpu, group, fault.Length > 0 || passes.Length == 0 ? fault : NotSealed(run));
    }

    // That every message passed is the pass's tests' business; here one tells whether the work was done.
    private static string NotSealed(RunDirectory run)
    {
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(Directory.EnumerateFiles(run.Target, "*-H").First()));
        return Array.Find(["cv=pass; d=bench.example", "spf=pass", "dkim=pass", "dmarc=pass", "arc=pass"], w => !text.Contains(w, StringComparison.Ordinal)) is { } missing ? $"no {missing} in what came out" : "";
    }

    private static void Tell(Dictionary<(int Workers, string[] Passes), List<Figures>> found, int messages, int rounds, bool json, string directory)
    {
        var report = new Report("auth-engine", $"{messages} messages of 10 kB, one RSA-2048 signature and one ARC set each; {rounds} rounds, median; {Environment.ProcessorCount} cores",
            new("workers", "workers", "0"), new("passes", "passes"), new("messagesPerSecond", "messages/s", "0"), new("leastPerSecond", "least", "0"), new("mostPerSecond", "most", "0"), new("messagesPerGroup", "group", "0.0"), new("cpuMicrosecondsPerMessage", "CPU us/msg", "0"), new("systemMicrosecondsPerMessage", "of it system", "0"),
            new("possible", "possible", "0"), new("ofPossible", "of possible", "0.00"), new("fault", "fault"));
        foreach (var (run, all) in found)
        {
            var rate = Of(all, f => messages / f.Seconds);
            var cpu = Of(all, f => f.Cpu.Total / messages);
            report.Add((double)run.Workers, run.Passes.Length == 0 ? "none" : string.Join(' ', run.Passes), rate, all.Min(f => messages / f.Seconds), all.Max(f => messages / f.Seconds), Of(all, f => f.GroupSize), cpu * 1e6, Of(all, f => f.Cpu.System / messages) * 1e6, Environment.ProcessorCount / cpu,
                Of(all, f => f.Cpu.Total / f.Seconds / Environment.ProcessorCount), all.Select(f => f.Fault).FirstOrDefault(f => f.Length > 0) ?? "");
        }
        report.Notes.Add("possible: cores / CPU per message of that configuration, the DNS server's share included.");
        report.Print(json, directory);
    }

    private static double Of(List<Figures> runs, Func<Figures, double> what) => Statistics.Median(runs.Select(what));
}
