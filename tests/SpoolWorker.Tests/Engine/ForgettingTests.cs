using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>When old records go, and what is made of pairs that come back.</summary>
public class ForgettingTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(30);

    [Fact]
    public async Task A_record_lives_as_long_as_its_pair_lies_in_the_intake()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.EximDelivers().Should().HaveCount(1);
        // The removal was undone by a power cut while the worker was down for long.
        await rig.StopAsync();
        pair.In(rig.Intake);
        rig.Clock.Advance(Long);
        rig.Start();

        rig.Engine.Expire();
        rig.Ledger.IsSettled(rig.Intake, pair.MessageId).Should().BeTrue("the intake has not been read since the start");
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty("it was delivered");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Clock.Advance(Long);
        rig.Engine.Expire();
        rig.Ledger.IsSettled(rig.Intake, pair.MessageId).Should().BeFalse("the pair is gone");
    }

    [Fact]
    public async Task Records_of_an_intake_that_cannot_be_looked_at_are_kept()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        await rig.StopAsync();
        Directory.Move(rig.Intake, rig.Intake + "-away");
        rig.Clock.Advance(Long);
        rig.Start();
        await rig.DrainAsync();

        rig.Engine.Expire();

        rig.Ledger.IsSettled(rig.Intake, pair.MessageId).Should().BeTrue();
        Directory.Move(rig.Intake + "-away", rig.Intake);
    }

    [Fact]
    public async Task A_held_pair_that_was_put_back_into_the_intake_is_taken_again()
    {
        await using var rig = new EngineRig();
        var holds = true;
        rig.With(new TestPass("judge", _ => holds ? PassResult.For(Disposition.Hold("smells")) : PassResult.Continue));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        holds = false;
        foreach (var name in new[] { pair.BodyName, pair.HeaderName }) File.Move($"{rig.Held}/{name}", $"{rig.Intake}/{name}");
        File.Delete($"{rig.Held}/{pair.Id}.reason");

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Pending.Should().Equal("bob@r.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_pair_that_comes_back_while_its_copy_is_held_is_a_repetition()
    {
        await using var rig = new EngineRig();
        var pass = rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold("smells"))));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        pair.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        pass.Calls.Should().Be(1);
    }

    [Fact]
    public async Task A_reason_holds_nothing_a_terminal_would_obey()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold("a \u001b]0;x\u0007 \u009b2J \u202e reason"))));
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain(@"a \x1b]0;x\x07 \xc2\x9b2J \xe2\x80\xae reason");
    }

    [Fact]
    public async Task A_full_corrupt_directory_is_not_filled_with_notes()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{pair.HeaderName}", "broken");
        // What stands in the way of the move: a directory of that name in place of the note.
        Directory.CreateDirectory($"{rig.Corrupt}/{pair.Id}.reason");

        await rig.DrainAsync();
        await rig.RestartAsync();
        await rig.DrainAsync();

        EngineRig.Names(rig.Corrupt).Should().Equal($"{pair.Id}.reason");
        EngineRig.Names(rig.Intake).Should().HaveCount(2);
    }

    [Fact]
    public async Task The_rest_of_a_move_to_corrupt_goes_on_under_the_same_name()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{pair.HeaderName}", "broken");
        Directory.CreateDirectory(rig.Corrupt);
        File.WriteAllText($"{rig.Corrupt}/{pair.Id}.reason", $"message: {pair.Id}\nfrom: {rig.Intake}\nkind: truncated\n");
        File.Move($"{rig.Intake}/{pair.BodyName}", $"{rig.Corrupt}/{pair.BodyName}");
        rig.Settings.Engine.IncompleteAfter = TimeSpan.Zero;

        await rig.DrainAsync();

        EngineRig.Names(rig.Corrupt).Should().Equal(pair.BodyName, pair.HeaderName, $"{pair.Id}.reason");
    }
}
