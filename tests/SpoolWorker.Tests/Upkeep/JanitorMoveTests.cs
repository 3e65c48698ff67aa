using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;
using SpoolWorker.Upkeep.Janitor;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>What keeps the janitor from moving something, how it moves, and where all of it is bounded.</summary>
public sealed class JanitorMoveTests : IDisposable
{
    private const string Frozen = "06-4.96-frozen-plain", Id = "1xVVzz-000477-0i";

    private readonly JanitorScene _scene = new(withMail: false);

    public void Dispose() => _scene.Dispose();

    private string Body => $"{_scene.Target}/{Id}-D";

    private string Today => $"{_scene.Target}/lost+found/{_scene.Clock.GetUtcNow():yyyy-MM-dd}";

    [Theory]
    [InlineData("body-alone")]
    [InlineData("empty-header")]
    [InlineData("misplaced")]
    [InlineData("frozen")]
    [InlineData("temporary-header")]
    [InlineData("signing-copy")]
    public void What_is_locked_stays_and_is_told(string kind)
    {
        var directory = kind == "misplaced" ? $"{_scene.Target}/Q" : _scene.Target;
        if (kind == "frozen") _scene.Clock.Advance(60 * JanitorScene.Day);
        _scene.Put(Frozen, directory, kind == "body-alone" ? "D" : "HD", Id);
        if (kind == "empty-header") _scene.Write($"{directory}/{Id}-H", "");
        if (kind == "temporary-header") _scene.Write($"{directory}/hdr.{Id}", "half");
        if (kind == "signing-copy") _scene.Write($"{directory}/{Id}-4711-K", "half");
        var before = _scene.Files();
        using (JanitorScene.Lock($"{directory}/{Id}-D"))
        {
            _scene.Bad(kind).Should().ContainSingle(f => f.Kind == kind).Which.Text.Should().Contain($"not moved: {Id}-D is locked: ");
            _scene.Files().Should().Equal(before);
        }
        _scene.Bad(kind).Should().ContainSingle(f => f.Kind == JanitorJob.Moved);
    }

