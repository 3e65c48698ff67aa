// The settings every pass has, in its own section beside its own keys.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes;

/// <summary>What to do with a message when a pass's service is down.</summary>
public enum OnUnavailable
{
    /// <summary>Leave the message in the intake and try again later.</summary>
    Defer,

    /// <summary>Go on without this pass.</summary>
    Skip,
}

/// <summary>Settings common to all passes.</summary>
public class PassOptions
{
    /// <summary>What is done with a message when the service behind the pass is down.</summary>
    public OnUnavailable OnUnavailable { get; set; } = OnUnavailable.Defer;

    /// <summary>Mail that came longer ago than this goes on without the pass while its service is down, with a header line <c>X-SpoolWorker-Skipped</c> that says so. 0s: it never
    /// does. Not for <c>srs</c>, <c>arc-seal</c>, <c>dkim-sign</c>, <c>dsn</c> and <c>notices</c>.</summary>
    [TimeRange("1s", "30d", OrZero = true)]
    public TimeSpan SkipAfter { get; set; }

    /// <summary>How long one run of the pass may take.</summary>
    [TimeRange("10ms", "12h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Circuit breaker: failures after which the pass is not called for a while.</summary>
    [NumberRange(1, 1000, Unit = "failures")]
    public int BreakAfter { get; set; } = 5;

    /// <summary>How long it is not called, before one message tries the service again.</summary>
    [TimeRange("500ms", "1d")]
    public TimeSpan BreakFor { get; set; } = TimeSpan.FromSeconds(30);
}
