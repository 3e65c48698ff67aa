// A message as one stream: header lines that are not deleted, the empty line, the body as it lies. It ends early where the reader has had enough,
// which ends a parser without an exception. Reading the body throws IOException, and OperationCanceledException when that is asked for.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mime;

/// <summary>The bytes of a message, once from first to last.</summary>
internal sealed class MessageStream : ReadOnlyStream
{
    private readonly byte[] _header;
    private readonly Stream _body;
    private readonly CancellationToken _cancelled;

    private MessageStream(byte[] header, IMessageBody body, CancellationToken cancelled) : base(header.Length + body.Length) =>
        (_header, _body, _cancelled) = (header, body.OpenRead(), cancelled);

    /// <summary>Nothing more comes after this.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Bytes after which nothing more comes: a parser keeps a header in memory, however long it is.</summary>
    public long EndsAt { get; set; } = long.MaxValue;

    /// <summary>Whether that was reached.</summary>
    public bool IsCut { get; private set; }

    public override bool CanSeek => false;

    public static MessageStream Of(HeaderFile message, IMessageBody body, CancellationToken cancelled)
    {
        using var header = new MemoryStream();
        foreach (var line in message.Headers)
        {
            if (!line.IsDeleted) header.Write(line.Text.Span);
        }
        header.WriteByte((byte)'\n');
        return new MessageStream(header.ToArray(), body, cancelled);
    }

    protected override int ReadAt(long position, Span<byte> buffer)
    {
        _cancelled.ThrowIfCancellationRequested();
        IsCut |= position >= EndsAt;
        if (IsEnded || IsCut) return 0;
        if (position >= _header.Length) return _body.Read(buffer);
        var header = _header.AsSpan((int)position);
        var count = Math.Min(header.Length, buffer.Length);
        header[..count].CopyTo(buffer);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _body.Dispose();
        base.Dispose(disposing);
    }
}
