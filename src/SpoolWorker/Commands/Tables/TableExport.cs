// All rows of one state of a table as a file. The file appears whole, at the end: one that is there stays as it is when
// something goes wrong.
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Tables;

/// <summary>The export.</summary>
internal static class TableExport
{
    private const int BufferBytes = 256 * 1024;

    public static int Run(LmdbTable table, string name, RowFormat format, bool heading)
    {
        if (!table.TryStatistics(out var statistics, out var reason)) return TableFailure.Told(reason);
        if (statistics.SeveralValues) Console.Error.WriteLine($"spoolworker: {table.Path} keeps several values for a key (dupsort): only the first of each is written, which is what Exim looks up");
        if (name == "-")
        {
            using var output = new BufferedStream(Console.OpenStandardOutput(), BufferBytes);
            try
            {
                return Write(table, output, format, heading, statistics);
            }
            catch (IOException e) when (RowOutput.IsBrokenPipe(e))
            {
                return ExitCode.Ok;
            }
        }
        var temporary = $"{name}.{Guid.NewGuid():N}";
        try
        {
            using (var output = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes))
            {
                var exitCode = Write(table, output, format, heading, statistics);
                if (exitCode != ExitCode.Ok) return exitCode;
                output.Flush(flushToDisk: true);
            }
            File.Move(temporary, name, overwrite: true);
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(name))!);
            return ExitCode.Ok;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static int Write(LmdbTable table, Stream output, RowFormat format, bool heading, LmdbStatistics statistics)
    {
        using var progress = new Progress("exporting", statistics.Entries, TimeProvider.System);
        var writer = RowWriter.Create(format, output, heading, statistics.MapSize);
        long rows = 0;
        var scanned = table.TryScan([], (key, value) =>
        {
            writer.Write(key, value);
            if ((++rows & 0xfff) == 0) progress.Report(rows);
            return true;
        }, out var reason);
        if (!scanned) return TableFailure.Told(reason!);
        writer.End();
        output.Flush();
        return ExitCode.Ok;
    }
}
