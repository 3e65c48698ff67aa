// Rows of a table on standard output: a listing for people and programs, an export.
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Tables;
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Commands.Tables;

/// <summary>Streams rows.</summary>
internal static class TableOutput
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Rows whose keys begin with the prefix, at most so many (0: all).</summary>
    public static int List(LmdbTable table, byte[] prefix, long limit, OutputForm form) => Unbroken(() =>
    {
        if (form == OutputForm.Text)
        {
            using var text = new BufferedStream(Console.OpenStandardOutput(), BufferBytes);
            return Scan(table, prefix, limit, (key, value) => text.Write(TableText.Row(key, value)));
        }
        using var rows = new ViewRows<TableRowView>(ViewJson.Default.TableRowView, form);
        var exitCode = Scan(table, prefix, limit, (key, value) => rows.Add(TableRowView.Of(key, value)));
        rows.End();
        return exitCode;
    });

    /// <summary>All rows, in the form of an export.</summary>
    public static Trouble? Export(TableExport export)
    {
        Trouble? trouble = null;
        Unbroken(() =>
        {
            using var output = new BufferedStream(Console.OpenStandardOutput(), BufferBytes);
            trouble = export.Write(output);
            return ExitCode.Ok;
        });
        return trouble;
    }

    private static int Scan(LmdbTable table, byte[] prefix, long limit, RowSorter.Visitor print)
    {
        long rows = 0;
        return table.TryScan(prefix, (key, value) =>
        {
            if (!key.StartsWith(prefix)) return false;
            print(key, value);
            return ++rows != limit;
        }, out var reason) ? ExitCode.Ok : TableFailure.Told(reason!);
    }

    // A reader that went away has what it wanted.
    private static int Unbroken(Func<int> print)
    {
        try
        {
            return print();
        }
        catch (IOException e) when (RowOutput.IsBrokenPipe(e))
        {
            return ExitCode.Ok;
        }
    }
}
