namespace SpoolWorker.Tests.Engine;

/// <summary>A clock that stands still until it is moved. <see cref="Jump"/> changes the date only, as an operator or NTP does. Timers of up to
/// <see cref="Moment"/> (the engine's second looks at what is busy or half written) ring by real time, too: a test waits for them, it does not
/// let time go by for them.</summary>
internal sealed class FakeClock : TimeProvider
{
    /// <summary>The longest wait between two looks.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private long _elapsed;

    /// <summary>How much later it is at each look at the date.</summary>
    public TimeSpan Step { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Whether somebody waits.</summary>
    public bool HasTimer
    {
        get
        {
            lock (_lock) return _timers.Count > 0;
        }
    }

    /// <summary>Called at each look at the date: for what has to happen between two steps of the engine.</summary>
    public Action? OnLook { get; set; }

    public override DateTimeOffset GetUtcNow()
    {
        OnLook?.Invoke();
        lock (_lock) return _now += Step;
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

    private sealed class FakeTimer : ITimer
    {
        private readonly FakeClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly Timer _real;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public FakeTimer(FakeClock clock, TimerCallback callback, object? state)
        {
            _clock = clock;
            _callback = callback;
            _state = state;
            _real = new Timer(static timer => ((FakeTimer)timer!).RingByRealTime(), this, Timeout.Infinite, Timeout.Infinite);
        }

        public long Due { get; private set; }

        /// <summary>Called when it is no longer among the timers.</summary>
        public void Ring()
        {
            if (_period > TimeSpan.Zero) Change(_period, _period);
            _callback(_state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._lock)
            {
                _clock._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                _period = period;
                Due = _clock._elapsed + dueTime.Ticks;
                _clock._timers.Add(this);
            }
            if (dueTime <= TimeSpan.Zero) _clock.Advance(TimeSpan.Zero);
            else if (dueTime <= Moment) _real.Change(dueTime, Timeout.InfiniteTimeSpan);
            return true;
        }

        public void Dispose()
        {
            lock (_clock._lock) _clock._timers.Remove(this);
            _real.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void RingByRealTime()
        {
            lock (_clock._lock)
            {
                if (!_clock._timers.Remove(this)) return;
            }
            Ring();
        }
    }
}
