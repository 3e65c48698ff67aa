using System.Text.Json;
using System.Text.RegularExpressions;
using SpoolWorker.Tests.Documentation;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Telemetry;

/// <summary>What is shipped for Prometheus: rules that fire when they should, that say what to do, and that name what there is.</summary>
public sealed partial class MonitoringTests
{
    private const string Rules = "monitoring/alerts.yml", Cases = "monitoring/alerts.test.yml";

    private static string[] Alerts => [.. AlertLine().Matches(Read(Rules)).Select(m => m.Groups[1].Value)];

    [Fact]
    public void Rules_are_right_and_fire_when_they_should()
    {
        new ProgramCall("promtool", "check", "rules", At(Rules)).Run().Good.Should().Contain("SUCCESS");
        new ProgramCall("promtool", "test", "rules", At(Cases)).Run().Good.Should().Contain("SUCCESS");
        Alerts.Should().HaveCountGreaterThan(10).And.OnlyHaveUniqueItems();
        Alerts.Where(a => !Read(Cases).Contains($"alertname: {a}\n", StringComparison.Ordinal)).Should().BeEmpty("each has a case in which it fires");
    }

    [Fact]
    public void Each_alert_has_a_paragraph_that_says_what_to_do()
    {
        Alerts.Where(a => !DocumentationFiles.Read("docs/operations.md").Contains($"### {a}\n", StringComparison.Ordinal)).Should().BeEmpty();
        Alerts.Where(a => !Read(Rules).Contains($"runbook: docs/operations.md#{a.ToLowerInvariant()}\n", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Fact]
    public async Task Rules_and_dashboard_name_metrics_that_there_are()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var metrics = new MeterRig(rig);
        var known = metrics.Meter.All.Select(m => m.Name).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(At("monitoring"), "*", SearchOption.AllDirectories))
        {
            MetricName().Matches(File.ReadAllText(file)).Select(m => m.Value).Where(name => !known.Contains(Suffix().Replace(name, "")) && !known.Contains(name)).Should().BeEmpty(file);
            if (file.EndsWith(".json", StringComparison.Ordinal)) JsonDocument.Parse(File.ReadAllText(file)).Dispose();
        }
    }

    private static string At(string path) => Path.Combine(DocumentationFiles.Root, path);

    private static string Read(string path) => File.ReadAllText(At(path));

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertLine();

    [GeneratedRegex(@"\bspoolworker_[a-z_]+\b")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
