// Cuts a file into lines, piece by piece, in bounded memory. A line that is not finished yet is left for the next time; one
// that is longer than any of Exim's (8,192 bytes, LOG_BUFFER_SIZE) is passed over, however long. Failing reads throw
// PosixException.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.LogFollowing;

/// <summary>Takes a line without its newline; the bytes are valid during the call.</summary>
internal delegate void LineHandler(ReadOnlySpan<byte> line);

/// <summary>Reads lines.</summary>
internal sealed class LogLines(int pieceBytes = LogLines.DefaultPiece)
{
    // Also the longest line that is looked at.
    public const int DefaultPiece = 256 * 1024;
    private readonly byte[] _piece = new byte[pieceBytes];

    /// <summary>Hands on the lines of one piece.</summary>
    /// <param name="file">The log.</param>
    /// <param name="path">Its name, for errors.</param>
    /// <param name="offset">Where to begin; moved behind what was taken in.</param>
    /// <param name="inLongLine">Whether it lies within a line to be passed over; kept up to date.</param>
    /// <param name="isEnded">Nothing will be added to the file: its last line counts even without a newline.</param>
    /// <param name="handler">Gets each line.</param>
    /// <returns>False when nothing more can be taken in now.</returns>
    public bool ReadPiece(SafeFileHandle file, string path, ref long offset, ref bool inLongLine, bool isEnded, LineHandler handler)
    {
        var got = 0;
        for (int n; got < _piece.Length && (n = Posix.Read(file, _piece.AsSpan(got), offset + got, path)) > 0;) got += n;
        if (got == 0) return false;
        var bytes = _piece.AsSpan(0, got);
        var taken = 0;
        for (int end; (end = bytes[taken..].IndexOf((byte)'\n')) >= 0; taken += end + 1)
        {
            if (!inLongLine) handler(bytes.Slice(taken, end));
            inLongLine = false;
        }
        if (taken == 0 && got == _piece.Length)
        {
            inLongLine = true;
            taken = got;
        }
        else if (isEnded && got < _piece.Length)
        {
            if (!inLongLine && taken < got) handler(bytes[taken..]);
            inLongLine = false;
            taken = got;
        }
        offset += taken;
        return taken > 0;
    }
}
