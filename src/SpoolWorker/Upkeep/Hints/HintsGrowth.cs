// Whether a database grows although it is tidied. In steady traffic it has, behind a run, what came within one age: it fills for as long, and then stays. So time is cut into pieces of one age,
// and of each is kept the most that a run left; what is much more than that of the piece before grows. Of the first piece nothing is said: it may still fill. By records, or by
// bytes where the tool is too old to count. What is kept stands among the figures of a finding, in the ledger's row of the last run.
using SpoolWorker.Characters;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>Figures of a database, as a finding carries them.</summary>
internal static class HintsGrowth
{
    /// <summary>Their names.</summary>
    public const string RecordsBefore = "recordsBefore", Records = "records", BytesBefore = "bytesBefore", Bytes = "bytes", Removed = "removed";

    /// <summary>Names of what is kept from run to run: when this piece of time began (Unix seconds), the most a run left in it, and in the piece before.</summary>
    public const string Since = "since", Most = "most", MostBefore = "mostBefore";

    /// <summary>Adds what is kept to the figures of a run.</summary>
    /// <param name="figures">Those of this run.</param>
    /// <param name="last">Those of the last one; null: there was none.</param>
    /// <param name="age">How old records may get.</param>
    /// <param name="now">Now.</param>
    public static void Keep(Dictionary<string, long> figures, IReadOnlyDictionary<string, long>? last, TimeSpan age, DateTimeOffset now)
    {
        var (measure, second) = (Measure(figures), now.ToUnixTimeSeconds());
        // A date that was set back, or a tool that begins to count: from the start.
        var isNew = last is null || last.ContainsKey(Records) != figures.ContainsKey(Records) || !last.TryGetValue(Since, out _) || last[Since] > second;
        var isOver = !isNew && second - last![Since] >= (long)age.TotalSeconds;
        figures[Since] = isNew || isOver ? second : last![Since];
        figures[Most] = isNew || isOver ? measure : Math.Max(last!.GetValueOrDefault(Most), measure);
        if (isOver) figures[MostBefore] = last!.GetValueOrDefault(Most);
        else if (!isNew && last!.TryGetValue(MostBefore, out var before)) figures[MostBefore] = before;
    }

    /// <summary>What is kept where a run could not count; null: nothing is.</summary>
    public static IReadOnlyDictionary<string, long>? Kept(IReadOnlyDictionary<string, long>? last)
    {
        if (last is null || !last.TryGetValue(Since, out var since)) return null;
        var kept = new Dictionary<string, long> { [Since] = since, [Most] = last.GetValueOrDefault(Most) };
        if (last.TryGetValue(MostBefore, out var before)) kept[MostBefore] = before;
        // By what it was measured.
        if (last.TryGetValue(Records, out var records)) kept[Records] = records;
        return kept;
    }

    /// <summary>Why it grows although tidied; null: it does not.</summary>
    public static string? FaultOf(IReadOnlyDictionary<string, long> figures, HintsOptions options, TimeSpan age)
    {
        var (bytes, measure) = (figures[Bytes], Measure(figures));
        if (bytes > options.LargeBytes) return $"has {Amount.Size(bytes)} although tidied, more than Hints:LargeBytes";
        if (bytes <= options.SmallBytes || !figures.TryGetValue(MostBefore, out var before) || measure <= Math.Max(1, before) * (decimal)options.GrowthPercent / 100) return null;
        string Text(long amount) => figures.ContainsKey(Records) ? Amount.Of(amount, "record") : Amount.Size(amount);

        return $"grows although tidied: it has {Text(measure)}, and had {Text(before)} at the most in the {Passes.Ranges.Duration.Text(age)} before {DateTimeOffset.FromUnixTimeSeconds(figures[Since]):yyyy-MM-dd}";
    }

    private static long Measure(IReadOnlyDictionary<string, long> figures) => figures.TryGetValue(Records, out var records) ? records : figures[Bytes];
}
