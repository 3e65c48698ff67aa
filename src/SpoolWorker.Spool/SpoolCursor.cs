namespace SpoolWorker.Spool;

// A position in a -H file and the first error met. It hands out slices of the file, never copies, and never moves past its end.
internal ref struct SpoolCursor(ReadOnlyMemory<byte> file)
{
    private readonly ReadOnlyMemory<byte> _file = file;
    private readonly ReadOnlySpan<byte> _bytes = file.Span;

    public int Position { get; private set; }

    public SpoolParseError? Error { get; private set; }

    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    public readonly bool AtEnd => Position == _bytes.Length;

    public readonly int Length => _bytes.Length;

    public readonly ReadOnlyMemory<byte> Since(int start) => _file[start..Position];

    /// <summary>The next line without its newline.</summary>
    public bool TryLine(string part, out ReadOnlyMemory<byte> line)
    {
        var length = Rest.IndexOf((byte)'\n');
        if (length < 0)
        {
            line = default;
            return FailTruncated(part);
        }

        line = _file.Slice(Position, length);
        Position += length + 1;
        return true;
    }

    /// <summary>The next <paramref name="count"/> bytes, whatever they are.</summary>
    public bool TryTake(long count, string part, out ReadOnlyMemory<byte> bytes)
    {
        if (count > _bytes.Length - Position)
        {
            bytes = default;
            return FailTruncated(part);
        }

        bytes = _file.Slice(Position, (int)count);
        Position += (int)count;
        return true;
    }

    public void Skip(int count) => Position += count;

    public bool Fail(SpoolParseErrorKind kind, long offset, string reason)
    {
        Error = new SpoolParseError(kind, offset, reason);
        return false;
    }

    /// <summary>Bytes are missing at the end.</summary>
    public bool FailTruncated(string part) =>
        Fail(SpoolParseErrorKind.Truncated, _bytes.Length, $"the file ends inside {part}");
}
