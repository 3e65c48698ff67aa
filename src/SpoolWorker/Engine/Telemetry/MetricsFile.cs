// The metrics in a file, for node_exporter's textfile collector: written beside its place and renamed, so that nobody reads half of it.
// Readable for everybody, as node_exporter has a user of its own. It is not synced: after a power cut it is written anew.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Telemetry;

/// <summary>The file.</summary>
internal sealed class MetricsFile(string path)
{
    private const int Mode = 0b110_100_100;

    /// <summary>Writes it anew.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string text)
    {
        using var folder = SpoolFolder.Open(Path.GetDirectoryName(path)!);
        // Another name than *.prom: the collector reads each of those.
        var (name, unfinished) = (Path.GetFileName(path), $"{Path.GetFileName(path)}.new");
        // Whatever a process that died has left, or somebody has put there.
        folder.TryUnlink(unfinished);
        using (var file = folder.OpenFile(unfinished, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, Mode))
        {
            Posix.SetMode(file, Mode, folder.PathOf(unfinished));
            Posix.Write(file, Encoding.UTF8.GetBytes(text), 0, folder.PathOf(unfinished));
        }
        folder.Rename(unfinished, name);
    }
}
