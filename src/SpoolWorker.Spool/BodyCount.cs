// Lines and NUL bytes of a body: what -H says of -D (exim-facts, part 2). Wire format carries no line count.
namespace SpoolWorker.Spool;

/// <summary>What -H counts of a body.</summary>
/// <param name="Lines">Newlines.</param>
/// <param name="Zeros">NUL bytes.</param>
public readonly record struct BodyCount(long Lines, long Zeros)
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>Counts a seekable stream from its start and puts it back there.</summary>
    public static BodyCount Of(Stream body)
    {
        var buffer = new byte[ReadBytes];
        long lines = 0, zeros = 0;
        body.Position = 0;
        for (int n; (n = body.Read(buffer)) > 0;)
        {
            lines += BodyForm.CountLines(buffer.AsSpan(0, n));
            zeros += buffer.AsSpan(0, n).Count((byte)0);
        }
        body.Position = 0;
        return new BodyCount(lines, zeros);
    }

    /// <summary>The -H with these counts.</summary>
    public HeaderFile ApplyTo(HeaderFile header)
    {
        var counted = header.IsWireFormat ? header : header.WithBodyLineCount(Lines);
        if (Zeros == 0) return counted.WithoutVariable("body_zerocount");
        return counted.WithVariable("body_zerocount", Zeros.ToString(System.Globalization.CultureInfo.InvariantCulture), tainted: false);
    }
}
