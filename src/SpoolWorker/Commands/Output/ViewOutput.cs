// Views on standard output: the only way a command prints JSON. A reader that went away (`| head`) is no failure of the command's.
using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Commands.Output;

/// <summary>Prints views.</summary>
internal static class ViewOutput
{
    /// <summary>One object and a newline.</summary>
    public static void Print<T>(T view, JsonTypeInfo<T> type)
        where T : View
    {
        using var output = Console.OpenStandardOutput();
        output.Write(ViewJson.Write(view, type, ViewJson.Indented).Span);
        output.Write("\n"u8);
    }

    /// <summary>Rows: an array with a row a line, or the lines alone.</summary>
    public static void PrintRows<T>(IEnumerable<T> rows, JsonTypeInfo<T> type, OutputForm form)
        where T : View
    {
        using var output = new ViewRows<T>(type, form);
        foreach (var row in rows)
        {
            output.Add(row);
            // A program that asks by lines may wait for the answer before it asks on.
            if (form == OutputForm.JsonLines) output.Flush();
        }
        output.End();
    }
}
