// What the last run of an upkeep job came to: a row in the ledger's table of itself, so that status and alerts outlive a restart, and the worker sees what a
// run by hand has found. Bounded: findings and their texts are cut to what an operator reads.
using System.Text.Json;
using System.Text.Json.Serialization;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger;

/// <summary>How well it is with one thing that a job looks after.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobLevel>))]
internal enum JobLevel
{
    /// <summary>As it should be, or nothing is to be done.</summary>
    Well,

    /// <summary>Not done now; it is tried again.</summary>
    Later,

    /// <summary>Somebody has to act.</summary>
    Bad,
}

/// <summary>What a job found about one thing.</summary>
/// <param name="Subject">The thing, such as the file of a certificate.</param>
/// <param name="Kind">What it came to: one of the words of the job; <see cref="Good"/> where there is nothing to tell.</param>
/// <param name="Level">How well it is.</param>
/// <param name="Text">A sentence for people.</param>
internal sealed record JobFinding(string Subject, string Kind, JobLevel Level, string Text)
{
    /// <summary>What was counted, by name; null: nothing is. What the job goes by in its next run stands here too.</summary>
    public IReadOnlyDictionary<string, long>? Figures { get; init; }

    /// <summary>The word of all jobs for what is as it should be.</summary>
    public const string Good = "good";

    /// <summary>Since when it is so, Unix milliseconds; null: that is not told.</summary>
    public long? Since { get; init; }

    /// <summary>How many things more it stands for, which are not named.</summary>
    public int Others { get; init; }
}

/// <summary>A run of a job.</summary>
/// <param name="Ended">Unix milliseconds.</param>
/// <param name="Findings">What it found.</param>
internal sealed record JobReport(long Ended, IReadOnlyList<JobFinding> Findings)
{
    // More things than a job of one host has, and two lines of a screen.
    private const int MostFindings = 1000, MostCharacters = 500;

    /// <summary>Why the run is to be made again soon; null: it need not.</summary>
    [JsonIgnore]
    public string? Fault => Findings.Count(f => f.Level == JobLevel.Later) is var count and > 0
        ? $"{Findings.First(f => f.Level == JobLevel.Later) switch { var first => $"{first.Subject}: {first.Text}" }}{(count > 1 ? $" (and {count - 1} more)" : "")}" : null;

    /// <summary>As it is kept.</summary>
    public JobReport Cut() => this with { Findings = [.. Findings.Take(MostFindings).Select(f => f.Text.Length <= MostCharacters ? f : f with { Text = f.Text[..MostCharacters] + "…" })] };

    /// <summary>The row's bytes.</summary>
    public byte[] ToRow() => JsonSerializer.SerializeToUtf8Bytes(Cut(), JobReportJson.Default.JobReport);

    /// <summary>A row; null for what cannot be read.</summary>
    public static JobReport? TryRead(ReadOnlySpan<byte> value) => JsonRow.TryRead(value, JobReportJson.Default.JobReport);
}

/// <summary>Makes the bytes.</summary>
[JsonSerializable(typeof(JobReport))]
internal sealed partial class JobReportJson : JsonSerializerContext;