    [Fact]
    public async Task What_comes_to_life_between_the_looks_stays()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        var run = _scene.Job("body-alone", TimeSpan.FromMinutes(1)).RunAsync(isDry: false, default);
        // The first look is over when it waits for the second.
        while (!_scene.Clock.HasTimer) await Task.Yield();
        _scene.Put(Frozen, _scene.Target, "H", Id);
        _scene.Clock.Advance(TimeSpan.FromMinutes(1));
        (await run).Should().OnlyContain(f => f.Kind == JobFinding.Good);
        File.Exists(Body).Should().BeTrue();
    }

    [Fact]
    public void What_comes_to_life_after_the_looks_is_seen_under_the_lock()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        using var place = JanitorPlace.Of(_scene.Options, _scene.Settings).Single(p => p.Role == PlaceRole.Target);
        var measure = new JanitorMeasure(_scene.Clock.GetUtcNow(), JanitorScene.Day, JanitorScene.Day, () => false);
        var seen = JanitorLook.At(place, measure, default).Litter.Single();
        var lost = new LostAndFound(place.Directory, "2026-11-23", time => measure.IsOld(time));
        _scene.Put(Frozen, _scene.Target, "H", Id);
        lost.Move(seen).Should().Be(default(MoveResult), "it has its -H now");
        File.Delete($"{_scene.Target}/{Id}-H");
        File.Move(Body, _scene.At("before"));
        _scene.Put(Frozen, _scene.Target, "D", Id);
        lost.Move(seen).Should().Be(default(MoveResult), "another file has its name");
        lost.Move(JanitorLook.At(place, measure, default).Litter.Single()).Where.Should().Be($"{Today}/{Id}-D");
    }

    [Fact]
    public async Task An_empty_body_is_old_by_its_date_alone()
    {
        // Its Exim may just have made it, and not locked it yet.
        _scene.Write(Body, "", 0.5);
        var job = new JanitorJob(_scene.Options, new(_scene.Settings, _scene.Clock) { Fix = "body-alone" }) { LeastAge = TimeSpan.Zero, BetweenLooks = TimeSpan.Zero };
        (await job.RunAsync(isDry: false, default)).Should().NotContain(f => f.Kind == JanitorJob.Moved);
        _scene.Write(Body, $"{Id}-D\n", 0.5);
        (await job.RunAsync(isDry: false, default)).Should().ContainSingle(f => f.Kind == JanitorJob.Moved);
    }

    [Fact]
    public void What_has_another_name_or_owner_or_is_no_file_is_left_alone()
    {
        string Told() => _scene.Bad("body-alone").Single(f => f.Kind != JobFinding.Good).Text;
        _scene.Put(Frozen, _scene.Target, "D", Id);
        Posix.TryLink(Body, _scene.At("elsewhere")).Should().Be(0);
        Told().Should().StartWith($"not moved: {Id}-D has 2 names");
        File.Delete(Body);
        File.CreateSymbolicLink(Body, _scene.At("elsewhere"));
        new ProgramCall("touch", "-h", "-d", "2026-01-01", Body).Run().ExitCode.Should().Be(0);
        Told().Should().Contain("no regular file");
        File.Delete(Body);
        if (Posix.EffectiveUser == 0)
        {
            _scene.Put(Frozen, _scene.Target, "D", Id);
            using (var handle = Posix.Open(Body, Posix.O_RDONLY)) Posix.SetOwner(handle, 7, 7, Body);
            Told().Should().StartWith($"not moved: {Id}-D belongs to uid 7");
        }
        Directory.Exists($"{_scene.Target}/lost+found").Should().BeFalse();
    }

    [Fact]
    public void Lost_and_found_is_the_spools_own_and_no_link()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        var other = Directory.CreateDirectory(_scene.At("other")).FullName;
        Directory.CreateSymbolicLink($"{_scene.Target}/lost+found", other);
        _scene.Bad("body-alone").Should().ContainSingle(f => f.Level == JobLevel.Later).Which.Text.Should().StartWith("not moved: open ");
        Directory.EnumerateFileSystemEntries(other).Should().BeEmpty();
        File.Delete($"{_scene.Target}/lost+found");
        if (Posix.EffectiveUser == 0)
        {
            // As at the root of an ext4.
            Directory.CreateDirectory($"{_scene.Target}/lost+found");
            _scene.Bad("body-alone").Should().ContainSingle(f => f.Level == JobLevel.Later).Which.Text.Should().Contain("lost+found belongs to uid 0");
            Directory.Delete($"{_scene.Target}/lost+found");
        }
        File.SetUnixFileMode(_scene.Target, (UnixFileMode)0b111_101_000);
        _scene.Bad("body-alone").Should().ContainSingle(f => f.Kind == JanitorJob.Moved);
        Posix.TryStatus(_scene.Target, out var spool).Should().Be(0);
        foreach (var made in new[] { $"{_scene.Target}/lost+found", Today })
        {
            Posix.TryStatus(made, out var status).Should().Be(0);
            (status.Uid, status.Gid, status.Permissions).Should().Be((spool.Uid, spool.Gid, 0b111_101_000u));
        }
    }

    [Fact]
    public void A_name_that_is_taken_gets_a_number_and_nothing_is_written_over()
    {
        foreach (var text in new[] { "first", "second", "third" })
        {
            _scene.Write(Body, $"{Id}-D\n{text}\n");
            _scene.Write($"{_scene.Target}/{Id}-J", text);
            _scene.Bad("body-alone").Should().ContainSingle(f => f.Kind == JanitorJob.Moved);
        }
        Directory.EnumerateFiles(Today).Select(f => (Path.GetFileName(f), File.ReadLines(f).Last())).Order().Should().Equal(
            ($"{Id}-D", "first"), ($"{Id}-D.1", "second"), ($"{Id}-D.2", "third"), ($"{Id}-J", "first"), ($"{Id}-J.1", "second"), ($"{Id}-J.2", "third"));
    }

    [Fact]
    public void A_thousand_are_counted_a_few_are_named_and_all_are_moved()
    {
        for (var i = 0; i < 1000; i++) _scene.Write($"{_scene.Target}/{Tests.Engine.PairFactory.ShortId(i)}-D", "x", 5 + i);
        _scene.Options.Listed = 3;
        var told = _scene.Bad();
        told.Select(f => (Path.GetFileName(f.Subject), f.Others)).Should().Equal(
            ($"{Tests.Engine.PairFactory.ShortId(999)}-D", 0), ($"{Tests.Engine.PairFactory.ShortId(998)}-D", 0), ($"{Tests.Engine.PairFactory.ShortId(997)}-D", 0), ("997 more", 996));
        _scene.Bad("body-alone").Sum(f => f.Others + 1).Should().Be(1000);
        Directory.EnumerateFiles(Today).Should().HaveCount(1000);
        Directory.EnumerateFiles(_scene.Target).Should().BeEmpty();
    }

    [Fact]
    public void A_place_that_cannot_be_looked_into_keeps_no_other_from_its_turn()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        Directory.Delete(_scene.Intake, recursive: true);
        _scene.Bad().Should().ContainSingle("an Exim makes its own with its first message").Which.Kind.Should().Be("body-alone");
        _scene.Run().Where(f => f.Kind == JobFinding.Good).Select(f => f.Subject).Should().Equal(_scene.Held, _scene.Corrupt);
        _scene.Options.Spools = [_scene.At("nowhere"), _scene.Target];
        var told = _scene.Run();
        told.Should().ContainSingle(f => f.Kind == JanitorJob.Unread && f.Level == JobLevel.Later && f.Subject == _scene.At("nowhere"));
        told.Should().ContainSingle(f => f.Kind == "body-alone");
        told.Should().HaveCount(2, "others are not named");
    }

    [Fact]
    public void The_spool_directory_may_be_named_for_its_input()
    {
        _scene.Put(Frozen, _scene.Target, "H", Id);
        _scene.Options.Spools = [Path.GetDirectoryName(_scene.Target)!];
        _scene.Bad().Should().ContainSingle().Which.Subject.Should().Be($"{_scene.Target}/{Id}-H");
    }

    [Fact]
    public void The_settings_move_what_they_name()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        _scene.Put(Frozen, _scene.Intake, "H", Id);
        _scene.Options.Fix = ["body-alone", "log-alone"];
        _scene.Bad().Select(f => f.Kind).Should().BeEquivalentTo("moved", "header-alone");
    }

    [Theory]
    [InlineData("--Janitor:Age=1h", "Janitor:Age = '1h': must be 1d to 3650d")]
    [InlineData("--Janitor:FrozenAge=0s", "Janitor:FrozenAge = '0s': must be 1d to 3650d")]
    [InlineData("--Janitor:Listed=0", "Janitor:Listed = '0': must be 1 to 50")]
    [InlineData("--Janitor:Spools:0=spool", "Janitor:Spools:0 = 'spool': must be an absolute path")]
    [InlineData("--Janitor:Fix:0=refused", "Janitor:Fix:0 = 'refused': must be one of body-alone, ")]
    [InlineData("--Janitor:Fix:0=frozen", null)]
    public void What_cannot_be_meant_is_a_fault(string setting, string? says)
    {
        var faults = ConfigurationLoader.Load(ConfigurationFile.None, [setting], CommonOptions.Known()).Faults.Where(f => f.StartsWith("Janitor", StringComparison.Ordinal)).ToList();
        if (says is null) faults.Should().BeEmpty();
        else faults.Should().ContainSingle().Which.Should().StartWith(says);
    }
}
