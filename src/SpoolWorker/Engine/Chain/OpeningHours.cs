// Which passes have hours, and when each opens next. By the date, as people mean it: what waits in memory waits by the monotonic clock, so
// openings are looked for here too, for the case that the date was set forth.
using SpoolWorker.Calendar;

namespace SpoolWorker.Engine.Chain;

/// <summary>Recipients that wait for the hours of a pass, or the end of its pause.</summary>
/// <param name="Pass">The pass.</param>
/// <param name="Since">When the message came to it, Unix milliseconds.</param>
/// <param name="Next">When that is; see <see cref="Ledger.Deferral.OpenEnded"/>.</param>
/// <param name="Why">For people.</param>
internal sealed record PassWait(string Pass, long Since, DateTimeOffset Next, string Why);

/// <summary>The hours of passes.</summary>
/// <param name="hours">By pass; passes that run all day have none.</param>
internal sealed class OpeningHours(IReadOnlyDictionary<string, PassHours> hours)
{
    private readonly Dictionary<string, DateTimeOffset> _next = [];
    private DateTimeOffset _looked;

    /// <summary>No message waits, whatever the hours: an operator has said so.</summary>
    public bool AreIgnored { get; set; }

    /// <summary>The wait of a message that has come to a pass; null: it goes through.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="cameTo">When it came to passes that were closed then, Unix milliseconds; null: to none so far.</param>
    /// <param name="now">Now.</param>
    public PassWait? WaitAt(string pass, IReadOnlyDictionary<string, long>? cameTo, DateTimeOffset now)
    {
        if (AreIgnored || !hours.TryGetValue(pass, out var ours)) return null;
        var since = cameTo is not null && cameTo.TryGetValue(pass, out var before) ? DateTimeOffset.FromUnixTimeMilliseconds(before) : now;
        return ours.NextFor(since, now) is { } next ? new PassWait(pass, since.ToUnixTimeMilliseconds(), next, $"waits for its hours ({ours})") : null;
    }

    /// <summary>The passes that have hours.</summary>
    public IEnumerable<string> Passes => hours.Keys;

    /// <summary>Passes that have opened since the last look. Called by one thread at a time.</summary>
    public IReadOnlyList<string> OpenedBy(DateTimeOffset now)
    {
        var opened = _next.Where(next => next.Value <= now).Select(next => next.Key).ToList();
        foreach (var (pass, ours) in hours)
        {
            // A date that was set back: what was computed from the other one says nothing.
            if (now < _looked || !_next.TryGetValue(pass, out var next) || next <= now) _next[pass] = ours.NextAfter(now);
        }
        _looked = now;
        return opened;
    }
}
