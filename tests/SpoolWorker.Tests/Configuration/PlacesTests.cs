using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Configuration;

/// <summary>What directory a path of the settings means, and what is made where it is not there.</summary>
public sealed class PlacesTests : IDisposable
{
    private const uint Stranger = 12_345;
    private readonly TempDirectory _root = new();

    [Theory]
    [InlineData("spool", "spool/input")]
    [InlineData("spool/", "spool/input")]
    [InlineData("spool/input", "spool/input")]
    [InlineData("spool/scan", "spool/scan/input")]
    [InlineData("nothing", "nothing/input")]
    [InlineData("link", "spool/input")]
    [InlineData("input", "input/input")]
    public void What_is_not_called_input_is_a_spool_directory(string named, string meant)
    {
        Make("spool/input", "input/input", "input/msglog");
        Directory.CreateSymbolicLink($"{_root}/link", $"{_root}/spool/input");

        Places.TargetPath(Target(named)).Should().Be($"{_root}/{meant}");
        Places.IntakePath(new IntakeOptions { Path = $"{_root}/{named}", Kind = IntakeKind.Spool }).Should().Be($"{_root}/{meant}");
        Places.IntakePath(new IntakeOptions { Path = $"{_root}/{named}", Kind = IntakeKind.Queuefile }).Should().Be($"{_root}/{named.TrimEnd('/')}");
    }

    [Theory]
    [InlineData("spool")]
    [InlineData("spool/input")]
    public void A_fresh_spool_gets_its_input_with_the_owner_of_the_spool_and_Exims_mode(string named)
    {
        Make("spool/db");
        var owner = Posix.EffectiveUser == 0 ? Stranger : Posix.EffectiveUser;
        using (var spool = Posix.OpenDirectory($"{_root}/spool"))
        {
            if (Posix.EffectiveUser == 0) Posix.SetOwner(spool, owner, owner, _root);
        }
        // As a crash in the middle would leave it.
        Make("spool/.input.spoolworker");
        var target = Target(named);
        Places.TargetFault(target).Should().BeNull();

        Places.EnsureTarget(target);

        Posix.TryStatus($"{_root}/spool/input", out var made).Should().Be(0);
        (made.Uid, made.Permissions).Should().Be((owner, 0b111_101_000u));
        Directory.EnumerateFileSystemEntries($"{_root}/spool").Should().HaveCount(2);
    }

    [Fact]
    public void Nothing_is_made_where_nothing_shows_an_exims_spool()
    {
        Make("mail/other");
        var target = Target("mail");

        Places.TargetFault(target).Should().Contain($"no directory {_root}/mail/input").And.Contain("nothing shows that").And.Contain("Set Target:Exim");
        Places.EnsureTarget(target);

        Directory.EnumerateFileSystemEntries($"{_root}/mail").Should().ContainSingle();
        Places.TargetFault(Target("nowhere")).Should().Contain("no directory");
    }

    [Fact]
    public void Patterns_name_the_directories_that_are_there()
    {
        Make("a/one", "a/two/input", "a/three/deep/input", "a/.four", "star*");
        File.WriteAllText($"{_root}/a/file", "");
        var looked = new List<string>();

        Matches("a/*", IntakeKind.Queuefile, looked).Should().Equal("a/one", "a/three", "a/two");
        looked.Should().Equal($"{_root}/a");
        Matches("a/t?o", IntakeKind.Queuefile).Should().Equal("a/two");
        Matches("a/*/input", IntakeKind.NamedQueue).Should().Equal("a/two/input");
        Matches("a/*", IntakeKind.NamedQueue).Should().Equal("a/two/input");
        Matches("a/*/*/input", IntakeKind.Spool).Should().Equal("a/three/deep/input");
        Matches("none/*", IntakeKind.Spool).Should().BeEmpty();
        Matches("star*", IntakeKind.Queuefile).Should().Equal("star*");
    }

    public void Dispose() => _root.Dispose();

    private IEnumerable<string> Matches(string path, IntakeKind kind, List<string>? looked = null) =>
        Places.IntakePaths(new IntakeOptions { Path = $"{_root}/{path}", Kind = kind }, looked).Select(p => Path.GetRelativePath(_root, p));

    // No exim command: what this host's own Exim says is not to matter here.
    private TargetOptions Target(string path) => new() { Path = $"{_root}/{path}", Exim = "/nonexistent/exim" };

    private void Make(params string[] names)
    {
        foreach (var name in names) Directory.CreateDirectory($"{_root}/{name}");
    }
}
