namespace SpoolWorker.Passes.Services;

/// <summary>Bytes that came from a stranger, in a request to a daemon.</summary>
internal static class RequestText
{
    /// <summary>For a line of the request: a CR, LF or NUL in it would be taken for protocol.</summary>
    public static byte[] OneLine(ReadOnlySpan<byte> bytes)
    {
        var line = bytes.ToArray();
        foreach (ref var b in line.AsSpan())
        {
            if (b is < 0x20 or 0x7f) b = (byte)'?';
        }
        return line;
    }
}
