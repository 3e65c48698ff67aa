using System.Text;

namespace SpoolWorker.Spool;

// Checks on the bytes of a -D file. They tell whether a body that another process may still be writing is whole. Nothing here can fail.

/// <summary>The form of a -D file: its name line, then the body.</summary>
public static class BodyForm
{
    /// <summary>Whether a -D file starts with its own name line, the sign that at least its beginning has been written.</summary>
    /// <param name="start">The first bytes of the file, at least <see cref="MessageId.BodyOffset"/> of them if it has so many.</param>
    /// <param name="id">The id in the name of the file.</param>
    public static bool StartsWithNameLine(ReadOnlySpan<byte> start, MessageId id)
    {
        if (id.Length == 0 || start.Length < id.BodyOffset)
        {
            return false;
        }

        Span<byte> line = stackalloc byte[MessageId.LongLength + 3];
        line = line[..id.BodyOffset];
        Encoding.ASCII.GetBytes(id.BodyName, line);
        line[^1] = (byte)'\n';
        return start.StartsWith(line);
    }

    /// <summary>
    /// Number of newlines, which is what <c>-body_linecount</c> counts. Sum it over the pieces of the body behind the name line.
    /// </summary>
    public static long CountLines(ReadOnlySpan<byte> piece) => piece.Count((byte)'\n');
}
