using SpoolWorker.Engine.Intakes;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Passes whose service is down, that throw, hang or return nonsense; deferral, back-off, schedules; attempts.</summary>
public class ServiceFailureTests
{
    [Fact]
    public async Task A_deferral_backs_off_with_jitter_up_to_RetryMost()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.RetryFirst = TimeSpan.FromMinutes(1);
        rig.Settings.Engine.RetryMost = TimeSpan.FromMinutes(10);
        var pass = rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Defer("later"))));
        var pair = new PairFactory().In(rig.Intake);

        for (var n = 0; n < 7; n++)
        {
            await rig.DrainAsync();
            pass.Calls.Should().Be(n + 1);
            var entry = rig.Ledger.Find(rig.Intake, pair.MessageId)!;
            entry.Failures.Should().Be(0, "a deferral is not held against the message");
            var wait = DateTimeOffset.FromUnixTimeMilliseconds(entry.Deferred!.Next) - rig.Clock.GetUtcNow();
            var middle = Math.Min(Math.Pow(2, n), 10);
            wait.TotalMinutes.Should().BeInRange(Math.Min(0.79 * middle, 8), Math.Min(1.21 * middle, 10.001));
            rig.Clock.Advance(wait - TimeSpan.FromSeconds(1));
            await rig.Engine.RetryAsync(CancellationToken.None);
            await rig.DrainAsync();
            pass.Calls.Should().Be(n + 1, "it is not time yet");
            rig.Clock.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task The_next_try_a_pass_names_is_kept()
    {
        await using var rig = new EngineRig();
        var at = rig.Clock.GetUtcNow() + TimeSpan.FromHours(5);
        var pass = rig.With(new TestPass("judge", c => c.Attempt == 1 ? PassResult.For(Disposition.Defer("greylisted", at)) : PassResult.Continue));
        new PairFactory().In(rig.Intake);

        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromHours(4.9));
        await rig.DrainAsync();
        pass.Calls.Should().Be(1);
        rig.Clock.Advance(TimeSpan.FromHours(0.2));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task A_next_try_in_the_past_does_not_keep_the_drain_going()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Defer("now", rig.Clock.GetUtcNow() - TimeSpan.FromHours(1)))));
        new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task A_schedule_of_the_pass_takes_what_it_deferred_before_its_time()
    {
        await using var rig = new EngineRig();
        var open = false;
        rig.With(new TestPass("first", c => TestPass.Text(c.Recipients[0].Address)[0] == 'x' ? PassResult.For(Disposition.Defer("of first")) : PassResult.Continue));
        rig.With(new TestPass("second", _ => open ? PassResult.Continue : PassResult.For(Disposition.Defer("of second"))));
        new PairFactory { Id = PairFactory.ShortId(1), Recipients = ["x@r.example"] }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);
        await rig.DrainAsync();
        open = true;

        await rig.Engine.ReprocessAsync("second", CancellationToken.None);
        await EngineRig.UntilAsync(() => rig.Engine.Busy == 0, "reprocessed");

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(2));
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Theory]
    [InlineData("unavailable")]
    [InlineData("throws")]
    [InlineData("null")]
    [InlineData("hangs")]
    [InlineData("ignores its token")]
    public async Task A_service_that_is_down_is_not_the_messages_failure(string how)
    {
        await using var rig = new EngineRig();
        var down = true;
        var never = new TaskCompletionSource<PassResult>();
        rig.With(new TestPass("dcc", async (_, token) =>
        {
            if (!down) return PassResult.Continue;
            switch (how)
            {
                case "throws": throw new InvalidOperationException("broken");
                case "null": return null!;
                case "hangs": await Task.Delay(Timeout.Infinite, token); break;
                case "ignores its token": return await never.Task;
            }
            return PassResult.Unavailable("no answer");
        }), new PassOptions { Timeout = TimeSpan.FromSeconds(10) });
        var pair = new PairFactory().In(rig.Intake);
        rig.Start();

        var drained = rig.DrainAsync();
        if (how is "hangs" or "ignores its token")
        {
            for (var i = 0; i < 400 && !drained.IsCompleted; i++)
            {
                // Lets the pass begin: its limit counts from there, by this clock.
                await Task.Delay(5);
                rig.Clock.Advance(TimeSpan.FromSeconds(1));
            }
        }
        await drained;

        var entry = rig.Ledger.Find(rig.Intake, pair.MessageId)!;
        entry.Failures.Should().Be(0);
        entry.Deferred!.Pass.Should().Be("dcc");
        entry.Deferred.Reason.Should().Contain("dcc is not available");
        EngineRig.Pairs(rig.Intake).Should().ContainSingle().Which.HeaderBytes.Should().Equal(pair.HeaderFile);
        down = false;
        rig.Clock.Advance(TimeSpan.FromHours(2));
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task OnUnavailable_skip_goes_on_without_the_pass()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("dcc", _ => PassResult.Unavailable("down")), new PassOptions { OnUnavailable = OnUnavailable.Skip });
        rig.With(new TestPass("mark", _ => new PassResult { Headers = [new HeaderEdit.AddOnTop(HeaderLine.Create("X-Mark: yes\n"))] }));
        new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Header.Headers[0].Is("X-Mark"u8).Should().BeTrue();
        rig.Log.All.Should().Contain("pass dcc skipped: down");
    }

    [Fact]
    public async Task The_circuit_opens_after_failures_and_closes_when_the_service_answers()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = 1;
        var down = true;
        var pass = rig.With(new TestPass("dcc", _ => down ? PassResult.Unavailable("refused") : PassResult.Continue), new PassOptions { BreakAfter = 3, BreakFor = TimeSpan.FromSeconds(30) });
        for (var i = 0; i < 10; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await rig.DrainAsync();

        pass.Calls.Should().Be(3, "the rest does not wait for a dead service");
        rig.Log.Count("pass dcc: circuit open for 30 s").Should().Be(1);
        EngineRig.Pairs(rig.Intake).Should().HaveCount(10);
        down = false;
        rig.Clock.Advance(TimeSpan.FromMinutes(3));
        await rig.DrainAsync();
        rig.Log.Count("pass dcc: circuit closed").Should().Be(1);
        EngineRig.Pairs(rig.Target).Should().HaveCount(10);
    }

    [Fact]
    public async Task Garbage_from_a_pass_ends_in_held_never_in_loss()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.MaxAttempts = 3;
        var attempts = new List<int>();
        rig.With(new TestPass("garbage", c =>
        {
            attempts.Add(c.Attempt);
            return new PassResult
            {
                Recipients = [("nobody@x"u8.ToArray(), Disposition.Discard("?")), (default, Disposition.Discard("?"))],
                Envelope = [new EnvelopeEdit.ReplaceRecipient("bob@r.example"u8.ToArray(), "two\nlines"u8.ToArray())],
            };
        }));
        var pair = new PairFactory().In(rig.Intake);

        for (var i = 0; i < 6; i++)
        {
            await rig.DrainAsync();
            rig.Clock.Advance(TimeSpan.FromHours(2));
        }

        attempts.Should().Equal(1, 2, 3);
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.HeaderBytes.Should().Equal(pair.HeaderFile);
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("failed 3 times");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_message_that_kills_the_worker_is_held_after_MaxAttempts()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.MaxAttempts = 3;
        var pair = new PairFactory().In(rig.Intake);
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Defer("never comes so far"))));
        for (var n = 1; n <= 3; n++)
        {
            // what a killed process leaves: its slot
            Directory.CreateDirectory(rig.Settings.Ledger.Path);
            using (var inHand = new InHand(rig.Settings.Ledger.Path, 4)) inHand.Enter(2, new MessageKey(new Intake(rig.Intake, IntakeKind.Spool), pair.MessageId));
            rig.Start();
            rig.Ledger.Find(rig.Intake, pair.MessageId)!.Failures.Should().Be(n);
            await rig.StopAsync();
        }

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("the worker died");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_stale_slot_of_a_settled_message_changes_nothing()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        await rig.StopAsync();
        using (var inHand = new InHand(rig.Settings.Ledger.Path, 4)) inHand.Enter(0, new MessageKey(new Intake(rig.Intake, IntakeKind.Spool), pair.MessageId));

        rig.Start();

        rig.Ledger.Find(rig.Intake, pair.MessageId).Should().BeNull("it would never be forgotten");
        rig.Ledger.IsSettled(rig.Intake, pair.MessageId).Should().BeTrue();
    }
}
