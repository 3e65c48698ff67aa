using SpoolWorker.Engine.Intakes;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Engine;

/// <summary>Where intakes are: not there yet, made anew, many, named by a pattern, another worker's.</summary>
public class IntakePlaceTests
{
    // More than the kernel grants inotify instances to a user (fs.inotify.max_user_instances is 128).
    private const int Many = 200;

    [Theory]
    [InlineData(IntakeKind.Spool, "fresh", "fresh/input")]
    [InlineData(IntakeKind.NamedQueue, "fresh/scan", "fresh/scan/input")]
    [InlineData(IntakeKind.NamedQueue, "fresh/scan/input", "fresh/scan/input")]
    [InlineData(IntakeKind.Queuefile, "fresh/q", "fresh/q")]
    public async Task An_intake_that_is_made_later_is_taken_at_once(object kind, string named, string made)
    {
        await using var rig = Watching();
        rig.Settings.Intakes = [new IntakeOptions { Path = $"{rig.Make("fresh")}/../{named}", Kind = (IntakeKind)kind }];
        rig.Start();

        Put(rig, 1, rig.Make(made));

        await Requeued(rig, 1);
    }

    [Fact]
    public async Task A_directory_removed_and_made_anew_is_watched_again()
    {
        await using var rig = Watching();
        rig.Start();
        for (var i = 0; i < 3; i++)
        {
            Put(rig, i, rig.Intake);
            await Requeued(rig, i + 1);
            await EngineRig.UntilAsync(() => EngineRig.Names(rig.Intake).Length == 0, "the intake is empty");
            Directory.Delete(rig.Intake);
            Directory.CreateDirectory(rig.Intake);
        }
    }

