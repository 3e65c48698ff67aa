// Rows of views on standard output: an array with a row a line, or the lines alone.
using System.Buffers;
using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Commands.Output;

/// <summary>Prints rows as they come. Without <see cref="End"/> an array has no end: what failed is no value.</summary>
internal sealed class ViewRows<T>(JsonTypeInfo<T> type, OutputForm form) : IDisposable
    where T : View
{
    private const int BufferBytes = 64 * 1024;
    private readonly BufferedStream _output = new(Console.OpenStandardOutput(), BufferBytes);
    private readonly RowJson<T> _rows = new(type);
    private readonly ArrayBufferWriter<byte> _row = new();
    private readonly bool _isArray = form == OutputForm.Json;
    private bool _any;

    public void Add(T row)
    {
        if (_isArray) _output.Write(_any ? ",\n"u8 : "[\n"u8);
        _row.ResetWrittenCount();
        _rows.Write(row, _row);
        _output.Write(_row.WrittenSpan);
        if (!_isArray) _output.Write("\n"u8);
        _any = true;
    }

    public void Flush() => _output.Flush();

    /// <summary>The closing bracket, and everything out.</summary>
    public void End()
    {
        if (_isArray) _output.Write(_any ? "\n]\n"u8 : "[]\n"u8);
        _output.Flush();
    }

    public void Dispose()
    {
        _rows.Dispose();
        _output.Dispose();
    }
}
