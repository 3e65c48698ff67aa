// Rows and figures of tables for people and for programs. Bytes that are no UTF-8 come in JSON as NAMEBase64.
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Commands.Tables;

/// <summary>Output of the table commands.</summary>
internal static class TableView
{
    private const int KeyWidth = 32, BufferBytes = 64 * 1024, FlushBytes = 32 * 1024;

    public static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) json.WriteString(name, bytes);
        else json.WriteBase64String(name + "Base64", bytes);
    }

    public static void PrintCount(string name, long count) => Json.Print(json =>
    {
        json.WriteStartObject();
        json.WriteNumber(name, count);
        json.WriteEndObject();
    });

    public static void PrintImport(TableImport import) => Json.Print(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("rows", import.Rows - import.Duplicates);
        json.WriteNumber("duplicates", import.Duplicates);
        json.WriteEndObject();
    });

    public static int List(LmdbTable table, byte[] prefix, long limit, bool asJson)
    {
        using var output = new BufferedStream(Console.OpenStandardOutput(), BufferBytes);
        using var json = asJson ? new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = SafeJson.Encoder }) : null;
        long rows = 0;
        try
        {
            json?.WriteStartArray();
            var scanned = table.TryScan(prefix, (key, value) =>
            {
                if (!key.StartsWith(prefix)) return false;
                if (json is null) output.Write(System.Text.Encoding.UTF8.GetBytes($"{Printable.Text(key).PadRight(KeyWidth)}  {Printable.Text(value)}".TrimEnd() + "\n"));
                else
                {
                    json.WriteStartObject();
                    Write(json, "key", key);
                    Write(json, "value", value);
                    json.WriteEndObject();
                    if (json.BytesPending > FlushBytes) json.Flush();
                }
                return ++rows != limit;
            }, out var reason);
            json?.WriteEndArray();
            json?.Flush();
            if (json is not null) output.Write("\n"u8);
            output.Flush();
            return scanned ? ExitCode.Ok : TableFailure.Told(reason!);
        }
        catch (IOException e) when (RowOutput.IsBrokenPipe(e))
        {
            return ExitCode.Ok;
        }
    }

    public static int Stats(LmdbTable table, bool asJson)
    {
        if (!table.TryStatistics(out var s, out var reason)) return TableFailure.Told(reason);
        (string Name, long? Value)[] figures =
        [
            ("entries", s.Entries), ("depth", s.Depth), ("pageSize", s.PageSize), ("branchPages", s.BranchPages), ("leafPages", s.LeafPages), ("overflowPages", s.OverflowPages),
            ("freePages", s.FreePages), ("mapSize", s.MapSize), ("fileSize", s.FileSize), ("transaction", s.Transaction), ("readers", s.Readers),
        ];
        if (asJson)
        {
            Json.Print(json =>
            {
                json.WriteStartObject();
                foreach (var (name, value) in figures)
                {
                    if (value is { } number) json.WriteNumber(name, number);
                    else json.WriteNull(name);
                }
                json.WriteBoolean("severalValues", s.SeveralValues);
                json.WriteEndObject();
            });
            return ExitCode.Ok;
        }
        var rows = new AlignedTable("", "");
        foreach (var (name, value) in figures) rows.Add(Words(name), value?.ToString(CultureInfo.InvariantCulture) ?? "unknown: its lock file cannot be opened");
        if (s.SeveralValues) rows.Add("several values", "for a key (dupsort); only the first is looked up");
        Console.Write(rows);
        return ExitCode.Ok;
    }

    // "leafPages" is "leaf pages" for people.
    private static string Words(string name) => string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));
}
