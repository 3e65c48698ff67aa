using SpoolWorker.Ledger;
using SpoolWorker.Spool;
using SpoolWorker.Upkeep.Janitor;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>Each kind of what lies about, made of real pairs: told, with its age; moved where it may be and was asked for, whole; and nothing beside it is touched.</summary>
public sealed class JanitorKindTests : IDisposable
{
    private const string Frozen = "06-4.96-frozen-plain", Id = "1xVVzz-000477-0i";

    private readonly JanitorScene _scene = new();

    public void Dispose() => _scene.Dispose();

    /// <summary>Kind, what is done to the scene; gives the files that are it.</summary>
    private static readonly Dictionary<string, Func<JanitorScene, string[]>> Provocations = new()
    {
        ["body-alone"] = s => [Alone(s, s.Target, "D")],
        ["header-alone"] = s => [Alone(s, s.Intake, "H")],
        ["journal-alone"] = s => [Written(s, $"{s.Target}/{Id}-J", "a@r.example\n")],
        ["log-alone"] = s => [Written(s, $"{JanitorScene.Logs(s.Target)}/{Id}", "2026-11-01 Received\n"), Written(s, $"{JanitorScene.Logs(s.Target)}/b/{Id}-4711-0", "said\n")],
        ["note-alone"] = s => [Written(s, $"{s.Held}/{Id}.reason", "rules: odd\n"), Written(s, $"{s.Corrupt}/{Id}.1.reason", "message: odd\n")],
        ["temporary-header"] = s => [Written(s, $"{s.Target}/hdr.{JanitorScene.IdOf("11-4.96-plain")}", "half"), Written(s, $"{s.Intake}/hdr.4194304", "half")],
        ["signing-copy"] = s => [Written(s, $"{s.Target}/{JanitorScene.IdOf("21-4.99-plain")}-4711-K", "to be signed")],
        ["staged"] = s => [Written(s, $"{s.Target}/hdr.{Id}.tag1", $"{Id}-H\n")],
        ["misplaced"] = s => Pair(s, $"{s.Target}/Q"),
        ["refused"] = s =>
        {
            var files = Pair(s, s.Target);
            File.SetUnixFileMode(files[0], UnixFileMode.UserRead);
            return files;
        },
        ["empty-header"] = s =>
        {
            var files = Pair(s, s.Target);
            Written(s, files[1], "");
            return files;
        },
        ["unseen-id"] = s =>
        {
            s.Settings.Target.EximVersion = "4.96";
            return [.. Directory.EnumerateFiles(s.Target).Where(f => Path.GetFileName(f).Length == MessageId.LongLength + 2).Order(StringComparer.Ordinal)];
        },
        ["frozen"] = s =>
        {
            s.Clock.Advance(60 * JanitorScene.Day);
            return Pair(s, s.Target);
        },
    };

