// Limits for `status --warn` and `--critical`: NAME=VALUE,… A value is over its limit, or under it where less is worse.
using System.Globalization;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Operations.Status;

/// <summary>What a limit is given in.</summary>
internal enum LimitUnit
{
    /// <summary>A time, such as 15m.</summary>
    Time,

    /// <summary>A number.</summary>
    Count,

    /// <summary>A percentage, such as 80%.</summary>
    Percent,
}

/// <summary>A figure that may have a limit.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">Of limit and value.</param>
/// <param name="Meaning">For people.</param>
/// <param name="Value">The figure; null where it is not known. Times in seconds.</param>
/// <param name="IsLeast">Less is worse.</param>
internal sealed record StatusFigure(string Name, LimitUnit Unit, string Meaning, Func<StatusView, double?> Value, bool IsLeast = false)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<StatusFigure> All { get; } =
    [
        new("oldest", LimitUnit.Time, "age of the oldest message in the intakes", s => Age(s, "intake")),
        new("intake", LimitUnit.Count, "messages in the intakes", s => Count(s, "intake")),
        new("deferred", LimitUnit.Count, "deferred messages", s => s.Waiting.Deferred),
        new("planned", LimitUnit.Count, "messages that wait for the hours of a pass, or the end of its pause", s => s.Waiting.Planned),
        new("paused", LimitUnit.Time, "how long the longest pause, or a drain, lasts", s => s.Orders.Where(o => o.Kind != OrderWords.Of(OrderKind.Skip)).Select(o => (View.Moment(s.Time) - View.Moment(o.Since)).TotalSeconds).DefaultIfEmpty(0).Max()),
        new("frozen", LimitUnit.Count, "frozen messages", s => s.Waiting.Frozen),
        new("held", LimitUnit.Count, "held messages", s => Count(s, "held")),
        new("held-oldest", LimitUnit.Time, "age of the oldest held message", s => Age(s, "held")),
        new("corrupt", LimitUnit.Count, "corrupt messages", s => Count(s, "corrupt")),
        new("target", LimitUnit.Count, "messages in the target", s => Count(s, "target")),
        new("target-oldest", LimitUnit.Time, "age of the oldest message in the target", s => Age(s, "target")),
        new("scan", LimitUnit.Time, "time since the intakes were last read", s => s.Worker?.LastScan is { } scan ? (View.Moment(s.Time) - View.Moment(scan)).TotalSeconds : null),
        new("open", LimitUnit.Count, "passes whose service is down", s => s.Worker is null ? null : s.Services.Count(p => p.Breaker != "closed")),
        new("jobs", LimitUnit.Count, "jobs whose last run failed", s => s.Worker is null ? null : s.Jobs.Count(j => j.Fault is not null)),
        new("disk", LimitUnit.Percent, "free on the fullest disk", s => s.Disks.Where(d => d.Size > 0).Select(d => (double?)(100.0 * d.Free / d.Size)).Min(), IsLeast: true),
        new("ledger", LimitUnit.Percent, "of the ledger in use", s => s.Ledger is { Limit: > 0 } ledger ? 100.0 * (ledger.Used ?? ledger.File) / ledger.Limit : null),
    ];

    private static double? Count(StatusView status, string place) => status.Places.FirstOrDefault(p => p.Place == place)?.Messages;

    // Nothing there: nothing is old.
    private static double? Age(StatusView status, string place) => status.Places.FirstOrDefault(p => p.Place == place) is { } found ? found.OldestAgeSeconds ?? 0 : null;
}

/// <summary>A limit of one figure.</summary>
internal sealed record Threshold(StatusFigure Figure, double Limit)
{
    /// <summary>Whether it is passed; null: the figure is not known.</summary>
    public bool? IsPassed(StatusView status) => Figure.Value(status) is { } value ? Figure.IsLeast ? value < Limit : value > Limit : null;

    /// <summary>As in "oldest 20m, over 15m".</summary>
    public string Sentence(StatusView status) => $"{Figure.Name} {Text(Figure.Value(status)!.Value)}, {(Figure.IsLeast ? "under" : "over")} {Text(Limit)}";

    /// <summary>Reads NAME=VALUE,…</summary>
    public static bool TryParse(string text, out IReadOnlyList<Threshold> thresholds, out string fault)
    {
        var found = new List<Threshold>();
        (thresholds, fault) = (found, "");
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', 2) is not [var name, var value] || StatusFigure.All.FirstOrDefault(f => f.Name == name) is not { } figure)
            {
                fault = $"'{part}': must be NAME=VALUE with one of the names {string.Join(", ", StatusFigure.All.Select(f => f.Name))}";
                return false;
            }
            if (!TryValue(figure.Unit, value, out var limit, out var wrong))
            {
                fault = $"'{part}': {wrong}";
                return false;
            }
            found.Add(new Threshold(figure, limit));
        }
        if (found.Count == 0) fault = $"'{text}': names no limit";
        return found.Count > 0;
    }

    private static bool TryValue(LimitUnit unit, string value, out double limit, out string fault)
    {
        (limit, fault) = (0, "");
        if (unit == LimitUnit.Time)
        {
            if (!Duration.TryParse(value, out var time, out fault)) return false;
            limit = time.TotalSeconds;
            return true;
        }
        if (unit == LimitUnit.Percent && !value.EndsWith('%')) fault = "must be a percentage such as 80%";
        else if (!double.TryParse(unit == LimitUnit.Percent ? value[..^1] : value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out limit)) fault = "must be a number";
        return fault.Length == 0;
    }

    private string Text(double value) => Figure.Unit switch
    {
        LimitUnit.Time => Characters.Amount.Age((long)value),
        LimitUnit.Percent => string.Create(CultureInfo.InvariantCulture, $"{value:0.#}%"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.#}"),
    };
}
