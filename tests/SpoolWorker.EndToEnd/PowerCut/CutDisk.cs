// A disk of its own, an ext4 on a loop device, whose power can be cut. What the file system has handed to the device is in the backing
// file; what it still keeps in memory is not. So a copy of that file is the disk as a power cut would leave it, and it is mounted in
// the place of the first one. The journal is committed only when somebody syncs (commit=600), as on a machine that dies right after.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>An ext4 file system that can lose what was not synced.</summary>
internal sealed class CutDisk : IDisposable
{
    private const string Size = "64M";
    private readonly TempDirectory _place = new();
    private int _cuts;

    public CutDisk()
    {
        Must("truncate", "-s", Size, Image);
        Must("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", Image);
        Directory.CreateDirectory(Path);
        Mount();
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => System.IO.Path.Combine(_place, "disk");

    private string Image => System.IO.Path.Combine(_place, $"image-{_cuts}");

    /// <summary>Makes all that is there now durable.</summary>
    public void Settle() => Must("sync", "-f", Path);

    /// <summary>Cuts the power. Nobody may have a file open.</summary>
    public void Cut()
    {
        var before = Image;
        _cuts++;
        Must("cp", "--sparse=always", before, Image);
        Must("umount", Path);
        File.Delete(before);
        Mount();
    }

    public void Dispose()
    {
        Must("umount", Path);
        _place.Dispose();
    }

    private void Mount() => Must("mount", "-t", "ext4", "-o", "loop,data=ordered,commit=600", Image, Path);

    private static void Must(string program, params string[] arguments)
    {
        var ran = Run.Program(program, arguments);
        ran.ExitCode.Should().Be(0, "{0} {1}: {2}", program, string.Join(' ', arguments), ran.Error);
    }
}
