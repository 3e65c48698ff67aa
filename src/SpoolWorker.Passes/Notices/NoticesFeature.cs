// The feature `notices`. Naming it in `Passes` makes the worker tell administrators of mail it holds, of viruses unless its condition says otherwise. A notice is
// committed with the hold, so it is the engine's, no step of the chain, and its place in `Passes` does not matter.
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Notices;

/// <summary>Tells of held mail.</summary>
public sealed class NoticesFeature
{
    /// <summary>The name in <c>Passes</c>, and the section.</summary>
    public const string Name = "notices", Section = "Notices";

    /// <summary>Makes the feature of settings that nothing is wrong with; reads the template.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="host">The name of this host, as <c>Dsn:ReportingMta</c> has it; empty: its own.</param>
    public NoticesFeature(NoticeOptions options, string host)
    {
        Options = options;
        To = [.. options.To.Select(MailboxAddress.Parse)];
        When = Condition.TryParse(options.When, ConditionNames.Checked, out var when, out var error) ? when : throw new ArgumentException(error, nameof(options));
        Template = NoticeTemplate.TryLoad(options.Templates, options.Language, out var template, out error) ? template : throw new ArgumentException(error, nameof(options));
        Origin = DsnOrigin.Of(new DsnOptions { ReportingMta = host, From = options.From });
    }

    /// <summary>Its settings.</summary>
    public NoticeOptions Options { get; }

    /// <summary>Whom it is for.</summary>
    public IReadOnlyList<MailboxAddress> To { get; }

    /// <summary>Which held mail is told of.</summary>
    public Condition When { get; }

    /// <summary>The words.</summary>
    public TextTemplate Template { get; }

    /// <summary>Who writes.</summary>
    public DsnOrigin Origin { get; }
}

/// <summary>Registration.</summary>
public static class NoticesServiceCollectionExtensions
{
    /// <summary>Makes it known.</summary>
    public static IServiceCollection AddNotices(this IServiceCollection services) => services.AddFeature<NoticeOptions>(NoticesFeature.Name, NoticesFeature.Section, NoticeOptions.Faults);
}
