// The pause that all workers make while nothing can be handed over.
using FluentAssertions;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine;

namespace SpoolWorker.Tests.Engine;

public sealed class EnvironmentPauseTests
{
    private readonly FakeClock _clock = new();
    private readonly Reader _told = new();

    [Fact]
    public void It_is_seen_once_it_was_told()
    {
        // A run that sees it ends: its reason has to stand in the log by then.
        var pause = _told.Of = new EnvironmentPause(_clock, _told);

        pause.Begin();

        _told.Seen.Should().Equal(false);
        pause.IsOn.Should().BeTrue();
    }

    [Fact]
    public void Each_failure_behind_its_end_makes_it_twice_as_long_until_a_message_is_handed_over()
    {
        var pause = _told.Of = new EnvironmentPause(_clock, _told);
        pause.Begin();
        pause.Begin();
        _clock.Advance(TimeSpan.FromSeconds(1));
        pause.Begin();
        pause.End();
        pause.End();
        pause.IsOn.Should().BeFalse();
        pause.WaitAsync(CancellationToken.None).IsCompletedSuccessfully.Should().BeTrue();

        pause.Begin();

        _told.Lines.Should().HaveCount(3).And.SatisfyRespectively(l => l.Should().Contain("in 1 s"), l => l.Should().Contain("in 2 s"), l => l.Should().Contain("in 1 s"));
    }

    private sealed class Reader : ILogger
    {
        public EnvironmentPause? Of { get; set; }

        public List<bool> Seen { get; } = [];

        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Seen.Add(Of!.IsOn);
            Lines.Add(formatter(state, exception));
        }
    }
}
