namespace SpoolWorker.Tests.Engine;

/// <summary>A clock that stands still until it is moved. <see cref="Jump"/> changes the date only, as an operator or NTP does.</summary>
internal sealed class FakeClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private long _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long GetTimestamp()
    {
        lock (_lock) return _elapsed;
    }

    /// <summary>Time goes by; timers ring.</summary>
    public void Advance(TimeSpan by)
    {
        List<FakeTimer> ringing;
        lock (_lock)
        {
            _now += by;
            _elapsed += by.Ticks;
            ringing = [.. _timers.Where(t => t.Due <= _elapsed)];
            foreach (var timer in ringing) _timers.Remove(timer);
        }
        foreach (var timer in ringing) timer.Ring();
    }

    /// <summary>The date changes, no time goes by.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_lock) _now += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class FakeTimer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; private set; }

        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock._elapsed + dueTime.Ticks;
                clock._timers.Add(this);
            }
            if (dueTime <= TimeSpan.Zero) clock.Advance(TimeSpan.Zero);
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
