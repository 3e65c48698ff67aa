// Bytes of a spool file for people and for programs. Cannot fail.
using System.Text;
using SpoolWorker.Characters;

namespace SpoolWorker.Commands.Output;

/// <summary>Escapes for people and for JSON.</summary>
internal static class Printable
{
    /// <summary>One line of text, safe to show.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => SafeText.Of(bytes);

    /// <summary>As <see cref="Text(ReadOnlySpan{byte})"/>, into a builder.</summary>
    public static void Append(StringBuilder text, ReadOnlySpan<byte> bytes) => SafeText.Append(text, bytes);

    /// <summary>A string from a file or a person, with what a terminal would obey escaped.</summary>
    public static string Text(string text) => SafeText.Of(text);

    /// <summary>For JSON, which escapes by itself: the exact string when the bytes are UTF-8, else as for people.</summary>
    public static string Json(ReadOnlySpan<byte> bytes) => SafeText.Exact(bytes);
}
