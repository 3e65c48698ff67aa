// A directory of its own for each scene, removed with everything in it. It lies directly in the temporary directory because
// Exim's notifier socket is named after the spool directory and a socket name ends after 107 bytes.
namespace SpoolWorker.EndToEnd;

internal sealed class TempDirectory : IDisposable
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public TempDirectory()
    {
        Path = Directory.CreateTempSubdirectory("sw-e2e-").FullName;
        // Exim's delivery processes are not root and must be able to pass through
        File.SetUnixFileMode(Path, ForAll);
    }

    public string Path { get; }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A subdirectory that belongs to root, as the worker would make it.</summary>
    public string Create(string name) => Directory.CreateDirectory(At(name)).FullName;

    /// <summary>A subdirectory that Exim can write into.</summary>
    public string CreateForExim(string name)
    {
        var path = Create(name);
        EximUser.Own(path);
        return path;
    }

    public void Dispose()
    {
        // a delivery that is still ending may put a file in while we delete
        for (var attempt = 0; attempt < 5; attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException)
            {
                // A daemon that is just ending writes its last file: the next try finds it gone.
                Thread.Sleep(100);
            }
        }
    }
}
