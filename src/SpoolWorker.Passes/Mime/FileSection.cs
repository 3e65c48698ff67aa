using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mime;

/// <summary>A part of a file, which nobody else reads meanwhile.</summary>
/// <param name="file">The file, seekable.</param>
/// <param name="start">Where it begins.</param>
/// <param name="length">Its bytes.</param>
internal sealed class FileSection(Stream file, long start, long length) : ReadOnlyStream(length)
{
    /// <summary>How many bytes may still be read before it seems to end.</summary>
    public long Left { get; set; } = long.MaxValue;

    protected override int ReadAt(long position, Span<byte> buffer)
    {
        file.Position = start + position;
        var read = file.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
        Left -= read;
        return read;
    }
}
