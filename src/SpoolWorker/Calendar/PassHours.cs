// When messages may go through a pass that does not run all day. A window lets them through while it is open. A cron expression is a batch: at
// its time goes all that has come to the pass by then, however long the batch takes; what comes later waits for the next one.
namespace SpoolWorker.Calendar;

/// <summary>The hours of one pass: one of the two.</summary>
internal sealed record PassHours(CronTimes? Cron, DayWindows? Window)
{
    /// <summary>When a message may go through; null: now.</summary>
    /// <param name="since">When it came to the pass.</param>
    /// <param name="now">Now.</param>
    public DateTimeOffset? NextFor(DateTimeOffset since, DateTimeOffset now)
    {
        if (Window is not null) return Window.Contains(now) ? null : Window.NextAfter(now);
        // A batch at the very moment it came takes it along.
        var batch = Cron!.After((since < now ? since : now) - TimeSpan.FromMilliseconds(1));
        return batch <= now ? null : Cron.After(now) ?? DateTimeOffset.MaxValue;
    }

    /// <summary>When it opens next, after a moment.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset moment) => Window?.NextAfter(moment) ?? Cron!.After(moment) ?? DateTimeOffset.MaxValue;

    /// <summary>As it was written, for people.</summary>
    public override string ToString() => Window is not null ? Window.Text : $"batch at '{Cron!.Text}'";
}
