// Reads fields as header sections and delivery status parts have them (RFC 5322, 2.2): name, colon, value, folded over lines that
// start with a blank. Works on bytes with LF or CRLF line ends and remembers where each field stands. Cannot fail: a line that
// is no field is passed over.
using System.Text;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>A field in a block.</summary>
/// <param name="Name">Before the colon.</param>
/// <param name="Value">Behind it, unfolded, without blanks around it.</param>
/// <param name="End">Behind its last line break.</param>
public sealed record Field(byte[] Name, byte[] Value, int End)
{
    /// <summary>Whether it has that name, any case.</summary>
    public bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>The part of a typed value before the semicolon ("rfc822", "smtp", "dns").</summary>
    public ReadOnlySpan<byte> Type => Value.AsSpan().IndexOf((byte)';') is >= 0 and var at ? Value.AsSpan(0, at).Trim(" \t"u8) : default;

    /// <summary>The part behind it; the whole value when it has no type.</summary>
    public ReadOnlySpan<byte> Content => Value.AsSpan().IndexOf((byte)';') is >= 0 and var at ? Value.AsSpan(at + 1).Trim(" \t"u8) : Value;
}

/// <summary>Reads fields.</summary>
public static class FieldReader
{
    /// <summary>Blocks of fields, separated by empty lines (RFC 3464, 2.1).</summary>
    public static List<List<Field>> Blocks(ReadOnlySpan<byte> text)
    {
        var blocks = new List<List<Field>>();
        var block = new List<Field>();
        var at = 0;
        while (at < text.Length)
        {
            var end = EndOfLine(text, at);
            var line = text[at..end].TrimEnd("\r\n"u8);
            if (line.Trim(" \t"u8).IsEmpty)
            {
                if (block.Count > 0) blocks.Add(block);
                block = [];
                at = end;
                continue;
            }
            while (end < text.Length && text[end] is (byte)' ' or (byte)'\t' && !IsBlank(text, end)) end = EndOfLine(text, end);
            if (Read(text, at, end) is { } field) block.Add(field);
            at = end;
        }
        if (block.Count > 0) blocks.Add(block);
        return blocks;
    }

    /// <summary>Value of the first field of that name; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        foreach (var block in Blocks(text))
        {
            foreach (var field in block)
            {
                if (field.Is(name)) return field.Value;
            }
        }
        return default;
    }

    private static Field? Read(ReadOnlySpan<byte> text, int start, int end)
    {
        var field = text[start..end];
        var colon = field.IndexOf((byte)':');
        if (colon <= 0) return null;
        var name = field[..colon].TrimEnd(" \t"u8);
        return name.IsEmpty || name.ContainsAny(" \t"u8) ? null : new Field(name.ToArray(), Unfolded(field[(colon + 1)..]), end);
    }

    /// <summary>A value without its line breaks; the blanks they were folded at stay.</summary>
    public static byte[] Unfolded(ReadOnlySpan<byte> value)
    {
        var bytes = new List<byte>(value.Length);
        foreach (var c in value)
        {
            if (c is not ((byte)'\r' or (byte)'\n')) bytes.Add(c == '\t' ? (byte)' ' : c);
        }
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).Trim((byte)' ').ToArray();
    }

    private static int EndOfLine(ReadOnlySpan<byte> text, int at) => text[at..].IndexOf((byte)'\n') is >= 0 and var end ? at + end + 1 : text.Length;

    private static bool IsBlank(ReadOnlySpan<byte> text, int at) => text[at..EndOfLine(text, at)].Trim(" \t\r\n"u8).IsEmpty;
}
