// How a job beside Exim becomes known to the program: a folder below Upkeep, one registration, a section for its settings. Its name is one in `Schedule:Jobs`,
// in `status` and `job list`, and the label of its metrics. A job looks after things and tells of each what it found; when it runs, what is kept of that,
// pauses, back-off and alerts are not its business. It is never run twice at once (JobRunner), and one that fails stops no mail.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Upkeep;

/// <summary>A job.</summary>
internal interface IUpkeepJob
{
    /// <summary>Does it, and tells what it found about each thing.</summary>
    /// <param name="isDry">Only looks: nothing is changed.</param>
    /// <param name="cancellationToken">The stop.</param>
    /// <exception cref="IOException">It could not be done at all.</exception>
    Task<IReadOnlyList<JobFinding>> RunAsync(bool isDry, CancellationToken cancellationToken);
}

/// <summary>What a job is made with.</summary>
/// <param name="Settings">The program's own settings.</param>
/// <param name="Clock">Dates and time limits.</param>
internal sealed record JobSurroundings(Settings Settings, TimeProvider Clock)
{
    /// <summary>What its last run came to; null: it never ran, or that cannot be read.</summary>
    public Func<JobReport?> Last { get; init; } = static () => null;

    /// <summary>The kind that is to be mended in this run, one of <see cref="JobRegistration.Fixable"/>; null: as its settings say.</summary>
    public string? Fix { get; init; }
}

/// <summary>A job that can be named in <c>Schedule:Jobs</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Section">The section of its settings.</param>
/// <param name="Options">Their type.</param>
/// <param name="Every">How often it runs where <c>Schedule:Jobs</c> does not say.</param>
/// <param name="Kinds">The words of what it may find, <see cref="JobFinding.Good"/> among them.</param>
internal sealed record JobRegistration(string Name, string Summary, string Section, Type Options, TimeSpan Every, IReadOnlyList<string> Kinds)
{
    /// <summary>Whether its settings want it to run at all.</summary>
    public required Func<object, bool> IsOn { get; init; }

    /// <summary>What it reads of the worker's own sections, beside <c>Schedule</c>, <c>Ledger</c> and <c>Target</c>.</summary>
    public IReadOnlyList<string> Reads { get; init; } = [];

    /// <summary>The hours it runs in by the clock, in a zone; null: at any hour.</summary>
    public Func<object, TimeZoneInfo, DayWindows?> Hours { get; init; } = static (_, _) => null;

    /// <summary>Makes it from its settings.</summary>
    public required Func<object, JobSurroundings, IUpkeepJob> Create { get; init; }

    /// <summary>Kinds that it mends where it is asked to.</summary>
    public IReadOnlyList<string> Fixable { get; init; } = [];
}

/// <summary>Registration.</summary>
internal static class JobServiceCollectionExtensions
{
    /// <summary>Makes a job known, with the section of its settings.</summary>
    public static IServiceCollection AddJob<TOptions>(this IServiceCollection services, JobRegistration job, Func<TOptions, IEnumerable<string>> faults)
        where TOptions : class, new() => services.AddSection(job.Section, faults).AddSingleton(job);
}
