using System.Globalization;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Telemetry;

/// <summary>The metrics of an engine of a test.</summary>
internal sealed class MeterRig : IDisposable
{
    private readonly MetricsText _text;

    public MeterRig(EngineRig rig)
    {
        Jobs = new JobBook();
        Survey = new PlaceSurvey(rig.Settings, () => rig.Engine.Intakes.Select(i => i.Path), rig.Clock) { WaitsIn = path => rig.Engine.WaitsIn(path) };
        Meter = new WorkerMeter(new MeterSources(rig.Engine, rig.Ledger, Survey, Jobs, new SpoolWorker.Passes.Dns.DnsResolver(new SpoolWorker.Passes.Dns.DnsOptions { Servers = ["127.0.0.1"] }, rig.Clock), () => new SpoolWorker.LogFollowing.TlsDeliveries(3, 5), "1.2.3+abc", rig.Clock));
        _text = new MetricsText(Meter.Meter);
    }

    public JobBook Jobs { get; }

    public PlaceSurvey Survey { get; }

    public WorkerMeter Meter { get; }

    public string Text => _text.Write();

    /// <summary>The value of a line; null when there is none.</summary>
    public double? this[string series] => Text.Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal)) is { } line
        ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : null;

    public void Dispose()
    {
        _text.Dispose();
        Meter.Dispose();
    }
}
