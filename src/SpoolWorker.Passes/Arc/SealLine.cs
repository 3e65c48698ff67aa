// Writes one ARC header line: items in the order given, "; " between them, none behind the last. A line is folded by a
// line break before white space that is there already (RFC 5322, 2.2.3), inside b= (whose white space is no part of what
// is signed), and behind a colon of h=. So folding changes nothing that relaxed canonicalisation sees, but for long h=.
using System.Buffers;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Arc;

/// <summary>How header lines are laid out.</summary>
internal enum SealLayout
{
    /// <summary>The instance first, as the ABNF of RFC 8617 has it, and folded.</summary>
    InstanceFirst,

    /// <summary>Tags in the order of their names, not folded: the form published signatures were made in.</summary>
    Alphabetical,
}

/// <summary>A header line in the making; characters are bytes. <see cref="ToBytes"/> ends it.</summary>
internal sealed class SealLine
{
    // RFC 5322, 2.1.1
    private const int PreferredWidth = 78;

    // A set of usual results; longer lines rent more.
    private const int FirstSize = 2048;

    private readonly bool _folds;
    private byte[] _text = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _length;
    private int _column;
    private bool _isFirst = true;

    public SealLine(string name, bool folds)
    {
        _folds = folds;
        Write(name);
        Write(": ");
    }

    /// <summary>Adds a tag, or a result with spaces in it.</summary>
    public SealLine Add(ReadOnlySpan<char> item)
    {
        Separate(item.Length);
        for (var at = 0; at < item.Length;)
        {
            // A word is the white space before it and what follows up to the next.
            var word = item[at..];
            var solid = word.IndexOfAnyExcept(' ', '\t');
            var end = solid < 0 ? -1 : word[solid..].IndexOfAny(' ', '\t');
            if (end >= 0) word = word[..(solid + end)];
            if (_folds && at > 0 && solid > 0 && _column + word.Length > PreferredWidth) Break();
            Write(word);
            at += word.Length;
        }
        return this;
    }

    /// <summary>Adds a tag whose value has no spaces.</summary>
    public SealLine Add(string name, string value)
    {
        Separate(name.Length + 1 + value.Length);
        Write(name);
        Write("=");
        Write(value);
        return this;
    }

    /// <summary>Adds a tag with a number.</summary>
    public SealLine Add(string name, long value)
    {
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        Separate(name.Length + 1 + length);
        Write(name);
        Write("=");
        Write(digits[..length]);
        return this;
    }

    /// <summary>Adds a tag whose value may be broken behind each colon.</summary>
    public SealLine AddList(string name, IReadOnlyList<string> values)
    {
        Separate(name.Length + 2 + (values.Count > 0 ? values[0].Length : 0));
        Write(name);
        Write("=");
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && _folds && _column + values[i].Length + 1 > PreferredWidth) Continue();
            Write(values[i]);
            if (i < values.Count - 1) Write(":");
        }
        return this;
    }

    /// <summary>Adds b=, with an empty value for what is to be signed.</summary>
    public SealLine AddSignature(ReadOnlySpan<byte> signature)
    {
        // On a line of its own, so that what stands before it is the same with and without a value.
        Separate(PreferredWidth);
        Write("b=");
        Span<char> encoded = stackalloc char[(PublicKey.MaxSignature + 2) / 3 * 4];
        Convert.TryToBase64Chars(signature, encoded, out var length);
        ReadOnlySpan<char> rest = encoded[..length];
        while (_folds && _column + rest.Length > PreferredWidth)
        {
            var part = PreferredWidth - _column;
            Write(rest[..part]);
            rest = rest[part..];
            Continue();
        }
        Write(rest);
        return this;
    }

    /// <summary>The whole line with its newline.</summary>
    public byte[] ToBytes()
    {
        Write("\n");
        var line = _text.AsSpan(0, _length).ToArray();
        ArrayPool<byte>.Shared.Return(_text);
        _text = [];
        return line;
    }

    private void Separate(int next)
    {
        if (_isFirst)
        {
            _isFirst = false;
            return;
        }
        Write(";");
        if (_folds && _column + 1 + next > PreferredWidth) Break();
        Write(" ");
    }

    /// <summary>A line break before white space that is about to be written.</summary>
    private void Break()
    {
        Write("\n");
        _column = 0;
    }

    /// <summary>A line break with white space of its own.</summary>
    private void Continue()
    {
        Break();
        Write(" ");
    }

    private void Write(ReadOnlySpan<char> text)
    {
        if (_text.Length - _length < text.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _text.Length, _length + text.Length));
            _text.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_text);
            _text = larger;
        }
        Encoding.Latin1.GetBytes(text, _text.AsSpan(_length));
        _length += text.Length;
        _column += text.Length;
    }
}
