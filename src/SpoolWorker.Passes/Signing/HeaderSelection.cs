// Which lines a signature covers (RFC 6376, 5.4.2): the names of h= in their order, each time the next line of that name
// from the bottom. A name with no line left stands for a line that must not be there, and adds nothing. The signature's own
// line is never among them (3.5). Bounded by the number of names; nothing can fail.
using System.Buffers;
using System.Text;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Signing;

/// <summary>Hashes the lines that <c>h=</c> names.</summary>
public static class HeaderSelection
{
    /// <summary>Names in one <c>h=</c>. Real ones have 10 to 60; each name may cost a search through the header.</summary>
    public const int MaxNames = 1000;

    /// <summary>Whether h= is a list with colons of field names (3.5), not empty and not too long.</summary>
    public static bool IsValid(ReadOnlySpan<byte> names)
    {
        var count = 0;
        foreach (var name in TagValues.Items(names))
        {
            // ftext (RFC 5322, 3.6.8); the colon is gone, and a semicolon would have ended the tag
            if (++count > MaxNames || name.IsEmpty || name.ContainsAnyExceptInRange((byte)33, (byte)126)) return false;
        }
        return true;
    }

    /// <summary>Appends the lines to a hash.</summary>
    /// <param name="hash">Where they go.</param>
    /// <param name="message">The message.</param>
    /// <param name="names">The value of <c>h=</c>.</param>
    /// <param name="own">Position of the signature's own line; -1 when it is not in the message yet.</param>
    /// <param name="form">Canonicalization of header lines.</param>
    public static void Append(ref HashInput hash, SignedMessage message, ReadOnlySpan<byte> names, int own, Canonicalization form)
    {
        // for each name met, where it stands in the list, and the line it stood for last
        var met = ArrayPool<(int Start, int Length, int Line)>.Shared.Rent(MaxNames);
        var count = 0;
        foreach (var name in TagValues.Items(names))
        {
            var which = 0;
            while (which < count && !Ascii.EqualsIgnoreCase(names.Slice(met[which].Start, met[which].Length), name)) which++;
            if (which == count)
            {
                if (count == MaxNames) break;
                names.Overlaps(name, out var start);
                met[count++] = (start, name.Length, message.Headers.Length);
            }
            var line = message.LastBefore(name, met[which].Line);
            if (line >= 0 && line == own) line = message.LastBefore(name, line);
            met[which].Line = Math.Max(line, 0);
            if (line >= 0) HeaderCanonicalizer.Append(ref hash, message.Headers[line].Text.Span, form);
        }
        ArrayPool<(int Start, int Length, int Line)>.Shared.Return(met);
    }
}
