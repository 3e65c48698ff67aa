using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Registration.</summary>
internal static class JanitorServices
{
    /// <summary>The name of the job.</summary>
    public const string Name = "janitor";

    // What it tells is days old anyway.
    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    /// <summary>Makes the job known.</summary>
    public static IServiceCollection AddJanitor(this IServiceCollection services) => services.AddJob<JanitorOptions>(
        new JobRegistration(Name, "looks for what lies about in spools: orphans, and mail that Exim does not see or take", "Janitor", typeof(JanitorOptions), Every,
            [JobFinding.Good, .. JanitorKinds.All.Select(k => k.Name), JanitorJob.Moved, JanitorJob.Unread])
        {
            IsOn = options => ((JanitorOptions)options).On,
            Create = (options, around) => new JanitorJob((JanitorOptions)options, around),
            Reads = ["Intakes", "Held", "Corrupt"],
            Fixable = JanitorKinds.Movable,
        }, JanitorOptions.Faults);
}
