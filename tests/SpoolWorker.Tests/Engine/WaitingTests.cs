using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>What is remembered of a message that is left, and for how long.</summary>
public sealed class WaitingTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly Intake _intake = new("/intake-that-is-not-there", IntakeKind.Spool);
    private readonly Waiting _waiting;

    public WaitingTests() => _waiting = new Waiting(_clock);

    public void Dispose() => _intake.Dispose();

    [Fact]
    public void What_is_forgotten_leaves_nothing_but_what_outlives_a_look()
    {
        var key = Key(0);
        _waiting.Defer(key, Deferral.In(_clock.GetUtcNow(), TimeSpan.FromMinutes(1), "judge", "not now"));
        _waiting.LeaveForbidden(key).Should().BeTrue();
        _waiting.IsOverdue(key, TimeSpan.FromMinutes(1)).Should().BeFalse();
        (_waiting.Deferred, _waiting.Partial, _waiting.Frozen, _waiting.IsWaiting(key)).Should().Be((1, 1, 0, true));

        _waiting.Forget(key);

        (_waiting.Deferred, _waiting.Partial, _waiting.IsWaiting(key), _waiting.HasWaited(key)).Should().Be((0, 0, false, false));
        _waiting.LeaveForbidden(key).Should().BeFalse("it was said before");
    }

    [Fact]
    public void A_message_waits_until_its_time_or_until_its_pass_is_asked_again()
    {
        _waiting.Defer(Key(0), Deferral.In(_clock.GetUtcNow(), TimeSpan.FromMinutes(2), "judge", "not now"));
        _waiting.Defer(Key(1), Deferral.In(_clock.GetUtcNow(), TimeSpan.FromMinutes(1), "other", "not now"));
        _waiting.Due().Should().BeEmpty();
        _clock.Advance(TimeSpan.FromMinutes(1));
        _waiting.Due().Should().Equal(Key(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _waiting.MakeDue("judge").Should().Equal(Key(0));
        _waiting.Due().Should().Equal(Key(1), Key(0));
        _waiting.HasWaited(Key(0)).Should().BeTrue();
    }

    [Fact]
    public void What_left_its_intake_is_forgotten_and_what_cannot_be_decided_is_withheld_still()
    {
        foreach (var n in new[] { 0, 1, 2 }) _waiting.Stick(Key(n));
        _waiting.Withhold(Key(1));

        _waiting.Keep(_intake, new HashSet<MessageId> { Key(0).Id });

        (_waiting.IsStuck(Key(0)), _waiting.IsStuck(Key(1)), _waiting.IsStuck(Key(2))).Should().Be((true, false, false));
        (_waiting.IsWaiting(Key(1)), _waiting.IsWaiting(Key(2))).Should().Be((true, false));
    }

    [Fact]
    public void Nothing_of_it_depends_on_who_comes_first()
    {
        Parallel.For(0, 2000, n =>
        {
            var key = Key(n % 20);
            _waiting.Defer(key, Deferral.In(_clock.GetUtcNow(), TimeSpan.FromMinutes(1), "judge", "not now"));
            _waiting.LeaveForbidden(key);
            _waiting.Stick(key);
            _waiting.Forget(key);
        });
        _waiting.Deferred.Should().Be(0);
        Enumerable.Range(0, 20).Should().OnlyContain(n => _waiting.IsStuck(Key(n)) && !_waiting.LeaveForbidden(Key(n)));
    }

    private MessageKey Key(int n) => new(_intake, PairFactory.Parse(PairFactory.ShortId(n)));
}
