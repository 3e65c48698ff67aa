using System.Globalization;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Why a message goes on without a pass.</summary>
internal enum SkipCause
{
    /// <summary>Its service is down, and <c>OnUnavailable</c> is <c>skip</c>.</summary>
    OnUnavailable,

    /// <summary>Its service is down, and the message is older than <c>SkipAfter</c>.</summary>
    SkipAfter,

    /// <summary>An operator said so.</summary>
    ByHand,
}

/// <summary>A pass that was skipped.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Text">The same for people.</param>
internal sealed record Skip(SkipCause Cause, string Text)
{
    /// <summary>The word in header lines, metrics and JSON.</summary>
    public string Word => Cause switch { SkipCause.OnUnavailable => "on-unavailable", SkipCause.SkipAfter => "skip-after", _ => "by-hand" };

    /// <summary>Whether the message bears a mark of it: <c>OnUnavailable</c> is for passes whose work nobody counts on.</summary>
    public bool IsMarked => Cause != SkipCause.OnUnavailable;
}

/// <summary>The header line that tells those behind the worker which passes a message goes without. Nothing but words of ours and a date: a reason would tell
/// strangers of the daemons here.</summary>
internal static class SkipMark
{
    /// <summary>Its name. A line of this name that comes with a message says nothing: only the worker's own may stay.</summary>
    public static ReadOnlySpan<byte> Name => "X-SpoolWorker-Skipped"u8;

    /// <summary>As in <c>X-SpoolWorker-Skipped: dcc; skip-after; Sun, 29 Nov 2026 02:30:00 +0000</c>; the date as RFC 5322, 3.3 has it.</summary>
    public static HeaderLine Line(string pass, Skip skip, DateTimeOffset now) =>
        HeaderLine.Create(string.Create(CultureInfo.InvariantCulture, $"X-SpoolWorker-Skipped: {pass}; {skip.Word}; {now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\n"));
}
