// Views one after the other, each on one line, with one writer: lists may have millions.
using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Operations.Json;

/// <summary>Writes rows of one kind.</summary>
internal sealed class RowJson<T>(JsonTypeInfo<T> type) : IDisposable
    where T : View
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, ViewJson.Line);

    /// <summary>Appends one, without a line end.</summary>
    public void Write(T row, IBufferWriter<byte> output)
    {
        _json.Reset(output);
        JsonSerializer.Serialize(_json, row, type);
    }

    public void Dispose() => _json.Dispose();
}
