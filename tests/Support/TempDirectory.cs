namespace SpoolWorker.Testing;

/// <summary>A directory of its own, removed with all that is in it. It lies directly in the temporary directory because
/// Exim's notifier socket is named after the spool directory and a socket name ends after 107 bytes.</summary>
internal sealed class TempDirectory : IDisposable
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <param name="isForAll">Others may look in: Exim's delivery processes are not root and must be able to pass through.</param>
    public TempDirectory(bool isForAll = false)
    {
        Path = Directory.CreateTempSubdirectory("sw-").FullName;
        if (isForAll) File.SetUnixFileMode(Path, ForAll);
    }

    public string Path { get; }

    public static implicit operator string(TempDirectory directory) => directory.Path;

    public override string ToString() => Path;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A subdirectory, its path given back.</summary>
    public string Create(string name) => Directory.CreateDirectory(At(name)).FullName;

    public void Dispose()
    {
        // a delivery that is still ending may put a file in while we delete
        const int Most = 50;
        for (var attempt = 1; ; attempt++)
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
            catch (IOException) when (attempt < Most)
            {
                // A daemon that is just ending writes its last file: the next try finds it gone.
                Thread.Sleep(20);
            }
        }
    }
}
