using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>Registration.</summary>
internal static class HintsServices
{
    /// <summary>The name of the job.</summary>
    public const string Name = "hints";

    // As Debian's own.
    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    /// <summary>Makes the job known.</summary>
    public static IServiceCollection AddHints(this IServiceCollection services) => services.AddJob<HintsOptions>(
        new JobRegistration(Name, "tidies the hints databases of Exim's spools", "Hints", typeof(HintsOptions), Every,
            [JobFinding.Good, HintsJob.LeftOut, HintsJob.Busy, HintsJob.NotTidied, HintsJob.Unreadable, HintsJob.Refused, HintsJob.Grows])
        {
            IsOn = options => ((HintsOptions)options).Tidy,
            Reads = ["Intakes"],
            Hours = (options, zone) => ((HintsOptions)options).HoursIn(zone),
            Create = (options, around) => new HintsJob((HintsOptions)options, around),
        }, HintsOptions.Faults);
}
