// The metrics as Prometheus reads them (exposition format 0.0.4), from one MeterListener on the program's one meter. Cannot fail: what
// cannot be observed now is left out.
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Engine.Telemetry.Exposition;

/// <summary>Listens, and writes what was measured.</summary>
internal sealed class MetricsText : IDisposable
{
    /// <summary>Of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly List<Measured> _instruments = [];
    private readonly Lock _lock = new();

    /// <param name="meter">Whose instruments are told of; others' of the process are not.</param>
    public MetricsText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var measured = new Measured(instrument);
            _instruments.Add(measured);
            listener.EnableMeasurementEvents(instrument, measured);
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, measured) => ((Measured)measured!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, measured) => ((Measured)measured!).Record(value, tags));
        // All there are come now; the meter makes none later.
        _listener.Start();
        _instruments.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
    }

    /// <summary>Its text now, ending with a line feed.</summary>
    public string Write()
    {
        lock (_lock)
        {
            Observe();
            var text = new StringBuilder();
            foreach (var measured in _instruments) Append(text, measured);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Observe()
    {
        foreach (var measured in _instruments.Where(m => m.IsObserved)) measured.Forget();
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // Of what cannot be read now there is no line; the others have been observed all the same.
        }
    }

    private static void Append(StringBuilder text, Measured measured)
    {
        text.Append("# HELP ").Append(measured.Name).Append(' ').Append(measured.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(measured.Name).Append(' ').Append(measured.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        }).Append('\n');
        foreach (var (values, cell) in measured.Cells)
        {
            var labels = Labels(measured.Labels, values);
            var (value, buckets) = cell.Read();
            if (measured.Kind == MetricKind.Histogram) AppendHistogram(text, measured, labels, value, buckets);
            else Line(text, measured.Name, labels, value);
        }
    }

    private static void AppendHistogram(StringBuilder text, Measured measured, string labels, double sum, long[] buckets)
    {
        var count = 0L;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < measured.Bounds.Count ? Number(measured.Bounds[i]) : "+Inf";
            Line(text, measured.Name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
        }
        Line(text, measured.Name + "_sum", labels, sum);
        Line(text, measured.Name + "_count", labels, count);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Labels(IReadOnlyList<string> names, LabelValues values) =>
        string.Join(',', names.Select((name, i) => $"{name}=\"{Escaped(i == 0 ? values.First : values.Second)}\""));

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
