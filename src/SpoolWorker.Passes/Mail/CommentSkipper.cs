// Comments and folding white space (RFC 5322, 3.2.2). Never fails: an open comment ends with the value.
namespace SpoolWorker.Passes.Mail;

/// <summary>Skips CFWS.</summary>
internal static class CommentSkipper
{
    /// <summary>The first place at or behind <paramref name="at"/> that is neither white space nor within a comment.</summary>
    public static int Skip(ReadOnlySpan<byte> text, int at)
    {
        // Comments nest; a counter needs no stack, however deep they are.
        var depth = 0;
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)'\\' when depth > 0:
                    at++;
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                default:
                    if (depth == 0) return at;
                    break;
            }
        }
        return Math.Min(at, text.Length);
    }
}
