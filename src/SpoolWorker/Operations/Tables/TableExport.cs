// All rows of one state of a table as a file. The file appears whole, at the end: one that is there stays as it is when
// something goes wrong. Reading or writing that fails throws (IOException).
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Tables;

/// <summary>The export.</summary>
/// <param name="table">What is written.</param>
/// <param name="statistics">Of that table.</param>
/// <param name="format">Form of the rows.</param>
/// <param name="heading">CSV: the first record is a heading.</param>
/// <param name="progress">Is told now and then how many rows are written, of how many.</param>
internal sealed class TableExport(LmdbTable table, LmdbStatistics statistics, RowFormat format, bool heading, Action<long, long> progress)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Writes to a file.</summary>
    public Trouble? WriteFile(string name)
    {
        var temporary = $"{name}.{Guid.NewGuid():N}";
        try
        {
            using (var output = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes))
            {
                if (Write(output) is { } trouble) return trouble;
                output.Flush(flushToDisk: true);
            }
            File.Move(temporary, name, overwrite: true);
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(name))!);
            return null;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes to a stream.</summary>
    public Trouble? Write(Stream output)
    {
        var writer = RowWriter.Create(format, output, heading, statistics.MapSize);
        long rows = 0;
        var scanned = table.TryScan([], (key, value) =>
        {
            writer.Write(key, value);
            if ((++rows & 0xfff) == 0) progress(rows, statistics.Entries);
            return true;
        }, out var reason);
        if (!scanned) return new Trouble(TroubleKind.NotNow, reason!);
        writer.End();
        output.Flush();
        return null;
    }
}
