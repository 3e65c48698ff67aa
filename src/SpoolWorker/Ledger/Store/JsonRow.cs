using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SpoolWorker.Ledger.Store;

/// <summary>Rows that are kept as JSON.</summary>
internal static class JsonRow
{
    /// <summary>Null for what cannot be read, as of a later version.</summary>
    /// <param name="bytes">The row.</param>
    /// <param name="type">What it is.</param>
    public static T? TryRead<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