    [Fact]
    public async Task A_directory_renamed_away_is_let_go_and_the_one_in_its_place_is_taken_from()
    {
        await using var rig = Watching();
        rig.Start();
        Directory.Move(rig.Intake, $"{rig.Root}/old");
        Put(rig, 1, $"{rig.Root}/old");
        Put(rig, 2, rig.Make("intake/input"));

        await Requeued(rig, 1);

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(2));
        EngineRig.Pairs($"{rig.Root}/old").Should().ContainSingle();
    }

    [Fact]
    public async Task A_split_subdirectory_that_comes_later_is_watched()
    {
        await using var rig = Watching();
        rig.Start();

        Put(rig, 1, rig.Make($"intake/input/{PairFactory.ShortId(1)[5]}"));

        await Requeued(rig, 1);
    }

    [Fact]
    public async Task More_intakes_than_the_kernel_grants_instances_are_watched()
    {
        await using var rig = Watching();
        rig.Settings.Intakes = [.. Enumerable.Range(0, Many).Select(i => new IntakeOptions { Path = rig.Make($"many/{i}/input"), Kind = IntakeKind.Spool })];
        rig.Start();

        for (var i = 0; i < Many; i++) Put(rig, i, $"{rig.Root}/many/{i}/input");

        await Requeued(rig, Many);
        rig.Log.Count("watched").Should().Be(0);
    }

    [Fact]
    public async Task What_matches_a_pattern_is_taken_whenever_it_comes()
    {
        await using var rig = Watching();
        rig.Settings.Intakes = [new IntakeOptions { Path = $"{rig.Root}/x/*", Kind = IntakeKind.Queuefile }];
        Put(rig, 1, rig.Make("x/early.example"));
        rig.Start();
        (await rig.Engine.ScanAsync(CancellationToken.None)).Should().Be(1);
        Put(rig, 2, rig.Make("x/late.example"));
        await Requeued(rig, 2);
        await EngineRig.UntilAsync(() => EngineRig.Names($"{rig.Root}/x/late.example").Length == 0, "the intake is empty");

        Directory.Delete($"{rig.Root}/x/late.example");
        Put(rig, 3, rig.Make("x/late.example"));

        await Requeued(rig, 3);
    }

    [Fact]
    public async Task A_pattern_matches_neither_symlinks_nor_hidden_names_nor_what_the_worker_writes_into()
    {
        await using var rig = new EngineRig();
        rig.Settings.Held.Path = rig.Make("x/held");
        rig.Settings.Corrupt.Path = rig.Make("x/corrupt");
        rig.Settings.Intakes = [new IntakeOptions { Path = $"{rig.Root}/x/*", Kind = IntakeKind.Queuefile }, new IntakeOptions { Path = rig.Make("x/named"), Kind = IntakeKind.Queuefile }];
        Directory.CreateSymbolicLink($"{rig.Root}/x/link", rig.Make("elsewhere"));
        var places = new[] { "x/held", "x/corrupt", "elsewhere", "x/.hidden", "x/one", "x/named" };
        for (var i = 0; i < places.Length; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Make(places[i]));

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(2);
        places[..4].Should().OnlyContain(p => EngineRig.Pairs($"{rig.Root}/{p}").Count == 1);
    }

    [Fact]
    public async Task A_pattern_of_named_queues_leaves_other_directories_of_the_spool_alone()
    {
        await using var rig = Watching();
        foreach (var name in new[] { "db", "msglog", "one/input" }) rig.Make($"exim/{name}");
        rig.Settings.Intakes = [new IntakeOptions { Path = $"{rig.Root}/exim/*", Kind = IntakeKind.NamedQueue }];
        rig.Start();
        Put(rig, 1, $"{rig.Root}/exim/one/input");
        await Requeued(rig, 1);

        Put(rig, 2, rig.Make("exim/two/input"));

        await Requeued(rig, 2);
        rig.Log.Count("not there").Should().Be(0);
    }

    [Fact]
    public async Task A_second_worker_with_a_ledger_of_its_own_is_refused_by_name()
    {
        await using var one = new EngineRig();
        await using var two = new EngineRig(beside: one);
        one.Start();

        two.Invoking(t => t.Start()).Should().Throw<IntakeTakenException>().WithMessage($"intake {one.Intake}: another worker*process {Environment.ProcessId} *");

        await one.StopAsync();
        await two.StopAsync();
        new PairFactory().In(one.Intake);
        await two.DrainAsync();
        EngineRig.Pairs(one.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task The_lock_is_taken_again_on_a_directory_made_anew()
    {
        await using var one = new EngineRig();
        await using var two = new EngineRig(beside: one);
        await one.DrainAsync();
        Directory.Delete(one.Intake);
        Directory.CreateDirectory(one.Intake);
        await one.DrainAsync();

        two.Invoking(t => t.Start()).Should().Throw<IntakeTakenException>();
    }

    [Fact]
    public async Task A_directory_that_another_worker_has_locked_meanwhile_is_left_alone()
    {
        await using var one = new EngineRig();
        await using var two = new EngineRig(beside: one);
        await one.DrainAsync();
        Directory.Delete(one.Intake);
        Directory.CreateDirectory(one.Intake);
        two.Start();
        new PairFactory().In(one.Intake);

        await one.DrainAsync();

        one.Engine.HasUnread.Should().BeTrue();
        one.Log.Count("is left alone: another worker takes from it").Should().Be(1);
        EngineRig.Pairs(one.Intake).Should().ContainSingle();
        await two.DrainAsync();
        EngineRig.Pairs(one.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task A_body_that_cannot_be_moved_to_corrupt_leaves_no_other_message_unread()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        File.WriteAllText(rig.Corrupt, "no directory");
        var stray = $"{rig.Intake}/{new PairFactory { Id = PairFactory.ShortId(1) }.BodyName}";
        File.WriteAllText(stray, "half");
        File.SetLastWriteTimeUtc(stray, rig.Clock.GetUtcNow().UtcDateTime.AddDays(-1));
        new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        rig.Log.Count($"{stray} has no ").Should().Be(1, "once, not with each scan");
    }

    [Fact]
    public async Task An_intake_that_cannot_be_read_is_told()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        Directory.Delete(rig.Intake);
        Directory.CreateSymbolicLink(rig.Intake, rig.Intake);

        await rig.DrainAsync();

        rig.Engine.HasUnread.Should().BeTrue();
        rig.Log.Count($"{rig.Intake} cannot be read").Should().Be(1);
    }

    [Fact]
    public async Task Watcher_and_intakes_bear_refreshes_by_many_threads()
    {
        await using var rig = Watching();
        rig.Settings.Intakes = [new IntakeOptions { Path = $"{rig.Root}/x/*", Kind = IntakeKind.Queuefile }];
        rig.Make("x");
        rig.Start();
        using var stop = new CancellationTokenSource();
        var scans = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await rig.Engine.ScanAsync(CancellationToken.None);
        })).ToList();

        for (var i = 0; i < 300; i++)
        {
            Directory.CreateDirectory($"{rig.Root}/x/{i % 20}");
            if (i % 20 == 19) for (var k = 0; k < 20; k++) Directory.Delete($"{rig.Root}/x/{k}");
        }
        Put(rig, 1, rig.Make("x/last"));

        await Requeued(rig, 1);
        await stop.CancelAsync();
        await Task.WhenAll(scans);
    }

    private static EngineRig Watching() => new() { Watch = true };

    // Under its final name only when whole: the worker is watching.
    private static void Put(EngineRig rig, int n, string intake)
    {
        var pair = new PairFactory { Id = PairFactory.ShortId(n), Recipients = [$"r{n}@r.example"] }.In(rig.Make("made"));
        File.Move($"{rig.Root}/made/{pair.BodyName}", $"{intake}/{pair.BodyName}");
        File.Move($"{rig.Root}/made/{pair.HeaderName}", $"{intake}/{pair.HeaderName}");
    }

    private static Task Requeued(EngineRig rig, int count) =>
        EngineRig.UntilAsync(() => Directory.GetFiles(rig.Target, "*-H").Count(f => !Path.GetFileName(f).StartsWith("hdr.", StringComparison.Ordinal)) == count, $"{count} requeued");
}
