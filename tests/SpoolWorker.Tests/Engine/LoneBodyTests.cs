using SpoolWorker.Engine.Intakes;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>A worker was killed between its two unlinks, and Exim, which hands over by hard link and again for each recipient, is at that message when the next one starts.</summary>
public class LoneBodyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_Exim_has_locked_at_the_start_goes_when_it_lets_go_of_it(bool isQueuefile)
    {
        await using var rig = new EngineRig { Kind = isQueuefile ? IntakeKind.Queuefile : IntakeKind.Spool };
        var pair = await LeftBehind(rig);
        using (Locked(rig, pair))
        {
            await rig.RestartAsync();
            EngineRig.Names(rig.Intake).Should().Equal([pair.BodyName], "nobody takes a file from under Exim's lock");
            await rig.DrainAsync();
        }

        if (isQueuefile) await rig.DrainAsync();
        else await rig.RestartAsync();

        EngineRig.Names(rig.Intake).Should().BeEmpty("Exim could not hand it over for anybody else while the body is there");
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
    }

    [Fact]
    public async Task A_body_whose_header_is_there_at_the_start_alone_goes_with_the_first_scan()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = await LeftBehind(rig);
        // As queuefile does: -H, then it finds the body, then it takes -H back.
        File.WriteAllBytes($"{rig.Intake}/{pair.HeaderName}", pair.HeaderFile);
        await rig.RestartAsync();
        File.Delete($"{rig.Intake}/{pair.HeaderName}");

        await rig.DrainAsync();

        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
    }

    [Fact]
    public async Task A_header_that_was_seen_and_is_gone_shows_the_body_too_as_soon_as_it_is_free()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = await LeftBehind(rig);
        File.WriteAllBytes($"{rig.Intake}/{pair.HeaderName}", pair.HeaderFile);
        await rig.RestartAsync();
        File.Delete($"{rig.Intake}/{pair.HeaderName}");
        var key = rig.Engine.KeyOf(rig.Intake, pair.MessageId)!.Value;

        // No scan: the watcher has told of it.
        using (Locked(rig, pair)) await rig.Engine.AddAsync(key, CancellationToken.None);

        await EngineRig.UntilAsync(() => EngineRig.Names(rig.Intake).Length == 0, "a second look comes by itself");
    }

    [Fact]
    public async Task A_body_alone_of_a_message_that_is_not_settled_stays()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory();
        File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);

        await rig.DrainAsync();
        await rig.Engine.AddAsync(new MessageKey(rig.Engine.Intakes[0], pair.MessageId), CancellationToken.None);
        await rig.DrainAsync();

        EngineRig.Names(rig.Intake).Should().Equal(pair.BodyName);
    }

    [Fact]
    public async Task Half_a_hand_over_that_is_dated_ahead_of_the_clock_is_put_aside_by_the_time_it_is_seen()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        rig.Start();
        var pair = new PairFactory().In(rig.Intake);
        File.Delete($"{rig.Intake}/{pair.HeaderName}");
        // Written while the clock was a year ahead: by its date it would be in the way of this message for a year.
        File.SetLastWriteTimeUtc($"{rig.Intake}/{pair.BodyName}", rig.Clock.GetUtcNow().UtcDateTime.AddYears(1));
        await rig.Engine.ScanAsync(CancellationToken.None);
        rig.Clock.Advance(rig.Settings.Engine.IncompleteAfter - TimeSpan.FromSeconds(1));
        await rig.Engine.ScanAsync(CancellationToken.None);
        File.Exists($"{rig.Intake}/{pair.BodyName}").Should().BeTrue("somebody may be about to write its -H");

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.Engine.ScanAsync(CancellationToken.None);
        File.Exists($"{rig.Intake}/{pair.BodyName}").Should().BeFalse();
        File.Exists($"{rig.Corrupt}/{pair.BodyName}").Should().BeTrue();
    }

    [Fact]
    public async Task A_body_of_a_settled_message_that_cannot_be_removed_at_the_start_is_told_and_keeps_no_other()
    {
        await using var rig = new EngineRig();
        PairFactory[] pairs = [new PairFactory { Id = PairFactory.ShortId(1) }, new PairFactory { Id = PairFactory.ShortId(2) }];
        foreach (var pair in pairs) pair.In(rig.Intake);
        await rig.DrainAsync();
        foreach (var pair in pairs) File.Delete($"{rig.Intake}/{pair.In(rig.Intake).HeaderName}");
        // No journal of Exim's, and in the way of removing what is.
        var journal = Directory.CreateDirectory($"{rig.Intake}/{pairs[0].Id}-J").FullName;
        await rig.RestartAsync();
        rig.Log.Count($"{pairs[0].BodyName} is left of a message that is settled, and cannot be removed: ").Should().Be(1, rig.Log.All);
        (File.Exists($"{rig.Intake}/{pairs[0].BodyName}"), File.Exists($"{rig.Intake}/{pairs[1].BodyName}")).Should().Be((true, false));

        Directory.Delete(journal);
        await rig.RestartAsync();
        File.Exists($"{rig.Intake}/{pairs[0].BodyName}").Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_a_settled_message_that_cannot_be_opened_at_the_start_is_told(bool isQueuefile)
    {
        await using var rig = new EngineRig { Kind = isQueuefile ? IntakeKind.Queuefile : IntakeKind.Spool };
        var pair = await LeftBehind(rig);
        // As an immutable file, or a file system that is read-only, it is not opened for writing.
        var body = $"{rig.Intake}/{pair.BodyName}";
        File.Move(body, $"{rig.Root}/away");
        File.CreateSymbolicLink(body, $"{rig.Root}/away");
        await rig.RestartAsync();
        rig.Log.Count($"{pair.BodyName} is left of a message that is settled, and cannot be removed: open {body}").Should().Be(1, rig.Log.All);

        File.Delete(body);
        File.Move($"{rig.Root}/away", body);
        await rig.RestartAsync();
        File.Exists(body).Should().BeFalse();
    }

    private static async Task<PairFactory> LeftBehind(EngineRig rig)
    {
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);
        return pair;
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Locked(EngineRig rig, PairFactory pair)
    {
        var data = Posix.Open($"{rig.Intake}/{pair.BodyName}", Posix.O_RDWR);
        Posix.TryLock(data, pair.MessageId.BodyOffset, "").Should().BeTrue();
        return data;
    }
}
