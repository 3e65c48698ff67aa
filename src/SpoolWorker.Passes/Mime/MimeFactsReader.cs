// Reads what rules may ask of a message's parts. MimeKit tells of each part as it goes by; nothing is kept but names, types, sizes and the first bytes, and a
// part that is an archive goes into a nameless file until it was looked into. What MIME does not let be known (a part in no known encoding, a multipart
// without boundary, the same field twice, which each reader takes differently) is an error of the facts. Throws IOException when the body, or the place for
// temporary files, fails.
using MimeKit;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mime;

/// <summary>Reads a message once.</summary>
internal sealed class MimeFactsReader : MimeReader, IDisposable
{
    private readonly MessageStream _source;
    private readonly MimeFacts _facts = new();
    private readonly ArchiveBudget _budget;
    private readonly PartHeader _header = new();
    private readonly PartContent _content = new();
    private readonly UuText _uuencoded;
    private readonly CancellationToken _cancelled;
    private int _depth, _parts;

    // Names are in the character sets of their senders, those of TNEF files in windows-1252 at least; .NET knows few by itself.
    static MimeFactsReader() => System.Text.Encoding.RegisterProvider(System.Text.CodePagesEncodingProvider.Instance);

    private MimeFactsReader(MessageStream source, CancellationToken cancelled)
        : base(Bounded, source, MimeFormat.Entity)
    {
        (_source, _budget, _cancelled) = (source, new ArchiveBudget(_facts), cancelled);
        _uuencoded = new UuText(_budget, OnUuencoded);
    }

    // One more than we allow, so that we see it.
    private static ParserOptions Bounded => new() { MaxMimeDepth = MimeLimits.Depth + 2 };

    /// <summary>Reads them.</summary>
    /// <exception cref="IOException">The body cannot be read, or no temporary file be written.</exception>
    public static MimeFacts Read(HeaderFile message, IMessageBody body, CancellationToken cancelled)
    {
        using var source = MessageStream.Of(message, body, cancelled);
        using var reader = new MimeFactsReader(source, cancelled);
        try
        {
            reader.ReadMessage(cancelled);
        }
        catch (FormatException e)
        {
            reader._facts.Fail($"its MIME cannot be read: {e.Message}");
        }
        if (source.IsCut) reader._facts.Fail($"a header has more than {MimeLimits.Header >> 20} MiB");
        return reader._facts;
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _header.Clear();
        _source.EndsAt = _source.Position + MimeLimits.Header;
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (_header.Take(header) is { } fault) _facts.Fail(fault);
    }

    protected override void OnHeadersEnd(long beginOffset, int beginLineNumber, long endOffset, int endLineNumber, CancellationToken cancellationToken) =>
        _source.EndsAt = long.MaxValue;

    protected override void OnMultipartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(contentType.Boundary)) _facts.Fail("a multipart has no boundary");
        Enter();
    }

    protected override void OnMultipartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) => _depth--;

    protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        foreach (var name in _header.Names(contentType)) AddName(name);
        _facts.AddType(TypeOf(contentType));
        Enter();
    }

    protected override void OnMessagePartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) => _depth--;

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        CountPart();
        if (_header.Fault(contentType) is { } fault) _facts.Fail(fault);
        _content.Begin(_header.Encoding, _budget, IsText(contentType) ? _uuencoded : null);
    }

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) => _content.Add(buffer, startIndex, count);

    protected override void OnMimePartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        var magic = _content.End();
        _uuencoded.End();
        var names = _header.Names(contentType).ToList();
        // Text that has no name and says of itself that it is to be shown is what people read.
        if (names.Count > 0 || _header.IsAttachment || magic.Length > 0 || !IsText(contentType)) Tell(_content, TypeOf(contentType), names, magic);
        _content.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Clear();
        _uuencoded.Dispose();
    }

    private static bool IsText(ContentType type) => type.IsMimeType("text", "*");

    private static string TypeOf(ContentType type) => $"{type.MediaType}/{type.MediaSubtype}".ToLowerInvariant();

    private void OnUuencoded(PartContent content, string name, string magic)
    {
        CountPart();
        Tell(content, "", [name], magic);
    }

    private void Tell(PartContent content, string declared, List<string> names, string magic)
    {
        foreach (var name in names) AddName(name);
        _facts.AddType(declared);
        _facts.AddType(magic);
        _facts.AddSize(content.Size);
        foreach (var name in names.DefaultIfEmpty(""))
        {
            if (ArchiveReader.HiddenZip(name, declared, magic) is { } fault) _facts.Fail(fault);
        }
        if (content.Archive is { } file) new ArchiveReader(_facts, _budget, _cancelled).Read(file, names.Count > 0 ? FileName.Of(names[0], out _) : magic);
    }

    private void AddName(string name)
    {
        _facts.AddName(FileName.Of(name, out var isCut));
        if (isCut) _facts.Fail($"the name of an attachment has more than {MimeLimits.Name} characters");
    }

    private void CountPart()
    {
        if (++_parts > MimeLimits.Parts) Stop($"it has more than {MimeLimits.Parts} parts");
    }

    private void Enter()
    {
        if (++_depth > MimeLimits.Depth) Stop($"its parts lie in each other more than {MimeLimits.Depth} deep");
    }

    private void Stop(string reason)
    {
        _facts.Fail(reason);
        _source.IsEnded = true;
    }
}
