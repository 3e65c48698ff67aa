// When schedules and jobs ran last, and what jobs found: a few rows in the ledger's table of itself, so that a worker that starts knows what it has missed. Throws LedgerException.
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LightningDB;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger;

/// <summary>The last run of a schedule.</summary>
/// <param name="Began">Unix milliseconds.</param>
/// <param name="Took">Milliseconds.</param>
/// <param name="Messages">How many it found.</param>
internal sealed record JobRun(long Began, long Took, int Messages);

/// <summary>Runs of schedules, by name.</summary>
internal sealed class LastRuns(LmdbStore store, LightningDatabase meta)
{
    private static ReadOnlySpan<byte> Prefix => "job "u8;

    /// <summary>The last run; null when it never ran, or its row cannot be read.</summary>
    public JobRun? Find(string name) => store.Read(transaction =>
    {
        var (code, _, value) = transaction.Get(meta, KeyOf(name));
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return TryRead(value.AsSpan());
    });

    /// <summary>Notes a run.</summary>
    public void Note(string name, JobRun run) => store.Write(transaction => Put(transaction, name, run));

    /// <summary>As <see cref="Note(string, JobRun)"/>, with what else happens in a transaction. Null: it never ran.</summary>
    public void Put(LightningTransaction transaction, string name, JobRun? run)
    {
        if (run is not null) transaction.Put(meta, KeyOf(name), JsonSerializer.SerializeToUtf8Bytes(run, JobJson.Default.JobRun)).ThrowOnError();
        else if (transaction.Delete(meta, KeyOf(name)) is var code and not MDBResultCode.NotFound) code.ThrowOnError();
    }

    /// <summary>What the last run of an upkeep job came to; null when it never ran, or its row cannot be read.</summary>
    public JobReport? Report(string name) => store.Read(transaction =>
    {
        var (code, _, value) = transaction.Get(meta, ReportKeyOf(name));
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return JobReport.TryRead(value.AsSpan());
    });

    /// <summary>Notes what a run came to, and the run itself where it was a good one.</summary>
    public void Note(string name, JobReport report, JobRun? run) => store.Write(transaction =>
    {
        transaction.Put(meta, ReportKeyOf(name), report.ToRow()).ThrowOnError();
        if (run is not null) Put(transaction, name, run);
    });

    /// <summary>The key of the row of a report.</summary>
    public static byte[] ReportKeyOf(string name) => [.. "report "u8, .. Encoding.UTF8.GetBytes(name)];

    /// <summary>The key of a row.</summary>
    public static byte[] KeyOf(string name) => [.. Prefix, .. Encoding.UTF8.GetBytes(name)];

    /// <summary>A row; null for what cannot be read.</summary>
    public static JobRun? TryRead(ReadOnlySpan<byte> value) => JsonRow.TryRead(value, JobJson.Default.JobRun);
}

/// <summary>The row's bytes.</summary>
[JsonSerializable(typeof(JobRun))]
internal sealed partial class JobJson : JsonSerializerContext;
