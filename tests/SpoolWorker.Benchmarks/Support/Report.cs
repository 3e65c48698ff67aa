// What a benchmark found: rows of named values, printed as an aligned table for people or as JSON for programs. Standard
// output carries nothing else; progress goes to standard error.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>A column: its JSON name, its heading, and how its numbers are written.</summary>
internal sealed record Column(string Key, string Heading, string Format = "");

/// <summary>The result of one benchmark.</summary>
internal sealed class Report(string benchmark, string subject, params Column[] columns)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly List<object?[]> _rows = [];

    /// <summary>Remarks below the table.</summary>
    public List<string> Notes { get; } = [];

    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Adds a row: strings and numbers in the order of the columns; null or NaN where there is nothing to say.</summary>
    public void Add(params object?[] values) => _rows.Add(values);

    public void Print(bool json, string directory)
    {
        if (json) PrintJson(directory);
        else PrintTable(directory);
    }

    public static void Progress(string text) => Console.Error.WriteLine(text);

    private void PrintTable(string directory)
    {
        var cells = _rows.Select(row => columns.Select((column, i) => Text(column, row[i])).ToArray()).ToList();
        var widths = columns.Select((column, i) => cells.Select(row => row[i].Length).Append(column.Heading.Length).Max()).ToArray();
        Console.WriteLine($"{benchmark}: {subject}");
        Console.WriteLine(Machine.Describe(directory));
        Console.WriteLine();
        Console.WriteLine(Line(columns.Select(c => c.Heading).ToArray(), widths, i => IsNumber(i)));
        Console.WriteLine(string.Join("  ", widths.Select(w => new string('-', w))));
        foreach (var row in cells) Console.WriteLine(Line(row, widths, i => IsNumber(i)));
        if (Notes.Count > 0) Console.WriteLine();
        foreach (var note in Notes) Console.WriteLine(note);
    }

    private void PrintJson(string directory)
    {
        var rows = new JsonArray();
        foreach (var row in _rows)
        {
            var node = new JsonObject();
            for (var i = 0; i < columns.Length; i++)
            {
                node[columns[i].Key] = row[i] switch
                {
                    null or double.NaN => null,
                    double number => JsonValue.Create(Math.Round(number, 6)),
                    var other => JsonValue.Create(Convert.ToString(other, CultureInfo.InvariantCulture)),
                };
            }
            rows.Add(node);
        }
        var all = new JsonObject
        {
            ["benchmark"] = benchmark,
            ["subject"] = subject,
            ["machine"] = Machine.Describe(directory),
            ["rows"] = rows,
            ["notes"] = new JsonArray([.. Notes.Select(n => (JsonNode)n)]),
        };
        Console.WriteLine(all.ToJsonString(Indented));
    }

    private bool IsNumber(int column) => _rows.Any(row => row[column] is double);

    private static string Text(Column column, object? value) => value switch
    {
        null or double.NaN => "-",
        double number => number.ToString(column.Format, CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Line(string[] cells, int[] widths, Func<int, bool> right) =>
        string.Join("  ", cells.Select((cell, i) => right(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
}
