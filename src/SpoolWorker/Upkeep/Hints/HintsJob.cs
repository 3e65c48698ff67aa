// Tidies databases, one after another: looked at, counted, tidied, counted again. Whatever keeps one from that (somebody at work in it, a foreign format, a full disk) is told of that one, with file, reason
// and cure, and the others are done. One that cannot be read is not handed to exim_tidydb. Exim waits for the same lock, so a tool is ended before Exim gives up, and no tool is begun while
// somebody else holds the lock. Hints are hints: whatever happens to a database costs retries, never mail (dbfn.c of Exim).
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>The job.</summary>
internal sealed class HintsJob(HintsOptions options, JobSurroundings around) : IUpkeepJob
{
    /// <summary>Words of what it finds.</summary>
    public const string LeftOut = "left-out", Busy = "busy", NotTidied = "not-tidied", Unreadable = "unreadable", Refused = "refused", Grows = "grows";

    private const string TidyComplete = "Tidying complete", Deleted = "deleted ";

    // Exim holds a lock for milliseconds.
    private const int Looks = 6;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task<IReadOnlyList<JobFinding>> RunAsync(bool isDry, CancellationToken cancellationToken)
    {
        var last = around.Last()?.Findings.GroupBy(f => f.Subject).ToDictionary(g => g.Key, g => g.First().Figures) ?? [];
        var findings = new List<JobFinding>();
        foreach (var place in HintsPlaces.Of(options, around.Settings))
        {
            foreach (var (database, finding) in Look(place))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (database is null) findings.Add(finding!);
                else
                {
                    var before = last.GetValueOrDefault(database.Path);
                    var found = await TryTidyAsync(database, place, before, isDry, cancellationToken).ConfigureAwait(false);
                    findings.Add(found.Figures is null ? found with { Figures = HintsGrowth.Kept(before) } : found);
                }
            }
        }
        return findings;
    }

    /// <summary>How many records a database has, as exim_dumpdb tells it.</summary>
    /// <returns>The number; null: the tool is too old to count, or did not; then see the result.</returns>
    public static async Task<(long? Records, ToolResult Result)> CountAsync(HintsDatabase database, string tools, HintsOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        long records = 0;
        // Keys alone: from 4.96 on. Each line begins with two blanks.
        var result = await new HintsTool($"{tools}/{HintsPlaces.DumpTool}", options.TimeLimit, clock).RunAsync(database, ["-k"], line => records += line.StartsWith("  ", StringComparison.Ordinal) ? 1 : 0, cancellationToken).ConfigureAwait(false);
        return (result.End == ToolEnd.Done ? records : null, result);
    }

    private IEnumerable<(HintsDatabase? Database, JobFinding? Finding)> Look(HintsPlace place)
    {
        var directory = HintsSpool.DirectoryOf(place.Path);
        if (place.LeftTo is { } other) return [(null, new JobFinding(directory, LeftOut, JobLevel.Well, $"{other} tidies it each day; name {place.Path} in Hints:Spools to have it done here"))];
        if (place.Tools is null) return [(null, new JobFinding(directory, Refused, JobLevel.Bad, $"no {HintsPlaces.TidyTool} in the usual places; Hints:Tools names its directory (Debian: exim4-base)"))];
        try
        {
            var databases = HintsSpool.Databases(place.Path).Where(d => options.Databases.Count == 0 || options.Databases.Contains(d.Name)).ToList();
            if (databases.Count == 0) return [(null, new JobFinding(directory, JobFinding.Good, JobLevel.Well, "no hints databases; Exim makes them when it has something to note"))];
            return databases.Select(d => ((HintsDatabase?)d, (JobFinding?)null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [(null, new JobFinding(directory, Refused, JobLevel.Bad, e.Message))];
        }
    }

    // What the database has become meanwhile: db/ a link, its lockfile another's.
    private async Task<JobFinding> TryTidyAsync(HintsDatabase database, HintsPlace place, IReadOnlyDictionary<string, long>? last, bool isDry, CancellationToken cancellationToken)
    {
        try
        {
            return await TidyAsync(database, place, last, isDry, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return new JobFinding(database.Path, Refused, JobLevel.Bad, e.Message);
        }
    }

    private async Task<JobFinding> TidyAsync(HintsDatabase database, HintsPlace place, IReadOnlyDictionary<string, long>? last, bool isDry, CancellationToken cancellationToken)
    {
        JobFinding Found(string kind, JobLevel level, string text) => new(database.Path, kind, level, text);

        if (FaultOf(database) is { } fault) return Found(Refused, JobLevel.Bad, fault);
        if (await BusyAsync(database, cancellationToken).ConfigureAwait(false) is { } holder) return Found(Busy, JobLevel.Later, holder);
        // Berkeley DB's complaint about it is none of a damage: a crash has left it, and it is filled as if it were not there.
        if (database.Bytes == 0) return Found(JobFinding.Good, JobLevel.Well, "is empty; Exim fills it when it has something to note");
        var (before, counted) = await CountAsync(database, place.Tools!, options, around.Clock, cancellationToken).ConfigureAwait(false);
        if (counted.End is not ToolEnd.Done and not ToolEnd.Unknown) return NotDone(database, counted);
        var age = options.AgeOf(database.Name);
        if (isDry) return Found(JobFinding.Good, JobLevel.Well, $"{Text(before)}{Amount.Size(database.Bytes)}; would lose what was not written for {Duration.Text(age)}") with { Figures = Figures(before, database.Bytes) };
        var (removed, isWhole) = (0L, false);
        var tidied = await new HintsTool($"{place.Tools}/{HintsPlaces.TidyTool}", options.TimeLimit, around.Clock).RunAsync(database, ["-t", $"{(long)age.TotalSeconds}s"], line =>
        {
            if (line.TrimStart().StartsWith(Deleted, StringComparison.Ordinal)) removed++;
            isWhole |= line == TidyComplete;
        }, cancellationToken).ConfigureAwait(false);
        if (tidied.End == ToolEnd.Done && !isWhole) tidied = new ToolResult(ToolEnd.Failed, $"{HintsPlaces.TidyTool} did not come to its end");
        if (tidied.End != ToolEnd.Done) return await AfterAsync(database, place, tidied, cancellationToken).ConfigureAwait(false);
        return await CompareAsync(database, place, (before, removed), last, age, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JobFinding> CompareAsync(HintsDatabase database, HintsPlace place, (long? Before, long Removed) had, IReadOnlyDictionary<string, long>? last, TimeSpan age, CancellationToken cancellationToken)
    {
        var (records, counted) = await CountAsync(database, place.Tools!, options, around.Clock, cancellationToken).ConfigureAwait(false);
        // What is written in its end a full disk may have kept from being written.
        if (counted.End is not ToolEnd.Done and not ToolEnd.Unknown) return NotDone(database, counted);
        var bytes = HintsSpool.Again(database)?.Bytes ?? 0;
        var figures = Figures(had.Before, database.Bytes);
        (figures[HintsGrowth.Bytes], figures[HintsGrowth.Removed]) = (bytes, had.Removed);
        if (records is { } count) figures[HintsGrowth.Records] = count;
        HintsGrowth.Keep(figures, last, age, around.Clock.GetUtcNow());
        if (HintsGrowth.FaultOf(figures, options, age) is { } grows)
            return new JobFinding(database.Path, Grows, JobLevel.Bad, $"{grows}; 'spoolworker hints show {database.Name}' tells what fills it, and a lower Hints:Ages:{database.Name} keeps less") { Figures = figures };
        var was = had.Before is { } old ? $" of {Amount.Of(old, "record")}" : "";
        return new JobFinding(database.Path, JobFinding.Good, JobLevel.Well, $"removed {had.Removed.ToString(CultureInfo.InvariantCulture)}{was}, {Text(records)}{Amount.Size(bytes)}") { Figures = figures };
    }

    // It could be read before: what a tool complains of is its writing (a full disk, say), and that may have left a database that nobody can read.
    private async Task<JobFinding> AfterAsync(HintsDatabase database, HintsPlace place, ToolResult tidied, CancellationToken cancellationToken)
    {
        if (tidied.End is not ToolEnd.Failed and not ToolEnd.Unreadable) return NotDone(database, tidied);
        var (_, counted) = await CountAsync(database, place.Tools!, options, around.Clock, cancellationToken).ConfigureAwait(false);
        return NotDone(database, counted.End == ToolEnd.Unreadable ? counted with { Reason = $"{tidied.Reason}; {counted.Reason}" } : tidied with { End = ToolEnd.Failed });
    }

    private static JobFinding NotDone(HintsDatabase database, ToolResult result)
    {
        if (HintsSpool.Again(database) is null) return new JobFinding(database.Path, JobFinding.Good, JobLevel.Well, "is gone; Exim makes it anew when it has something to note");
        return result.End switch
        {
            ToolEnd.Busy => new JobFinding(database.Path, Busy, JobLevel.Later, result.Reason),
            ToolEnd.Unreadable => new JobFinding(database.Path, Unreadable, JobLevel.Bad,
                $"damaged, or not of the Exim that the tools are of ({result.Reason}): Hints:Tools names the right ones; else remove {database.Path}, and Exim makes it anew"),
            _ => new JobFinding(database.Path, NotTidied, JobLevel.Later, result.Reason),
        };
    }

    private static string? FaultOf(HintsDatabase database)
    {
        if (database.Fault is not null) return database.Fault;
        var user = Posix.EffectiveUser;
        if (user == 0) return HintsTool.UserFault(database);
        return user == database.Owner ? null : $"belongs to {Places.UserName(database.Owner)}, and {Places.UserName(user)} may not tidy it; run the worker as that user, or take the spool out of Hints:Spools";
    }

    private async Task<string?> BusyAsync(HintsDatabase database, CancellationToken cancellationToken)
    {
        for (var look = 1; HintsSpool.IsBusy(database, out var process); look++)
        {
            if (look == Looks) return process > 0 ? $"process {process.ToString(CultureInfo.InvariantCulture)} is at work in it; if that is no Exim, end it" : "somebody is at work in it";
            await Task.Delay(Pause, around.Clock, cancellationToken).ConfigureAwait(false);
        }
        return null;
    }

    private static string Text(long? records) => records is { } count ? $"{Amount.Of(count, "record")}, " : "";

    private static Dictionary<string, long> Figures(long? records, long bytes)
    {
        var figures = new Dictionary<string, long> { [HintsGrowth.BytesBefore] = bytes };
        if (records is { } count) figures[HintsGrowth.RecordsBefore] = count;
        return figures;
    }
}
