using System.Text;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>What queuefile does: the same pair again and again, half-written pairs, and clocks that jump meanwhile.</summary>
public class QueuefileIntakeTests
{
    private static readonly string[] Three = ["a@r.example", "b@r.example", "c@r.example"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_message_brought_again_is_suppressed_and_the_cure_told_once(bool links)
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var origin = rig.Make("origin");
        var pairs = Enumerable.Range(0, 3).Select(n => new PairFactory { Id = PairFactory.ShortId(n), Recipients = Three }.In(origin)).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var pair in pairs)
            {
                if (!links)
                {
                    pair.In(rig.Intake);
                    continue;
                }
                Posix.TryLink($"{origin}/{pair.HeaderName}", $"{rig.Intake}/{pair.HeaderName}").Should().Be(0);
                Posix.TryLink($"{origin}/{pair.BodyName}", $"{rig.Intake}/{pair.BodyName}").Should().Be(0);
            }
            await rig.DrainAsync();
            EngineRig.Names(rig.Intake).Should().BeEmpty();
            if (round == 0) rig.EximDelivers().Should().BeEquivalentTo([.. Three, .. Three, .. Three]);
            if (round == 1) await rig.RestartAsync();
        }

        EngineRig.Pairs(rig.Target).Should().BeEmpty("everyone has it");
        rig.Log.Count("suppressed: all 3 recipients were settled before").Should().Be(6);
        rig.Log.Count("Cure:").Should().Be(2, "once a life of the worker");
        EngineRig.Pairs(origin).Should().HaveCount(3, "Exim's own files are not touched");
    }

    [Fact]
    public async Task Another_message_under_a_known_id_is_held_and_not_lost()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var first = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        var second = (first with { Sender = "mallory@other.example", Body = "Other\n"u8.ToArray() }).In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal(first.Body);
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.HeaderBytes.Should().Equal(second.HeaderFile);
        File.ReadAllText($"{rig.Held}/{first.Id}.reason").Should().Contain("another message came under the id");

        // both come again: neither is delivered again
        second.In(rig.Intake);
        await rig.DrainAsync();
        first.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_growing_body_is_waited_for()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory { Body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n"))) };
        File.WriteAllBytes($"{rig.Intake}/{pair.HeaderName}", pair.HeaderFile);
        await rig.DrainAsync();
        foreach (var size in new[] { 5, pair.Id.Length + 3, pair.DataFile.Length - 1 })
        {
            File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile[..size]);
            await rig.DrainAsync();
            EngineRig.Names(rig.Target).Should().BeEmpty("only {0} bytes are there", size);
            EngineRig.Names(rig.Corrupt).Should().BeEmpty();
        }
        File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal(pair.Body);
    }

    [Fact]
    public async Task In_wire_format_a_body_is_whole_when_it_has_not_changed_for_the_settle_time()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory { WireFormat = true, Body = "one\r\ntwo\r\n"u8.ToArray() };
        File.WriteAllBytes($"{rig.Intake}/{pair.HeaderName}", pair.HeaderFile);
        Write(rig, pair, 22);
        await rig.DrainAsync();
        EngineRig.Names(rig.Target).Should().BeEmpty();
        rig.Clock.Advance(TimeSpan.FromSeconds(1.5));
        Write(rig, pair, pair.DataFile.Length);
        await rig.DrainAsync();
        EngineRig.Names(rig.Target).Should().BeEmpty("it changed half a second ago");
        rig.Clock.Advance(TimeSpan.FromSeconds(2.1));

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal(pair.Body);
    }

    [Fact]
    public async Task A_date_that_jumps_back_a_day_keeps_no_whole_message_from_being_taken()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory { WireFormat = true }.In(rig.Intake);
        Write(rig, pair, pair.DataFile.Length);
        rig.Clock.Jump(TimeSpan.FromDays(-1));
        await rig.DrainAsync();
        EngineRig.Names(rig.Target).Should().BeEmpty();
        rig.Clock.Advance(TimeSpan.FromSeconds(3));

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
    }

    [Fact]
    public async Task A_date_that_jumps_ahead_does_not_make_a_half_written_pair_overdue()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory();
        File.WriteAllBytes($"{rig.Intake}/{pair.HeaderName}", pair.HeaderFile);
        await rig.DrainAsync();
        rig.Clock.Jump(TimeSpan.FromDays(1));
        await rig.DrainAsync();
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
        File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task What_stays_half_written_goes_to_corrupt_so_that_Exim_can_bring_it_again()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var lone = new PairFactory { Id = PairFactory.ShortId(1) };
        var cut = new PairFactory { Id = PairFactory.ShortId(2), Body = "one\ntwo\n"u8.ToArray() };
        File.WriteAllBytes($"{rig.Intake}/{lone.HeaderName}", lone.HeaderFile);
        File.WriteAllBytes($"{rig.Intake}/{cut.HeaderName}", cut.HeaderFile);
        File.WriteAllBytes($"{rig.Intake}/{cut.BodyName}", cut.DataFile[..^5]);
        await rig.DrainAsync();
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
        rig.Clock.Advance(TimeSpan.FromMinutes(11));

        await rig.DrainAsync();

        EngineRig.Names(rig.Corrupt).Should().Equal($"{lone.Id}-H", $"{lone.Id}.reason", $"{cut.Id}-D", $"{cut.Id}-H", $"{cut.Id}.reason");
        File.ReadAllText($"{rig.Corrupt}/{cut.Id}.reason").Should().Contain("-H counts 2");
        cut.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal(cut.Body);
    }

    [Fact]
    public async Task The_date_may_jump_back_and_forth_while_messages_wait()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", c => c.Attempt < 3 ? PassResult.For(Disposition.Defer("later")) : PassResult.Continue));
        for (var i = 0; i < 20; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        foreach (var days in new[] { 1, -2, 1, -1, 2 })
        {
            await rig.DrainAsync();
            rig.Clock.Jump(TimeSpan.FromDays(days));
            rig.Clock.Advance(TimeSpan.FromMinutes(7));
            rig.Engine.Expire();
        }
        rig.Clock.Advance(TimeSpan.FromDays(3));
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromHours(3));

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(20);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    private static void Write(EngineRig rig, PairFactory pair, int bytes)
    {
        var path = $"{rig.Intake}/{pair.BodyName}";
        File.WriteAllBytes(path, pair.DataFile[..bytes]);
        File.SetLastWriteTimeUtc(path, rig.Clock.GetUtcNow().UtcDateTime);
    }
}
