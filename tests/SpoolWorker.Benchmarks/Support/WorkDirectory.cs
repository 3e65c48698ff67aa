// Fresh directories for every measured run, all on one real file system. Nothing is deleted between runs: after a mass
// deletion ext4 creates files many times slower for a while. Everything goes at the very end.
using System.Diagnostics;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>A directory below which a benchmark works.</summary>
internal sealed class WorkDirectory : IDisposable
{
    private readonly bool _keep;
    private int _last;

    public WorkDirectory(string parent, bool keep)
    {
        _keep = keep;
        Root = Path.Combine(Path.GetFullPath(parent), $"run-{Environment.ProcessId}");
        Directory.CreateDirectory(Root);
        if (Machine.IsInMemory(Root)) throw new IOException($"{Root} is on {Machine.FileSystem(Root)}, where a sync costs nothing: choose a real file system with --directory");
        SpreadSubdirectories();
    }

    public string Root { get; }

    /// <summary>A new empty directory.</summary>
    public string Fresh(string name)
    {
        var path = Path.Combine(Root, $"{++_last:000}-{name}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Writes all that is dirty to disk, so that a measured run does not pay for what was prepared.</summary>
    public void Settle()
    {
        using var handle = Posix.OpenDirectory(Root);
        Posix.SyncFileSystem(handle, Root);
    }

    public void Dispose()
    {
        if (_keep) Report.Progress($"kept: {Root}");
        else Directory.Delete(Root, recursive: true);
    }

    // ext4's "top of hierarchy" flag: its subdirectories get block groups of their own, so that what one run deletes does
    // not lie where the next one creates. Elsewhere it fails, and is not needed.
    private void SpreadSubdirectories()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("chattr", ["+T", Root]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // no chattr on this machine
        }
    }
}
