// Writes one ARC header line: items in the order given, "; " between them, none behind the last. A line is folded by a
// line break before white space that is there already (RFC 5322, 2.2.3), inside b= (whose white space is no part of what
// is signed), and behind a colon of h=. So folding changes nothing that relaxed canonicalisation sees, but for long h=.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Arc;

/// <summary>How header lines are laid out.</summary>
internal enum SealLayout
{
    /// <summary>The instance first, as the ABNF of RFC 8617 has it, and folded.</summary>
    InstanceFirst,

    /// <summary>Tags in the order of their names, not folded: the form published signatures were made in.</summary>
    Alphabetical,
}

/// <summary>A header line in the making.</summary>
internal sealed class SealLine
{
    // RFC 5322, 2.1.1
    private const int PreferredWidth = 78;

    private readonly StringBuilder _text = new(512);
    private readonly bool _folds;
    private int _column;
    private bool _isFirst = true;

    public SealLine(string name, bool folds)
    {
        _folds = folds;
        _text.Append(name).Append(": ");
        _column = _text.Length;
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
            _text.Append(word);
            _column += word.Length;
            at += word.Length;
        }
        return this;
    }

    /// <summary>Adds a tag with a number.</summary>
    public SealLine Add(string name, long value) => Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));

    /// <summary>Adds a tag whose value may be broken behind each colon.</summary>
    public SealLine AddList(string name, IReadOnlyList<string> values)
    {
        Separate(name.Length + 2 + (values.Count > 0 ? values[0].Length : 0));
        _text.Append(name).Append('=');
        _column += name.Length + 1;
        for (var i = 0; i < values.Count; i++)
        {
            var length = values[i].Length + 1;
            if (i > 0 && _folds && _column + length > PreferredWidth) Continue();
            _text.Append(values[i]);
            if (i < values.Count - 1) _text.Append(':');
            _column += length;
        }
        return this;
    }

    /// <summary>Adds b=, with an empty value for what is to be signed.</summary>
    public SealLine AddSignature(ReadOnlySpan<byte> signature)
    {
        // On a line of its own, so that what stands before it is the same with and without a value.
        Separate(PreferredWidth);
        _text.Append("b=");
        _column += 2;
        ReadOnlySpan<char> rest = Convert.ToBase64String(signature);
        while (_folds && _column + rest.Length > PreferredWidth)
        {
            _text.Append(rest[..(PreferredWidth - _column)]);
            rest = rest[(PreferredWidth - _column)..];
            Continue();
        }
        _text.Append(rest);
        _column += rest.Length;
        return this;
    }

    /// <summary>The whole line with its newline.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[_text.Length + 1];
        var at = 0;
        foreach (var chunk in _text.GetChunks()) at += Encoding.Latin1.GetBytes(chunk.Span, bytes.AsSpan(at));
        bytes[at] = (byte)'\n';
        return bytes;
    }

    private void Separate(int next)
    {
        if (_isFirst)
        {
            _isFirst = false;
            return;
        }
        _text.Append(';');
        if (_folds && _column + 2 + next > PreferredWidth) Break();
        _text.Append(' ');
        _column += 2;
    }

    /// <summary>A line break before white space that is about to be written.</summary>
    private void Break()
    {
        _text.Append('\n');
        _column = 0;
    }

    /// <summary>A line break with white space of its own.</summary>
    private void Continue()
    {
        _text.Append("\n ");
        _column = 1;
    }
}
