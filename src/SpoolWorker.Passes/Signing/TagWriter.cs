// Writes a signature field: tags in order, folded with LF and a tab below 78 columns. h= is folded at its colons, base64
// anywhere. b= comes last, at first empty: what is signed is the field without it (RFC 6376, 3.7). Nothing can fail.
using System.Text;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Signing;

/// <summary>A field that will hold a signature.</summary>
public sealed class TagWriter
{
    // RFC 5322, 2.1.1: 78 characters; the tab of a folded line counts 8 where people look at it.
    private const int Columns = 78, Tab = 8, Base64Line = 68;

    private readonly StringBuilder _text;
    private int _column;

    /// <param name="fieldName">Such as DKIM-Signature.</param>
    public TagWriter(string fieldName)
    {
        _text = new StringBuilder(1024).Append(fieldName).Append(':');
        _column = _text.Length;
    }

    /// <summary>Adds a tag.</summary>
    public TagWriter Add(string name, string value)
    {
        Place(name.Length + value.Length + 2);
        Write($"{name}={value};");
        return this;
    }

    /// <summary>Adds a list with colons, which may be long.</summary>
    public TagWriter AddList(string name, IReadOnlyList<string> items)
    {
        Place(name.Length + 1 + (items.Count > 0 ? items[0].Length : 0) + 1);
        Write(name + "=");
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0 && _column + items[i].Length + 1 > Columns) Fold();
            Write(items[i] + (i < items.Count - 1 ? ":" : ";"));
        }
        return this;
    }

    /// <summary>Adds <c>b=</c> with what signs the digest of the field so far; gives the finished line.</summary>
    /// <param name="digest">Computes the digest from the line with an empty <c>b=</c> and that tag.</param>
    /// <param name="key">Signs it.</param>
    public HeaderLine Sign(Func<HeaderLine, Tag, byte[]> digest, PrivateKey key)
    {
        Fold();
        Write("b=");
        var start = _text.Length;
        var unsigned = HeaderLine.Create(_text.ToString() + "\n");
        var value = unsigned.Text.Span.IndexOf((byte)':') + 1;
        // what follows the equals sign is only the line's end
        var hole = start - value;
        var signature = Convert.ToBase64String(key.Sign(digest(unsigned, new Tag(hole - 2, 1, hole, 0, hole, hole + 1))));
        for (var i = 0; i < signature.Length; i += Base64Line)
        {
            if (i > 0) _text.Append("\n\t");
            _text.Append(signature, i, Math.Min(Base64Line, signature.Length - i));
        }
        return HeaderLine.Create(_text.Append('\n').ToString());
    }

    private void Place(int length)
    {
        if (_column + 1 + length > Columns) Fold();
        else Write(" ");
    }

    private void Fold()
    {
        _text.Append("\n\t");
        _column = Tab;
    }

    private void Write(string text)
    {
        _text.Append(text);
        _column += text.Length;
    }
}
