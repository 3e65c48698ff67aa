using System.Text.Unicode;

namespace SpoolWorker.Operations.Views.Tables;

/// <summary>A row of a table. A program must be able to write back what it read, so bytes that are no UTF-8 are not escaped here but stand in base64.</summary>
internal record TableRowView : View
{
    /// <summary>The key.</summary>
    public string? Key { get; init; }

    /// <summary>The key in base64, when it is no UTF-8.</summary>
    public string? KeyBase64 { get; init; }

    /// <summary>Its value.</summary>
    public string? Value { get; init; }

    /// <summary>The value in base64, when it is no UTF-8.</summary>
    public string? ValueBase64 { get; init; }

    /// <summary>A row of bytes.</summary>
    public static TableRowView Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => new() { Key = Text(key), KeyBase64 = Base64(key), Value = Text(value), ValueBase64 = Base64(value) };

    /// <summary>Bytes that are UTF-8; else null.</summary>
    protected static string? Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Bytes that are no UTF-8; else null.</summary>
    protected static string? Base64(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? null : Convert.ToBase64String(bytes);
}

/// <summary>What a table says of a key.</summary>
internal sealed record TableAnswerView : TableRowView
{
    /// <summary>Whether there is a row.</summary>
    public required bool Found { get; init; }

    /// <summary>The answer; no value: there is no row.</summary>
    public static TableAnswerView Of(ReadOnlySpan<byte> key, byte[]? value) =>
        new() { Found = value is not null, Key = Text(key), KeyBase64 = Base64(key), Value = value is null ? null : Text(value), ValueBase64 = value is null ? null : Base64(value) };
}
