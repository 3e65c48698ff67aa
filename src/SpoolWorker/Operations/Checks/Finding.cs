// What check-config found: one sentence, and the cure where there is something to cure.
namespace SpoolWorker.Operations.Checks;

/// <summary>How bad it is.</summary>
internal enum Severity
{
    Ok,

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
    public static Finding Ok(string subject, string text) => new(Severity.Ok, subject, text);

    public static Finding Warning(string subject, string text, string cure) => new(Severity.Warning, subject, text, cure);

    public static Finding Error(string subject, string text, string cure) => new(Severity.Error, subject, text, cure);
}
