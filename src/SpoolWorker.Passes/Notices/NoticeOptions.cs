// Section `Notices`: who is told of mail that is held, of which, how often, and in which language.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Ranges;

#pragma warning disable RS0030 // asks whether the directory of a setting is there

namespace SpoolWorker.Passes.Notices;

/// <summary>Settings of the feature <c>notices</c>.</summary>
public sealed class NoticeOptions : PassOptions
{
    // Some operators; a list has an address of its own.
    private const int MostAddresses = 50;

    /// <summary>Whom notices are sent to: all of them get each.</summary>
    public List<string> To { get; set; } = [];

    /// <summary>Which mail that is being held they are told of: a condition, as in <c>virus_result = virus or pass = rules</c>.</summary>
    public string When { get; set; } = "virus_result = virus";

    /// <summary>Address in the From line; the envelope has the null sender. Empty: Mailer-Daemon at this host.</summary>
    public string From { get; set; } = "";

    /// <summary>Most notices within <see cref="RatePer"/>; 0: any number. What is above it is counted, and told with the next notice, or in one of its own as soon as one may go.</summary>
    [NumberRange(0, 1000000, Unit = "notices")]
    public int RateLimit { get; set; } = 20;

    /// <summary>The time in which they are counted.</summary>
    [TimeRange("1s", "365d")]
    public TimeSpan RatePer { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Language of the text; <c>en</c>, <c>de</c> and <c>fr</c> are built in.</summary>
    public string Language { get; set; } = "en";

    /// <summary>Directory with templates, such as <c>de.txt</c>; what is missing there is built in. Empty: the built-in ones.</summary>
    [PathSetting]
    public string Templates { get; set; } = "";

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(NoticeOptions options, PassPlace place)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        if (options.To.Count == 0) yield return "To: empty. Name at least one address, such as postmaster@example.org";
        if (options.To.Count > MostAddresses) yield return $"To: {options.To.Count} addresses; name at most {MostAddresses}, or a mailing list";
        for (var i = 0; i < options.To.Count; i++)
        {
            if (!IsAddress(options.To[i])) yield return $"To:{i} = '{options.To[i]}': must be an address in ASCII, such as postmaster@example.org";
        }
        if (options.From.Length > 0 && !IsAddress(options.From)) yield return $"From = '{options.From}': must be an address in ASCII, such as Held mail <postmaster@example.org>";
        // Its place among the others does not matter: it is asked when all are done.
        var last = place with { Order = [.. place.Order.Where(name => name != place.Name), place.Name] };
        if (!Condition.TryParse(options.When, ConditionNames.OfHeld(last), out _, out var error)) yield return $"When = '{options.When}': {error}";
        if (options.Templates.Length > 0 && !Directory.Exists(options.Templates)) yield return $"Templates = '{options.Templates}': no such directory";
        if (!NoticeTemplate.TryLoad(options.Templates, options.Language, out _, out error)) yield return $"Language = '{options.Language}': {error}";
    }

    // The envelope has no other than ASCII where Exim was not built or told to take it.
    private static bool IsAddress(string text) => Ascii.IsValid(text) && MailboxAddress.TryParse(text, out var address)
        && address.Address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
        && at < address.Address.Length - 1 && !address.Address.AsSpan().ContainsAny(" \t\r\n");
}

/// <summary>Texts of notices.</summary>
public static class NoticeTemplate
{
    private static readonly TextTemplateKind Kind = new("notice-", "Notices:Templates",
        ["held-subject", "held", "command", "untold", "summary-subject", "summary"],
        ["host", "found", "pass", "id", "commands", "arrived", "sender", "recipients", "client", "subject", "untold", "count", "since"]);

    /// <summary>Reads a language's file from a directory, or the built-in one.</summary>
    public static bool TryLoad(string directory, string language, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TextTemplate? template, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error) =>
        TextTemplate.TryLoad(Kind, directory, language, out template, out error);
}
