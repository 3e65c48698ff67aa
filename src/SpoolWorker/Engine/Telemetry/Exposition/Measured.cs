// What one instrument has measured, by the values of its labels. Counters and histograms add up, what is observed stands as it was observed
// last, and goes when it is observed no more. Any thread may record.
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SpoolWorker.Engine.Telemetry.Exposition;

/// <summary>How an instrument is told of.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>Values of an instrument's labels, two at most; empty where there is none.</summary>
internal readonly record struct LabelValues(string First, string Second);

/// <summary>One line, or for a histogram one set of lines.</summary>
internal sealed class Series(int buckets)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = new long[buckets];
    private double _value;

    /// <summary>Whether it was observed in the last look.</summary>
    public bool IsFresh { get; set; }

    public void Add(double value)
    {
        lock (_lock) _value += value;
    }

    public void Set(double value)
    {
        lock (_lock) _value = value;
        IsFresh = true;
    }

    public void Observe(double value, int bucket)
    {
        lock (_lock)
        {
            _buckets[bucket]++;
            _value += value;
        }
    }

    /// <summary>The value, or the sum of what a histogram was given, and how many fell into each bucket.</summary>
    public (double Value, long[] Buckets) Read()
    {
        lock (_lock) return (_value, [.. _buckets]);
    }
}

/// <summary>An instrument's measurements.</summary>
internal sealed class Measured
{
    /// <summary>Most lines of an instrument: labels are few words by themselves, and if they were not, memory would still be bounded.</summary>
    public const int MostSeries = 1000;

    private static readonly LabelValues Other = new("other", "");

    private readonly ConcurrentDictionary<LabelValues, Series> _cells = new();
    private readonly double[] _bounds;

    public Measured(Instrument instrument)
    {
        Name = instrument.Name;
        Help = instrument.Description ?? "";
        IsObserved = instrument.IsObservable;
        _bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : [];
        Kind = instrument is Histogram<double> ? MetricKind.Histogram
            : instrument is Counter<long> or ObservableCounter<long> or ObservableCounter<double> ? MetricKind.Counter : MetricKind.Gauge;
    }

    public string Name { get; }

    public string Help { get; }

    public bool IsObserved { get; }

    public MetricKind Kind { get; }

    /// <summary>Upper bounds of a histogram's buckets, without the last, which has none.</summary>
    public IReadOnlyList<double> Bounds => _bounds;

    /// <summary>Names of the labels, as they came with the first measurement.</summary>
    public IReadOnlyList<string> Labels { get; private set; } = [];

    /// <summary>What there is, in the order of the labels.</summary>
    public IEnumerable<KeyValuePair<LabelValues, Series>> Cells => _cells.Where(c => !IsObserved || c.Value.IsFresh).OrderBy(c => c.Key.First, StringComparer.Ordinal).ThenBy(c => c.Key.Second, StringComparer.Ordinal);

    /// <summary>Before a look: what is not observed in it is told no more.</summary>
    public void Forget()
    {
        foreach (var (_, cell) in _cells) cell.IsFresh = false;
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var cell = CellOf(tags);
        if (Kind == MetricKind.Histogram) cell.Observe(value, BucketOf(value));
        else if (IsObserved) cell.Set(value);
        else cell.Add(value);
    }

    private Series CellOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = new LabelValues(tags.Length > 0 ? tags[0].Value as string ?? "" : "", tags.Length > 1 ? tags[1].Value as string ?? "" : "");
        if (_cells.TryGetValue(key, out var cell)) return cell;
        if (Labels.Count != tags.Length)
        {
            var names = new string[tags.Length];
            for (var i = 0; i < names.Length; i++) names[i] = tags[i].Key;
            Labels = names;
        }
        return _cells.GetOrAdd(_cells.Count < MostSeries ? key : Other, _ => new Series(Kind == MetricKind.Histogram ? _bounds.Length + 1 : 0));
    }

    private int BucketOf(double value)
    {
        var i = 0;
        while (i < _bounds.Length && value > _bounds[i]) i++;
        return i;
    }
}
