// The content of the part that goes by: its size and first bytes, and of an archive a nameless file with all of it.
using MimeKit;
using MimeKit.Encodings;

namespace SpoolWorker.Passes.Mime;

/// <summary>Decodes a part.</summary>
internal sealed class PartContent
{
    // Enough for all magic numbers but an ISO image's, which is looked for at the end.
    private const int Early = 512;

    private readonly byte[] _head = new byte[MimeLimits.Head];
    private IMimeDecoder? _decoder;
    private ArchiveBudget? _budget;
    private UuText? _text;
    private byte[] _decoded = [];
    private int _headLength;
    private bool _isDecided;

    /// <summary>Bytes, decoded.</summary>
    public long Size { get; private set; }

    /// <summary>All of it, from its beginning, when it is an archive that was not too much; null: it is none.</summary>
    public Stream? Archive { get; private set; }

    /// <summary>Begins.</summary>
    /// <param name="encoding">How it is encoded.</param>
    /// <param name="budget">For archives.</param>
    /// <param name="text">Sees what it is, decoded; null: nobody does.</param>
    public void Begin(ContentEncoding encoding, ArchiveBudget budget, UuText? text = null)
    {
        Clear();
        (_budget, _text) = (budget, text);
        _decoder = encoding switch
        {
            ContentEncoding.Base64 => new Base64Decoder(),
            ContentEncoding.QuotedPrintable => new QuotedPrintableDecoder(),
            ContentEncoding.UUEncode => new UUDecoder(),
            _ => null,
        };
    }

    /// <summary>Takes in what comes next, as it is encoded.</summary>
    public void Add(byte[] buffer, int start, int count)
    {
        if (_decoder is null)
        {
            Take(buffer.AsSpan(start, count));
            return;
        }
        var most = _decoder.EstimateOutputLength(count);
        if (_decoded.Length < most) _decoded = new byte[most];
        Take(_decoded.AsSpan(0, _decoder.Decode(buffer, start, count, _decoded)));
    }

    /// <summary>Nothing more comes.</summary>
    /// <returns>The type by its first bytes; empty: none that is known.</returns>
    public string End()
    {
        if (!_isDecided) Decide();
        if (Archive is not null) Archive.Position = 0;
        return MagicNumbers.Of(_head.AsSpan(0, _headLength));
    }

    /// <summary>Forgets it.</summary>
    public void Clear()
    {
        Archive?.Dispose();
        (Archive, _decoder, _headLength, _isDecided, Size) = (null, null, 0, false, 0);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        Size += bytes.Length;
        _text?.Take(bytes);
        var isKept = Archive is not null;
        var taken = Math.Min(bytes.Length, _head.Length - _headLength);
        bytes[..taken].CopyTo(_head.AsSpan(_headLength));
        _headLength += taken;
        if (isKept) Keep(bytes);
        else if (!_isDecided && _headLength >= Early)
        {
            Decide();
            // The head has what came until now, unless this was more.
            if (Archive is not null) Keep(bytes[taken..]);
        }
    }

    private void Decide()
    {
        _isDecided = true;
        if (!ArchiveReader.Knows(MagicNumbers.Of(_head.AsSpan(0, _headLength)))) return;
        Archive = ArchiveBudget.NewFile();
        Keep(_head.AsSpan(0, _headLength));
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_budget!.TakeBytes(bytes.Length))
        {
            Archive!.Write(bytes);
            return;
        }
        Archive!.Dispose();
        Archive = null;
    }
}
