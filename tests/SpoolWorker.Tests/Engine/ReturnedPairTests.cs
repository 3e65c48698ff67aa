using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>queuefile into the source Exim's own spool: what comes back is held, never removed as a repetition.</summary>
public class ReturnedPairTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_lies_in_the_target_while_it_is_handed_over_is_held(bool rewritten)
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Target);
        Link(rig.Target, rig.Intake, pair);
        // after a deferral Exim writes -H anew; -D is the same file still
        if (rewritten) Rewrite(rig.Target, pair);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Pending.Should().Equal("a@r.example", "b@r.example");
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("came back out of the target");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Pairs(rig.Target).Should().ContainSingle("Exim's own pair is not touched").Which.Body.Should().Equal(pair.Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_requeued_message_that_comes_again_out_of_the_target_is_held_and_not_suppressed(bool restart)
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        Link(rig.Target, rig.Intake, pair);
        if (restart) await rig.RestartAsync();

        await rig.DrainAsync();
        // the queue runner has handed it over and removes it
        rig.EximDelivers();

        var held = EngineRig.Pairs(rig.Held).Should().ContainSingle("else nobody would have the message").Subject;
        held.Pending.Should().Equal("bob@r.example");
        held.Body.Should().Equal(pair.Body);
        rig.Log.Count("suppressed").Should().Be(0);
        rig.Ledger.Find(rig.Intake, pair.MessageId)!.Done["bob@r.example"].Should().Be($"held {pair.Id}");
    }

    [Fact]
    public async Task On_another_file_system_the_same_message_in_the_target_tells()
    {
        var shared = Directory.CreateDirectory($"/dev/shm/sw-returned-{Guid.NewGuid():N}").FullName;
        try
        {
            await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
            if (Posix.TryStatus(shared, out var there) != 0 || Posix.TryStatus(rig.Target, out var target) != 0 || there.Device == target.Device) return;
            rig.Settings.Intakes[0].Path = shared;
            var pair = new PairFactory().In(shared);
            await rig.DrainAsync();
            File.Copy($"{rig.Target}/{pair.HeaderName}", $"{shared}/{pair.HeaderName}");
            File.Copy($"{rig.Target}/{pair.BodyName}", $"{shared}/{pair.BodyName}");

            await rig.DrainAsync();

            EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Body.Should().Equal(pair.Body);
            EngineRig.Names(shared).Should().BeEmpty();
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    [Fact]
    public async Task A_true_repetition_on_another_file_system_is_told_by_the_header_lines_of_the_passes()
    {
        var shared = Directory.CreateDirectory($"/dev/shm/sw-repeated-{Guid.NewGuid():N}").FullName;
        try
        {
            await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
            rig.Settings.Intakes[0].Path = shared;
            rig.With(new TestPass("mark", _ => new PassResult { Headers = [new HeaderEdit.AddAtEnd(HeaderLine.Create("X-Seen: yes\n"))] }));
            var pair = new PairFactory().In(shared);
            await rig.DrainAsync();
            pair.In(shared);

            await rig.DrainAsync();

            EngineRig.Names(rig.Held).Should().BeEmpty();
            EngineRig.Pairs(rig.Target).Should().ContainSingle();
            rig.Log.Count("suppressed").Should().Be(1);
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    [Fact]
    public async Task What_a_crash_between_commit_and_removal_leaves_is_removed_though_its_body_is_linked_into_the_target()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var origin = rig.Make("origin");
        var pair = new PairFactory().In(rig.Intake);
        // the same -H inode as was judged, as a killed worker leaves it
        Posix.TryLink($"{rig.Intake}/{pair.HeaderName}", $"{origin}/{pair.HeaderName}").Should().Be(0);
        await rig.DrainAsync();
        Posix.TryLink($"{origin}/{pair.HeaderName}", $"{rig.Intake}/{pair.HeaderName}").Should().Be(0);
        Posix.TryLink($"{rig.Target}/{pair.BodyName}", $"{rig.Intake}/{pair.BodyName}").Should().Be(0);

        await rig.DrainAsync();

        EngineRig.Names(rig.Held).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    private static void Link(string from, string to, PairFactory pair)
    {
        foreach (var name in new[] { pair.HeaderName, pair.BodyName }) Posix.TryLink($"{from}/{name}", $"{to}/{name}").Should().Be(0);
    }

    private static void Rewrite(string folder, PairFactory pair)
    {
        File.Copy($"{folder}/{pair.HeaderName}", $"{folder}/hdr.{pair.Id}");
        File.Move($"{folder}/hdr.{pair.Id}", $"{folder}/{pair.HeaderName}", overwrite: true);
    }
}
