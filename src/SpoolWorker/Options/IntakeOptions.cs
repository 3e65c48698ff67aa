using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>How the files of an intake come to be; decides when a pair is whole.</summary>
internal enum IntakeKind
{
    /// <summary>Directory of Exim's experimental queuefile transport: -H first, under final names, maybe half written.</summary>
    Queuefile,

    /// <summary><c>input/</c> of a named queue.</summary>
    NamedQueue,

    /// <summary><c>input/</c> of a second, queue-only Exim.</summary>
    Spool,
}

/// <summary>One element of <c>Intakes</c>.</summary>
[NeedsRestart]
internal sealed class IntakeOptions
{
    /// <summary>Directory with the pairs. For an Exim spool the spool directory or its <c>input</c>, which may still be missing: Exim makes it with its first
    /// message. <c>*</c> and <c>?</c> stand for what they do in a shell; directories that match later are taken too.</summary>
    [PathSetting]
    public string Path { get; set; } = "";

    /// <summary>How the files come to be there.</summary>
    public IntakeKind Kind { get; set; } = IntakeKind.Spool;
}
