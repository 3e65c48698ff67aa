// Standard output of `list`: one buffer, and for an array the brackets and commas between rows that are rendered apart. A
// reader that went away (`| head`) ends the listing quietly: see IsBrokenPipe.
namespace SpoolWorker.Commands.Listing;

/// <summary>Rows on their way out. In an array every row ends in a comma and a newline; the last one's are taken back.</summary>
internal sealed class RowOutput(Stream output, bool isArray) : Stream
{
    /// <summary>What ends a row of an array.</summary>
    public const string Separator = ",\n";

    private const int BufferBytes = 64 * 1024, EPIPE = 32;
    private readonly BufferedStream _buffer = new(output, BufferBytes);
    private bool _owesSeparator, _started;

    /// <summary>What was written could not be put out: a full disk, or nobody who reads it. No fault of the place that is listed.</summary>
    public bool HasFailed { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException("rows are streamed");

    public override long Position { get => throw new NotSupportedException("rows are streamed"); set => throw new NotSupportedException("rows are streamed"); }

    /// <summary>True when nobody reads our output any more.</summary>
    public static bool IsBrokenPipe(IOException e) => e.HResult == EPIPE || e.InnerException is { HResult: EPIPE };

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty) return;
        if (isArray)
        {
            if (!_started) Put("[\n"u8);
            if (_owesSeparator) Put(",\n"u8);
            _owesSeparator = true;
            buffer = buffer[..^Separator.Length];
        }
        _started = true;
        Put(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>The closing bracket, and everything out.</summary>
    public void End()
    {
        if (isArray) Put(_started ? "\n]\n"u8 : "[]\n"u8);
        Flush();
    }

    public override void Flush()
    {
        try
        {
            _buffer.Flush();
        }
        catch (IOException)
        {
            HasFailed = true;
            throw;
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _buffer.Write(bytes);
        }
        catch (IOException)
        {
            HasFailed = true;
            throw;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("rows are written");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("rows are streamed");

    public override void SetLength(long value) => throw new NotSupportedException("rows are streamed");
}
