using System.Text.Json;

namespace SpoolWorker.EndToEnd.Watched;

/// <summary>What is shipped for Prometheus and Grafana, against a real Prometheus that scrapes a real worker.</summary>
public sealed class DashboardTests : WorkerScene
{
    // Metrics that come only of what does not happen here: passes that find, hold, notify or are down.
    private static readonly string[] NothingYet = ["spoolworker_results_total", "spoolworker_held_messages_total", "spoolworker_notifications_total", "spoolworker_pass_unavailable_total"];

    [EximFact]
    public async Task Every_query_of_the_dashboard_and_every_rule_gives_what_it_should()
    {
        var port = Prometheus.FreePort();
        var (exim, worker) = NamedQueue(worker: c => c with
        {
            Passes = ["rules"],
            Sections = new Dictionary<string, object> { ["Control"] = new { Socket = "", Listen = $"127.0.0.1:{port}" } },
        });
        await exim.StartDaemon();
        worker.Start();
        using var prometheus = new Prometheus(Scene.At("prometheus"), port);
        await worker.Until(() => prometheus.Count("spoolworker_build_info") == 1, () => $"not scraped: {prometheus.Log}");
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(exim, worker, 1);
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(2, "a@to.example"));
        await Delivered(exim, worker, 2);

        var missing = new List<string>();
        await worker.Until(() => (missing = [.. Queries().Where(q => prometheus.Count(q) < 1 && !NothingYet.Any(n => q.Contains(n, StringComparison.Ordinal)))]).Count == 0,
            () => $"nothing for {string.Join("\n", missing)}\n{prometheus.Log}", TimeSpan.FromMinutes(2), pollMilliseconds: 500);
        Queries().Should().HaveCountGreaterThan(20).And.OnlyContain(q => prometheus.Count(q) >= 0);
        // Nothing of what they warn of is so; but for the disk, which is the machine's.
        Rules().Should().HaveCountGreaterThan(10).And.OnlyContain(r => prometheus.Count(r) == 0 || (prometheus.Count(r) > 0 && r.Contains("spoolworker_disk_", StringComparison.Ordinal)));
        worker.Stop().Should().Be(0);
    }

    // As Grafana fills them in.
    private static List<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Sources.Folder, "monitoring/grafana/spoolworker.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!
            .Replace("$instance", ".*", StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal))];
    }

    private static List<string> Rules()
    {
        var found = new List<string>();
        var lines = File.ReadAllLines(Path.Combine(Sources.Folder, "monitoring/alerts.yml"));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].TrimStart().StartsWith("expr:", StringComparison.Ordinal)) continue;
            var expression = lines[i].Trim()["expr:".Length..].Trim();
            // Folded: the lines that stand further in.
            if (expression == ">") expression = string.Join(' ', lines.Skip(i + 1).TakeWhile(l => l.StartsWith("          ", StringComparison.Ordinal)).Select(l => l.Trim()));
            found.Add(expression);
        }
        return found;
    }
}
