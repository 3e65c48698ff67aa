// JSON for programs, written by hand: no reflection, no types made for it, indented so that people can read it too.
using System.Text.Json;
using SpoolWorker.Characters;

namespace SpoolWorker.Commands.Output;

/// <summary>JSON on standard output.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = SafeJson.Encoder };

    /// <summary>Prints one value and a newline.</summary>
    /// <param name="write">Writes it.</param>
    /// <param name="indented">False: on one line, for values that come one after the other.</param>
    public static void Print(Action<Utf8JsonWriter> write, bool indented = true)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options with { Indented = indented })) write(json);
        Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}
