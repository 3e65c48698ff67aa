using System.Text;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/metrics.md from the instruments.</summary>
internal static class MetricsPage
{
    public const string Path = "docs/metrics.md";

    private const string Introduction = """
        # Metrics

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        What the worker tells Prometheus, at `/metrics` of the [control socket](control.md) and of `Control:Listen`, and, with `Metrics:TextFile`, in a file for
        node_exporter's textfile collector. Nothing is measured while nobody can ask.

        Units are seconds and bytes. What counts ends in `_total` and begins anew with each start; times of day are Unix times. Labels have few values: words of the
        program, passes, places, jobs; never an address or an id. [Operations](operations.md#alerts) says what to do about them, `monitoring/` has alert rules and a dashboard.

        | metric | kind | labels | |
        |---|---|---|---|

        """;

    public static async Task<string> MakeAsync()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var metrics = new MeterRig(rig);
        var kinds = metrics.Text.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToDictionary(l => l[2], l => l[3]);
        var text = new StringBuilder(Introduction);
        foreach (var metric in metrics.Meter.All.OrderBy(m => m.Name, StringComparer.Ordinal))
            text.Append($"| `{metric.Name}` | {kinds[metric.Name]} | {string.Join(", ", metric.Labels.Select(l => $"`{l}`"))} | {metric.Help} |\n");
        return text.ToString();
    }
}
