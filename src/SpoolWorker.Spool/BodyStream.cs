// A window on -D behind its name line, read at positions of its own. It does not own the handle: closing the stream keeps
// the lock. Reading past the end gives 0; a failed read throws PosixException with the path of -D.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>The body of a claimed pair.</summary>
public sealed class BodyStream(SafeFileHandle file, string path, long start, long length) : ReadOnlyStream(length)
{
    /// <inheritdoc/>
    protected override int ReadAt(long position, Span<byte> buffer) => Posix.Read(file, buffer, start + position, path);
}
