using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>A directory is what was opened, whatever its path leads to by now.</summary>
public sealed class SpoolFolderTests : IDisposable
{
    private readonly TempDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_folder_that_is_moved_away_is_still_the_one_that_was_opened()
    {
        var there = Make("there");
        using var folder = SpoolFolder.Open(there);
        System.IO.Directory.Move(there, $"{_root}/away");
        Make("there");

        folder.OpenFile("x", Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, 0b110_000_000).Dispose();

        File.Exists($"{_root}/away/x").Should().BeTrue();
        System.IO.Directory.EnumerateFileSystemEntries(there).Should().BeEmpty();
        folder.Path.Should().Be(there, "ledger and log know it by that name");
    }

    [Fact]
    public void The_open_file_gets_the_name_and_not_what_was_put_in_its_place()
    {
        var there = Make("there");
        using var folder = SpoolFolder.Open(there);
        File.WriteAllText($"{there}/judged", "judged");
        using var judged = folder.OpenFile("judged", Posix.O_RDWR);
        File.WriteAllText($"{there}/other", "other");
        File.Move($"{there}/judged", $"{there}/aside");
        File.Move($"{there}/other", $"{there}/judged");

        folder.TryLink(judged, "linked").Should().Be(0);

        File.ReadAllText($"{there}/linked").Should().Be("judged");
    }

    [Theory]
    [InlineData("symlink")]
    [InlineData("file")]
    public void Nothing_but_a_directory_is_a_subfolder(string what)
    {
        var there = Make("there");
        Make("elsewhere/a");
        if (what == "file") File.WriteAllText($"{there}/a", "");
        else File.CreateSymbolicLink($"{there}/a", $"{_root}/elsewhere/a");
        using var folder = SpoolFolder.Open(there);

        folder.TryOpenFolder("a", out var subfolder).Should().BeOneOf(Errno.ELOOP, Errno.ENOTDIR);

        subfolder.Should().BeNull();
    }

    [Fact]
    public void Names_are_shown_whole_and_without_dots()
    {
        var there = Make("there");
        var names = Enumerable.Range(0, 3000).Select(i => $"{new string('n', 1 + i % 200)}{i}").Append("ä").ToList();
        foreach (var name in names) File.WriteAllText($"{there}/{name}", "");
        Make("there/d");
        using var folder = SpoolFolder.Open(there);
        var (seen, folders) = (new List<string>(), new List<string>());

        folder.ReadNames((name, mayBeFolder) => (mayBeFolder ? folders : seen).Add(System.Text.Encoding.UTF8.GetString(name)));

        seen.Concat(folders).Should().BeEquivalentTo(names.Append("d"));
        folders.Should().Contain("d");
    }

    [Fact]
    public void Below_the_part_an_operator_gave_no_symlink_is_followed_whenever_it_was_put_there()
    {
        Make("real/stranger/input");
        Make("elsewhere/input");
        File.CreateSymbolicLink($"{_root}/operator", $"{_root}/real");
        using var directory = new SpoolDirectory($"{_root}/operator/stranger/input") { FixedPart = $"{_root}/operator" };
        using var swapped = new SpoolDirectory($"{_root}/operator/stranger/input") { FixedPart = $"{_root}/operator" };
        directory.TryOpen(out var folder).Should().Be(0, "an operator's part may be a symlink");
        folder!.Dispose();

        System.IO.Directory.Move($"{_root}/real/stranger", $"{_root}/real/away");
        File.CreateSymbolicLink($"{_root}/real/stranger", $"{_root}/elsewhere");

        foreach (var one in new[] { directory, swapped }) one.TryOpen(out _).Should().BeOneOf(Errno.ELOOP, Errno.ENOTDIR);
        File.Delete($"{_root}/real/stranger");
        Make("real/stranger/input");
        foreach (var one in new[] { directory, swapped })
        {
            one.TryOpen(out folder).Should().Be(0, "it is a directory again");
            folder!.RealPath().Should().Be($"{_root}/real/stranger/input");
            folder.Dispose();
        }
    }

    [Fact]
    public void A_one_character_symlink_is_no_part_of_a_spool_directory()
    {
        var id = IdOf("1xVVht-000477-0i");
        var (there, elsewhere) = (Make("there"), Make("elsewhere/t"));
        File.WriteAllText($"{elsewhere}/{id.HeaderName}", "");
        File.CreateSymbolicLink($"{there}/t", elsewhere);
        using var directory = new SpoolDirectory(there);

        directory.Messages().Should().BeEmpty();
        directory.FolderWith(id, 'H').Should().BeNull();
        directory.Holds(id).Should().BeFalse();
        directory.OpenFolder($"{there}/t").Should().BeNull();
        SpoolDirectory.DetectLayout(there).Should().Be(SpoolLayout.Flat);
        SpoolPair.Claim(directory, id, out _, out _).Should().Be(ClaimResult.Gone);
    }

    [Fact]
    public void A_directory_that_was_exchanged_is_opened_anew_and_its_subdirectories_too()
    {
        var id = IdOf("1xVVht-000477-0i");
        var there = Make("there");
        Make("there/t");
        using var directory = new SpoolDirectory(there, SpoolLayout.Split);
        directory.Holds(id).Should().BeFalse();
        System.IO.Directory.Move($"{there}/t", $"{_root}/old-t");
        Make("there/t");
        File.WriteAllText($"{there}/t/{id.HeaderName}", "");
        directory.FolderWith(id, 'H').Should().Be($"{there}/t");

        System.IO.Directory.Move(there, $"{_root}/away");
        directory.FolderWith(id, 'H').Should().BeNull("it is not there");
        Make("there");
        directory.Holds(id).Should().BeFalse();
        File.WriteAllText($"{there}/{id.HeaderName}", "");

        directory.FolderWith(id, 'H').Should().Be(there);
    }

    [Fact]
    public void An_operators_symlink_is_resolved_once()
    {
        var id = IdOf("1xVVht-000477-0i");
        var (first, second, link) = (Make("first"), Make("second"), $"{_root}/link");
        File.CreateSymbolicLink(link, first);
        using var directory = new SpoolDirectory(link);
        File.WriteAllText($"{first}/{id.HeaderName}", "");
        directory.FolderWith(id, 'H').Should().Be(link);

        File.Delete(link);
        File.CreateSymbolicLink(link, second);
        directory.FolderWith(id, 'H').Should().Be(link, "it is still the first");

        System.IO.Directory.Move(first, $"{_root}/away");
        File.CreateSymbolicLink(first, second);
        directory.TryOpen(out _).Should().BeOneOf(Errno.ELOOP, Errno.ENOTDIR);
    }

    private static MessageId IdOf(string text) => MessageId.TryParse(text.AsSpan(), out var id) ? id : throw new ArgumentException(text);

    private string Make(string name) => System.IO.Directory.CreateDirectory($"{_root}/{name}").FullName;
}
