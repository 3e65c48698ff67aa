// The daemons that passes ask, as registrations name them: whoever looks after the host asks each of them for itself, whether it would answer a message. A daemon that is
// not well is a state with a reason, never an exception.
namespace SpoolWorker.Passes;

/// <summary>How a daemon fares.</summary>
/// <param name="Text">Its address, with what it answers or what is wrong.</param>
/// <param name="Trouble">Null: it is well. Else the second half of the finding's name, of which the daemon's name is the first.</param>
public sealed record ServiceHealth(string Text, string? Trouble = null)
{
    /// <summary>The trouble of one that does not answer, or not as it should.</summary>
    public const string Silent = "silent";
}

/// <summary>One address of a pass's settings, and how to ask there.</summary>
/// <param name="Name">What it is, as findings name it: <c>dccifd</c>.</param>
/// <param name="Key">The key in the section of the pass that names it: <c>Address</c>.</param>
/// <param name="Address">As the operator wrote it.</param>
/// <param name="AskAsync">Asks it without an effect that lasts; throws nothing but the caller's cancellation.</param>
public sealed record NeededService(string Name, string Key, string Address, Func<CancellationToken, ValueTask<ServiceHealth>> AskAsync);
