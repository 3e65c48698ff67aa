// SPF checks with everything in the resolver's cache: what evaluation itself costs, on one core. The zone is asked once,
// over real sockets, by the checks that warm the cache.
using System.CommandLine;
using System.Diagnostics;
using System.Net;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Benchmarks;

/// <summary>The spf benchmark.</summary>
internal static class SpfBenchmark
{
    public static Command Create()
    {
        var checks = CommonOptions.Number("--checks", "Checks of each kind", 200_000);
        var command = new Command("spf", """
            SPF checks a second with cached answers

            Examples:
              spf
              spf --checks 1000000 --json
            """) { checks, CommonOptions.Json };
        command.SetAction(async parsed =>
        {
            await RunAsync(parsed.GetValue(checks), parsed.GetValue(CommonOptions.Json));
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(int checks, bool json)
    {
        var zone = new Zone { Ttl = 86_400 }
            .Txt("plain.example", "v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 -all")
            .Txt("hosted.example", "v=spf1 include:_spf.hoster.example include:_spf.other.example -all")
            .Txt("_spf.hoster.example", "v=spf1 include:_n1.hoster.example include:_n2.hoster.example ~all")
            .Txt("_n1.hoster.example", "v=spf1 " + string.Join(' ', Enumerable.Range(0, 20).Select(i => $"ip4:10.{i}.0.0/16")) + " ~all")
            .Txt("_n2.hoster.example", "v=spf1 " + string.Join(' ', Enumerable.Range(0, 20).Select(i => $"ip6:2001:db8:{i}::/48")) + " ~all")
            .Txt("_spf.other.example", "v=spf1 ip4:192.0.2.0/28 -all")
            .Txt("own.example", "v=spf1 a mx -all").A("own.example", "198.51.100.1").Mx("own.example", 10, "mx.own.example").A("mx.own.example", "192.0.2.1")
            .Txt("macro.example", "v=spf1 exists:%{ir}.%{l1r-}._spf.%{d2} -all").A("1.2.0.192.user._spf.macro.example", "127.0.0.2");
        using var server = new TestDnsServer(zone);
        var spf = new SpfEvaluator(new DnsResolver(new DnsOptions { Servers = [server.Address] }, TimeProvider.System), new SpfOptions(), TimeProvider.System);
        var report = new Report("spf", $"{checks} checks of each kind, one core, all answers cached",
            new("policy", "policy"), new("checksPerSecond", "checks/s", "0"), new("microseconds", "CPU us", "0.00"), new("allocatedBytes", "allocated bytes", "0"));
        foreach (var (name, domain) in new[] { ("two networks", "plain.example"), ("four includes, 41 networks", "hosted.example"), ("a and mx", "own.example"), ("macros", "macro.example") })
        {
            Report.Progress(name);
            var query = new SpfQuery(IPAddress.Parse("192.0.2.1"), "mail.example", $"user@{domain}", "mx.receiver.example");
            for (var i = 0; i < 20_000; i++) Require(await spf.EvaluateAsync(query, CancellationToken.None));
            var (allocated, cpu, took) = (GC.GetTotalAllocatedBytes(), Resources.Self(), Stopwatch.StartNew());
            for (var i = 0; i < checks; i++) Require(await spf.EvaluateAsync(query, CancellationToken.None));
            var seconds = took.Elapsed.TotalSeconds;
            report.Add(name, checks / seconds, (Resources.Self() - cpu).Total / checks * 1e6, (double)(GC.GetTotalAllocatedBytes() - allocated) / checks);
        }
        report.Notes.Add($"{server.Queries} questions went to the DNS server for all of it.");
        report.Print(json, Directory.GetCurrentDirectory());
    }

    private static void Require(SpfOutcome outcome)
    {
        if (outcome.Result != SpfResult.Pass) throw new InvalidOperationException($"{outcome.Domain}: {outcome.Result.Token()} {outcome.Problem}");
    }
}
