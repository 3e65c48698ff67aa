// Looks through a body once, with constant memory, for what decides whether it can be returned whole: bytes above ASCII, NULs,
// the longest line. Throws only what reading throws.
namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>What is in a body.</summary>
/// <param name="HasEightBit">Bytes above ASCII.</param>
/// <param name="HasNul">NUL bytes.</param>
/// <param name="LongestLine">Bytes of the longest line without its end.</param>
internal readonly record struct BodyScan(bool HasEightBit, bool HasNul, long LongestLine)
{
    private const int ReadBytes = 64 * 1024;

    public static BodyScan Of(Stream body)
    {
        var buffer = new byte[ReadBytes];
        var scan = new BodyScan();
        long line = 0;
        for (int n; (n = body.Read(buffer)) > 0;) scan = scan.With(buffer.AsSpan(0, n), ref line);
        return scan with { LongestLine = Math.Max(scan.LongestLine, line) };
    }

    public static BodyScan Of(ReadOnlySpan<byte> bytes)
    {
        long line = 0;
        var scan = new BodyScan().With(bytes, ref line);
        return scan with { LongestLine = Math.Max(scan.LongestLine, line) };
    }

    private BodyScan With(ReadOnlySpan<byte> piece, ref long line)
    {
        var longest = LongestLine;
        var rest = piece;
        for (int at; (at = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(at + 1)..])
        {
            longest = Math.Max(longest, line + at);
            line = 0;
        }
        line += rest.Length;
        return new BodyScan(HasEightBit || !System.Text.Ascii.IsValid(piece), HasNul || piece.Contains((byte)0), longest);
    }
}
