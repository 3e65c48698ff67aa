// Tag lists (RFC 6376, 3.2) over the bytes they stand in: no value is copied. A list that breaks the grammar gives a reason
// and the offset of the byte where it does; so do two tags of one name. Bytes above 127 are allowed, since RFC 8616 has
// UTF-8 in domains; what a tag may hold is for its reader to say. Nothing throws.
using System.Text;

namespace SpoolWorker.Passes.Signing.Tags;

/// <summary>A place in the list's text.</summary>
/// <param name="NameStart">Where the name begins.</param>
/// <param name="NameLength">Its length.</param>
/// <param name="ValueStart">Where the value begins, white space around it left out.</param>
/// <param name="ValueLength">Its length.</param>
/// <param name="HoleStart">The byte behind the equals sign.</param>
/// <param name="HoleEnd">The semicolon, or the end of the list. What is between both goes when <c>b=</c> is emptied (3.7).</param>
public readonly record struct Tag(int NameStart, int NameLength, int ValueStart, int ValueLength, int HoleStart, int HoleEnd);

/// <summary>Why a list cannot be read.</summary>
public readonly record struct TagListError(string Reason, int Offset);

/// <summary>A tag list that has been read.</summary>
public sealed class TagList
{
    /// <summary>Four times as many as all RFCs together define; it bounds the search for duplicates.</summary>
    public const int MaxTags = 64;

    private readonly ReadOnlyMemory<byte> _text;
    private readonly Tag[] _tags;

    private TagList(ReadOnlyMemory<byte> text, Tag[] tags)
    {
        _text = text;
        _tags = tags;
    }

    /// <summary>All tags in their order.</summary>
    public ReadOnlySpan<Tag> Tags => _tags;

    /// <summary>What was read.</summary>
    public ReadOnlySpan<byte> Text => _text.Span;

    /// <summary>The bytes of a tag's name.</summary>
    public ReadOnlySpan<byte> Name(Tag tag) => Text.Slice(tag.NameStart, tag.NameLength);

    /// <summary>The value without the white space around it; what is inside stays.</summary>
    public ReadOnlySpan<byte> Value(Tag tag) => Text.Slice(tag.ValueStart, tag.ValueLength);

    /// <summary>Finds a tag; names are case-sensitive.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out Tag tag)
    {
        foreach (ref readonly var candidate in _tags.AsSpan())
        {
            if (Name(candidate).SequenceEqual(name))
            {
                tag = candidate;
                return true;
            }
        }
        tag = default;
        return false;
    }

    /// <summary>The value of a tag; false when there is no such tag (an empty value is true).</summary>
    public bool TryValue(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var found = TryFind(name, out var tag);
        value = found ? Value(tag) : default;
        return found;
    }

    /// <summary>Whether there is a tag of that name; case counts (RFC 6376, 3.2).</summary>
    public bool Has(ReadOnlySpan<byte> name) => TryFind(name, out _);

    /// <summary>Reads a list. The text may be a header field's value with its folding and final newline.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> text, out TagList list, out TagListError error)
    {
        list = null!;
        Span<Tag> tags = stackalloc Tag[MaxTags];
        var count = 0;
        var span = text.Span;
        var at = 0;
        while (true)
        {
            at = SkipSpace(span, at);
            if (at == span.Length)
            {
                // "a=b;" may end in a semicolon, but ";" alone, or nothing, is no list
                if (count == 0) return Fail("no tag", at, out error);
                break;
            }
            var nameStart = at;
            while (at < span.Length && IsNameByte(span[at], first: at == nameStart)) at++;
            var nameLength = at - nameStart;
            if (nameLength == 0) return Fail(span[at] == ';' ? "empty tag" : "a tag name begins with a letter", at, out error);
            at = SkipSpace(span, at);
            if (at == span.Length || span[at] != '=') return Fail("a tag has no equals sign", at, out error);
            var hole = ++at;
            var valueStart = SkipSpace(span, at);
            var end = span[at..].IndexOf((byte)';');
            end = end < 0 ? span.Length : at + end;
            if (valueStart > end) valueStart = end;
            var valueEnd = end;
            while (valueEnd > valueStart && IsSpace(span[valueEnd - 1])) valueEnd--;
            for (var i = valueStart; i < valueEnd; i++)
            {
                // VALCHAR is %x21-3A / %x3C-7E; RFC 6532 adds UTF-8
                if (span[i] is < 0x21 or 0x7f && !IsSpace(span[i])) return Fail("a control character in a value", i, out error);
            }
            var name = span.Slice(nameStart, nameLength);
            for (var i = 0; i < count; i++)
            {
                if (span.Slice(tags[i].NameStart, tags[i].NameLength).SequenceEqual(name)) return Fail($"duplicate tag {Encoding.Latin1.GetString(name[..Math.Min(name.Length, 20)])}=", nameStart, out error);
            }
            if (count == MaxTags) return Fail($"more than {MaxTags} tags", nameStart, out error);
            tags[count++] = new Tag(nameStart, nameLength, valueStart, valueEnd - valueStart, hole, end);
            if (end == span.Length) break;
            at = end + 1;
        }
        list = new TagList(text, tags[..count].ToArray());
        error = default;
        return true;
    }

    /// <summary>Space, tab, and the line ends of folding, which the spool writes as LF and DNS records as CRLF.</summary>
    internal static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';

    private static int SkipSpace(ReadOnlySpan<byte> span, int at)
    {
        while (at < span.Length && IsSpace(span[at])) at++;
        return at;
    }

    // tag-name = ALPHA *ALNUMPUNC; ALNUMPUNC = ALPHA / DIGIT / "_"
    private static bool IsNameByte(byte b, bool first) => char.IsAsciiLetter((char)b) || (!first && (char.IsAsciiDigit((char)b) || b == '_'));

    private static bool Fail(string reason, int offset, out TagListError error)
    {
        error = new TagListError(reason, offset);
        return false;
    }
}
