// Section `Dsn`: who writes notifications, when, to whom not, and in which languages.
using MimeKit;
using SpoolWorker.Passes.Ranges;

#pragma warning disable RS0030 // asks whether the directory of a setting is there

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>What becomes of a recipient whose failure the sender must not be told of.</summary>
public enum OnSuppressed
{
    /// <summary>The message is held for the operator: nothing is lost.</summary>
    Hold,

    /// <summary>The message is dropped for that recipient, with a line in the log.</summary>
    Discard,
}

/// <summary>Settings of the pass <c>dsn</c>.</summary>
public sealed class DsnOptions : PassOptions
{
    /// <summary>Name of this host in reports. Empty: the host's own.</summary>
    public string ReportingMta { get; set; } = "";

    /// <summary>Who notifications are from. Empty: Mailer-Daemon at <see cref="ReportingMta"/>.</summary>
    public string From { get; set; } = "";

    /// <summary>Ages at which the sender of a deferred message is told of the delay, each once. Exim's default of delay_warning.</summary>
    [TimeRange("1s", "3650d")]
    public List<TimeSpan> DelayWarning { get; set; } = [TimeSpan.FromDays(1)];

    /// <summary>Age at which a deferred message is returned; 0s: never. Exim's usual retry rules end then too.</summary>
    [TimeRange("1s", "3650d", OrZero = true)]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(4);

    /// <summary>What is returned when RET was not given: <c>headers</c> or <c>full</c>.</summary>
    public Returned Return { get; set; } = Returned.Headers;

    /// <summary>Largest body that is returned in full. Exim's default of message_size_limit, so that what was taken can be returned.</summary>
    [NumberRange(0, 1L << 40, Unit = "bytes")]
    public long MaxReturnSize { get; set; } = 50L << 20;

    /// <summary>Report "relayed" where NOTIFY=SUCCESS was asked for, as what comes after the target reports nothing.</summary>
    public bool ReportRelayed { get; set; }

    /// <summary>What becomes of a recipient whose failure the sender must not be told of.</summary>
    public OnSuppressed OnSuppressed { get; set; } = OnSuppressed.Hold;

    /// <summary>Results of SPF with which no notification is sent.</summary>
    public List<string> SuppressSpf { get; set; } = ["fail"];

    /// <summary>Results of DMARC with which no notification is sent.</summary>
    public List<string> SuppressDmarc { get; set; } = ["fail"];

    /// <summary>Send no notification for mail from lists.</summary>
    public bool SuppressLists { get; set; } = true;

    /// <summary>Send no notification for mail that no person wrote.</summary>
    public bool SuppressAutomatic { get; set; } = true;

    /// <summary>Most notifications to one address within <see cref="RatePer"/>; 0: any number.</summary>
    [NumberRange(0, 1000000, Unit = "notifications")]
    public int RateLimit { get; set; } = 20;

    /// <summary>The time in which they are counted.</summary>
    [TimeRange("1s", "365d")]
    public TimeSpan RatePer { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Languages of the text; <c>en</c>, <c>de</c> and <c>fr</c> are built in. The first is used where the message does not ask for another of
    /// them.</summary>
    public List<string> Language { get; set; } = ["en"];

    /// <summary>Directory with a template, such as <c>de.txt</c>, for each language; what is missing there is built in. Empty: the built-in ones.</summary>
    [PathSetting]
    public string Templates { get; set; } = "";

    /// <summary>The ages of <see cref="DelayWarning"/> in ascending order.</summary>
    public IReadOnlyList<TimeSpan> DelayWarnings() => [.. DelayWarning.Distinct().Order()];

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DsnOptions options)
    {
        if (options.ReportingMta.Length > 0 && !DsnOrigin.IsHostName(options.ReportingMta)) yield return $"ReportingMta = '{options.ReportingMta}': must be a host name";
        if (options.From.Length > 0 && !MailboxAddress.TryParse(options.From, out _)) yield return $"From = '{options.From}': must be an address, such as Mail Delivery <postmaster@example.org>";
        if (options.Language.Count == 0) yield return "Language: empty. Name at least one, such as en";
        if (options.Templates.Length > 0 && !Directory.Exists(options.Templates)) yield return $"Templates = '{options.Templates}': no such directory";
        foreach (var language in options.Language)
        {
            if (!DsnTemplate.TryLoad(options.Templates, language, out _, out var error)) yield return $"Language = '{language}': {error}";
        }
    }
}
