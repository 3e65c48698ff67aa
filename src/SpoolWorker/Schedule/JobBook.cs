// What is done by the clock, when it was done last and how: for status and metrics. In memory; what outlives a restart
// (LastRuns) is recalled. Any thread.
using System.Collections.Concurrent;
using SpoolWorker.Ledger;

namespace SpoolWorker.Schedule;

/// <summary>A job as it stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Period">From one beginning to the next; null: by the date.</param>
internal sealed record JobState(string Name, TimeSpan? Period)
{
    /// <summary>When it last began; null: not yet.</summary>
    public DateTimeOffset? Began { get; init; }

    /// <summary>When it last ended well; null: not yet.</summary>
    public DateTimeOffset? Succeeded { get; init; }

    /// <summary>How often it ended well, and how often it did not.</summary>
    public long Successes { get; init; }

    /// <inheritdoc cref="Successes"/>
    public long Failures { get; init; }

    /// <summary>Why its last run failed; null: it did not.</summary>
    public string? Fault { get; init; }

    /// <summary>When it is to begin next; null: it is not told, or never.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Of an upkeep job, the words of what it may find; of others none.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>What its last run found, whoever made it; null: it never ran, or finds nothing.</summary>
    public JobReport? Report { get; init; }
}

/// <summary>Notes of one job, by whoever runs it.</summary>
internal sealed class JobNotes(JobState state)
{
    private volatile JobState _state = state;

    public JobState State => _state;

    public void Every(TimeSpan? period) => _state = _state with { Period = period };

    public void Begin(DateTimeOffset now) => _state = _state with { Began = now };

    public void End(DateTimeOffset now) => _state = _state with { Succeeded = now, Successes = _state.Successes + 1, Fault = null };

    /// <summary>It ended well under an earlier process.</summary>
    public void Recall(DateTimeOffset then) => _state = _state with { Succeeded = then, Fault = null };

    /// <summary>When it is to begin next.</summary>
    public void Due(DateTimeOffset? next)
    {
        if (_state.Next != next) _state = _state with { Next = next };
    }

    /// <summary>What it may find.</summary>
    public void MayFind(IReadOnlyList<string> kinds) => _state = _state with { Kinds = kinds };

    /// <summary>What it found.</summary>
    public void Found(JobReport report) => _state = _state with { Report = report };

    public void Fail(string reason) => _state = _state with { Failures = _state.Failures + 1, Fault = reason };
}

/// <summary>All jobs.</summary>
internal sealed class JobBook
{
    private readonly ConcurrentDictionary<string, JobNotes> _jobs = new();

    /// <summary>As they stand, by name.</summary>
    public IReadOnlyList<JobState> All => [.. _jobs.Values.Select(j => j.State).OrderBy(j => j.Name, StringComparer.Ordinal)];

    /// <summary>Nothing is done of that name any more.</summary>
    public void Forget(string name) => _jobs.TryRemove(name, out _);

    /// <summary>The notes of a job, which runs never twice at once. What was noted stays, also where its period is another now.</summary>
    public JobNotes Of(string name, TimeSpan? period = null)
    {
        var notes = _jobs.GetOrAdd(name, _ => new JobNotes(new JobState(name, period)));
        notes.Every(period);
        return notes;
    }
}
