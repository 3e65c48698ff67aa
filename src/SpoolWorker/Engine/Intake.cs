// One intake at run time, and the key of a message in it.
using SpoolWorker.Configuration;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>A directory pairs are taken from.</summary>
internal sealed class Intake(string path, IntakeKind kind)
{
    public Intake(IntakeOptions options) : this(Places.IntakePath(options), options.Kind)
    {
    }

    public IntakeKind Kind { get; } = kind;

    public SpoolDirectory Directory { get; } = new(path);

    /// <summary>Names the intake in ledger and log.</summary>
    public string Path => Directory.Path;
}

/// <summary>A message of an intake.</summary>
internal readonly record struct MessageKey(Intake Intake, MessageId Id)
{
    public override string ToString() => Id.ToString();
}
