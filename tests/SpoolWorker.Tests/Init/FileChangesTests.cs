using SpoolWorker.Operations.Init;

namespace SpoolWorker.Tests.Init;

/// <summary>Files of /etc are changed whole, and what is done is taken back whole.</summary>
public sealed class FileChangesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_a_power_cut_left_goes_with_the_next_writing_and_all_of_it_with_the_undoing()
    {
        var path = _directory.At("10_mine");
        File.WriteAllText(path, "before");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(_directory.At(".10_mine.spoolworker"), "half of an");
        var rights = FileChanges.RightsOf(path)! with { Mode = 0b110_100_000 };
        var changes = new FileChanges();
        changes.Write(path, "after"u8.ToArray(), rights);
        changes.Write(_directory.At("20_new"), "new"u8.ToArray(), rights);
        Directory.EnumerateFiles(_directory).Select(Path.GetFileName).Should().BeEquivalentTo("10_mine", "20_new");
        File.ReadAllText(path).Should().Be("after");
        File.GetUnixFileMode(path).Should().Be((UnixFileMode)0b110_100_000);
        changes.Undo().Should().BeEmpty();
        Directory.EnumerateFiles(_directory).Should().Equal(path);
        File.ReadAllText(path).Should().Be("before");
        File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void An_intake_that_stays_full_is_told_by_what_brings_the_mail()
    {
        FullIntake[] full = [new("/var/spool/exim4/scan/input", 2)];
        DebianRemoval.StillFull(isUnwired: true, full).Text.Should().StartWith("Exim's part is taken back and no more mail comes, but some lies in /var/spool/exim4/scan/input (2 messages): let ");
        DebianRemoval.StillFull(isUnwired: false, full).Text.Should().StartWith("nothing is taken back: mail lies in /var/spool/exim4/scan/input (2 messages), and what brings it is no wiring of init. ");
    }
}
