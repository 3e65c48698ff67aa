// What a check found: one sentence, the cure where there is something to cure, and the name it is known by from version to version.
namespace SpoolWorker.Operations.Checks;

/// <summary>How bad it is.</summary>
internal enum Severity
{
    Ok,

    /// <summary>Could not be looked at.</summary>
    Unknown,

    /// <summary>Works, but slower or less safe than it could.</summary>
    Warning,

    /// <summary>Will not work.</summary>
    Error,
}

/// <summary>One finding.</summary>
/// <param name="Severity">How bad.</param>
/// <param name="Subject">The setting it is about.</param>
/// <param name="Text">What was found.</param>
/// <param name="Cure">What to do; empty when all is well.</param>
internal sealed record Finding(Severity Severity, string Subject, string Text, string Cure = "")
{
    /// <summary>What kind of finding it is; null when all is well.</summary>
    public FindingKind? Kind { get; init; }

    /// <summary>Mends it, and says what it has done; null where a program must not. Never touches mail.</summary>
    public Func<string>? Repair { get; init; }

    /// <summary>What mending it has done: it counts no more.</summary>
    public string? Fixed { get; init; }

    /// <summary>Why mending it has failed.</summary>
    public string? NotFixed { get; init; }

    public static Finding Ok(string subject, string text) => new(Severity.Ok, subject, text);
}

/// <summary>A kind of finding, as docs/doctor.md lists it.</summary>
/// <param name="Name">Stable: acknowledgements and scripts go by it. Lower case, hyphens between words.</param>
/// <param name="Meaning">What it means, as Markdown.</param>
/// <param name="Cure">What to do, as Markdown; a finding of its own may say more exactly.</param>
internal sealed record FindingKind(string Name, string Meaning, string Cure)
{
    public Finding Unknown(string subject, string text, string? cure = null) => Of(Severity.Unknown, subject, text, cure);

    public Finding Warning(string subject, string text, string? cure = null) => Of(Severity.Warning, subject, text, cure);

    public Finding Error(string subject, string text, string? cure = null) => Of(Severity.Error, subject, text, cure);

    private Finding Of(Severity severity, string subject, string text, string? cure) => new(severity, subject, text, cure ?? Cure) { Kind = this };
}