    public static TheoryData<string> Kinds => [.. JanitorKinds.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_is_told_and_moved_where_that_was_asked_for(string kind)
    {
        _scene.Bad().Should().BeEmpty("what is whole is nothing to tell");
        var files = Provocations[kind](_scene);
        var expected = JanitorKinds.All.Single(k => k.Name == kind);
        var before = _scene.Files();

        var told = _scene.Bad();
        told.Should().OnlyContain(f => f.Kind == kind && f.Level == expected.Level && f.Text.EndsWith(expected.Sentence) && f.Since != null);
        told.Select(f => f.Subject).Should().BeSubsetOf(files).And.Contain(files[^1]);
        (_scene.Clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(told[0].Since!.Value)).TotalDays.Should().BeInRange(50, 62);
        _scene.Bad(kind, isDry: true).Should().OnlyContain(f => f.Kind == kind);
        _scene.Files().Should().Equal(before, "it looks only");
        foreach (var other in JanitorKinds.Movable.Where(k => k != kind)) _scene.Bad(other);
        _scene.Files().Should().Equal(before, "other kinds were asked for");

        var done = _scene.Bad(kind);
        if (!expected.CanBeMoved)
        {
            done.Should().OnlyContain(f => f.Kind == kind);
            _scene.Files().Should().Equal(before);
            return;
        }
        done.Should().OnlyContain(f => f.Kind == JanitorJob.Moved && f.Level == JobLevel.Well).And.HaveCount(told.Count);
        var after = _scene.Files();
        foreach (var file in files)
        {
            var name = Path.GetRelativePath(_scene.At(""), file);
            after.Should().NotContainKey(name);
            after[after.Keys.Single(k => k.EndsWith($"/lost+found/{_scene.Clock.GetUtcNow():yyyy-MM-dd}/{Path.GetFileName(file)}"))].Should().Be(before[name], "it is whole");
        }
        after.Where(f => !f.Key.Contains("lost+found")).Should().BeEquivalentTo(before.Where(f => !files.Select(x => Path.GetRelativePath(_scene.At(""), x)).Contains(f.Key)), "nothing else was touched");
        _scene.Bad(kind).Should().BeEmpty();
    }

    [Fact]
    public void Every_kind_has_a_provocation_and_a_sentence_that_is_kept_whole()
    {
        Provocations.Keys.Should().BeEquivalentTo(JanitorKinds.All.Select(k => k.Name));
        JanitorKinds.All.Should().OnlyContain(k => k.Sentence.Length < 400 && k.Cure.Length > 0, "reports are cut at 500 characters");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_young_or_bears_a_date_to_come_is_left_out(string kind)
    {
        var files = Provocations[kind](_scene);
        foreach (var file in files)
        {
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserWrite);
            // A clock that was set back, or a copy of a host that is ahead.
            _scene.Date(file, file == files[^1] ? 400 : -0.9);
        }
        if (kind == "refused") File.SetUnixFileMode(files[0], UnixFileMode.UserRead);
        _scene.Bad(kind).Should().BeEmpty();
    }

    [Fact]
    public void Halves_that_lie_in_two_directories_are_told_as_one_thing_and_left_to_hands()
    {
        _scene.Put(Frozen, _scene.Target, "D", Id);
        _scene.Put(Frozen, $"{_scene.Target}/{Id[5]}", "H", Id);
        foreach (var kind in JanitorKinds.Movable) _scene.Bad(kind).Should().HaveCount(2).And.OnlyContain(f => f.Kind == "misplaced" && f.Text.Contains(" lies in ") && !f.Text.Contains("--fix"));
    }

    [Fact]
    public void A_split_spool_has_its_pairs_and_logs_below()
    {
        _scene.Put(Frozen, $"{_scene.Target}/{Id[5]}", id: Id);
        _scene.Write($"{JanitorScene.Logs(_scene.Target)}/{Id[5]}/{Id}", "log");
        _scene.Bad("log-alone").Should().BeEmpty();
        File.Delete($"{_scene.Target}/{Id[5]}/{Id}-H");
        _scene.Bad("body-alone").Should().ContainSingle(f => f.Kind == "moved").Which.Text.Should().EndWith($"{_scene.Target}/lost+found/2026-11-23/{Id}-D");
        _scene.Bad("log-alone").Should().ContainSingle().Which.Text.Should().EndWith($"{JanitorScene.Logs(_scene.Target)}/lost+found/2026-11-23/{Id}");
    }

    [Fact]
    public void What_a_worker_has_staged_is_its_own_with_the_body()
    {
        _scene.Write($"{_scene.Target}/hdr.{Id}.tag1", $"{Id}-H\n");
        _scene.Write($"{_scene.Target}/{Id}-D", $"{Id}-D\nbody\n");
        var before = _scene.Files();
        foreach (var kind in JanitorKinds.Movable) _scene.Bad(kind).Should().ContainSingle().Which.Kind.Should().Be("staged");
        _scene.Files().Should().Equal(before);
    }

    [Fact]
    public void A_temporary_header_of_an_early_Exim_belongs_to_its_process()
    {
        _scene.Write($"{_scene.Target}/hdr.{Environment.ProcessId}", "half");
        _scene.Bad("temporary-header").Should().BeEmpty("it may be at work");
    }

    // Names sorted as files are asked for: the one that stands for them last.
    private static string[] Pair(JanitorScene scene, string directory)
    {
        scene.Put(Frozen, directory, id: Id);
        return [$"{directory}/{Id}-D", $"{directory}/{Id}-H"];
    }

    private static string Alone(JanitorScene scene, string directory, string suffix)
    {
        scene.Put(Frozen, directory, suffix, Id);
        return $"{directory}/{Id}-{suffix}";
    }

    private static string Written(JanitorScene scene, string path, string text)
    {
        scene.Write(path, text);
        return path;
    }
}
