// What the header of a part says of its content. A field that stands there twice has no meaning that all readers share.
using MimeKit;
using MimeKit.Utils;

namespace SpoolWorker.Passes.Mime;

/// <summary>The header of the part that comes.</summary>
internal sealed class PartHeader
{
    private readonly HashSet<HeaderId> _seen = [];
    private ContentDisposition? _disposition;
    private string? _unknownEncoding;

    /// <summary>How its content is encoded.</summary>
    public ContentEncoding Encoding { get; private set; }

    /// <summary>Whether it says of itself that it is to be saved, not shown.</summary>
    public bool IsAttachment => _disposition?.IsAttachment == true;

    /// <summary>Begins another part.</summary>
    public void Clear()
    {
        _seen.Clear();
        (_disposition, _unknownEncoding, Encoding) = (null, null, ContentEncoding.Default);
    }

    /// <summary>Takes in a field.</summary>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public string? Take(Header header)
    {
        if (header.Id is not (HeaderId.ContentType or HeaderId.ContentDisposition or HeaderId.ContentTransferEncoding)) return null;
        if (!_seen.Add(header.Id)) return $"a part has {header.Field} twice";
        if (header.Id == HeaderId.ContentDisposition && ContentDisposition.TryParse(header.RawValue, out var disposition)) _disposition = disposition;
        if (header.Id != HeaderId.ContentTransferEncoding) return null;
        var word = header.Value.Trim();
        if (!MimeUtils.TryParse(word, out ContentEncoding encoding)) _unknownEncoding = word;
        else Encoding = encoding;
        return null;
    }

    /// <summary>What keeps the content of the part, which has no parts of its own for the parser, from being known; null: nothing.</summary>
    public string? Fault(ContentType type)
    {
        if (type.IsMimeType("message", "rfc822") || type.IsMimeType("message", "global")) return "a message in it is encoded (RFC 2046, section 5.2.1, forbids it)";
        return _unknownEncoding is { } word ? $"a part is encoded as '{(word.Length > 40 ? word[..40] : word)}', which nobody knows" : null;
    }

    /// <summary>Its names: two where the fields differ, as programs take one or the other.</summary>
    public IEnumerable<string> Names(ContentType type)
    {
        var own = _disposition?.FileName;
        if (!string.IsNullOrEmpty(own)) yield return own;
        if (!string.IsNullOrEmpty(type.Name) && type.Name != own) yield return type.Name;
    }
}
