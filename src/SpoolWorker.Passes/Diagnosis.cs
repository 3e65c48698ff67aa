// What a pass knows of a refusal beyond its reason, for the machine-readable fields of the notification that returns the
// message. All of it is optional; texts may hold anything, the fields are made safe when they are written.
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes;

/// <summary>The particulars of a refusal.</summary>
public sealed record Diagnosis
{
    /// <summary>A refusal of which no more is known than its reason.</summary>
    public static Diagnosis None { get; } = new();

    /// <summary>What kind of refusal it is, for the field Status; null: a rule of this mail system, or its own trouble when the message only waits.</summary>
    public StatusDetail? Status { get; init; }

    /// <summary>What the daemon or server behind the pass answered, as it was; lines separated by LF.</summary>
    public string Answer { get; init; } = "";

    /// <summary>The daemon's IP address or host name, or the path of its socket.</summary>
    public string Address { get; init; } = "";

    /// <summary>The daemon's port; 0 when there is none.</summary>
    public int Port { get; init; }

    /// <summary>What it said when it was connected to, where it did.</summary>
    public string Greeting { get; init; } = "";

    /// <summary>What it answered to HELO or EHLO, where it was asked.</summary>
    public string HeloResponse { get; init; } = "";
}
