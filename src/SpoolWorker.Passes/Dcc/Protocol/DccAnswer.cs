// Reads a dccifd answer: a line with one letter, a line with one letter a recipient, then the X-DCC header if there is
// one, then an empty line. Whatever is not exactly that is refused with offset and reason; the caller takes it for a
// temporary failure. Sources: dccifd(8), "Protocol"; dccifd.c (ascii_done) of DCC 2.3.167.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>What follows the two lines of letters, which depends on the options of the request.</summary>
internal enum DccForm
{
    /// <summary>The X-DCC header.</summary>
    Header,

    /// <summary>The X-DCC header and lines about checksums (option cksums).</summary>
    Checksums,

    /// <summary>The whole message with the X-DCC header behind its other header lines (option body).</summary>
    Body,
}

/// <summary>Why an answer is refused.</summary>
/// <param name="Offset">Where in the answer.</param>
/// <param name="Reason">What is wrong there.</param>
internal sealed record DccFault(int Offset, string Reason)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Reason} (offset {Offset})");
}

/// <summary>A valid answer.</summary>
/// <param name="Overall">First line.</param>
/// <param name="Letters">Second line as it came.</param>
/// <param name="Recipients">What it means for each recipient, in the order asked.</param>
/// <param name="Header">The X-DCC header; null when the daemon gave none, because it reached no server or may not add one.</param>
internal sealed record DccAnswer(DccLetter Overall, string Letters, IReadOnlyList<DccLetter> Recipients, HeaderLine? Header)
{
    /// <summary>Answers are a few hundred bytes: the daemon's header buffer has under 2000, checksums are 15 lines. What is longer is no answer.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>With option body: Exim's header_maxsize is 1 MiB; the rest of the message is not kept.</summary>
    public const int MaxBytesWithBody = 2 * 1024 * 1024;

    /// <summary>Whether the bytes hold the empty line that ends the answer, or the header of the message that comes back with option body.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        TryLine(bytes, 0, out _, out var second) && TryLine(bytes, second, out _, out var rest) && EndOfHeader(bytes[rest..]) >= 0;

    /// <summary>Reads an answer that has ended, by its empty line or with the connection.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, int recipients, DccForm form, [NotNullWhen(true)] out DccAnswer? answer, [NotNullWhen(false)] out DccFault? fault)
    {
        answer = null;
        if (bytes.IsEmpty) return Refuse(0, "the daemon closed the connection without an answer", out fault);
        if (!TryLine(bytes, 0, out var first, out var second)) return Refuse(bytes.Length, "the answer ends in its first line", out fault);
        if (first.Length != 1 || !DccLetters.TryParse(first[0], out var overall)) return Refuse(0, $"the first line is {DccText.Quote(first)}, not one letter of A, G, R, S, T", out fault);
        if (!TryLine(bytes, second, out var letters, out var rest)) return Refuse(bytes.Length, second == bytes.Length ? "the answer has no line for the recipients" : "the answer ends in the line for the recipients", out fault);
        var each = new DccLetter[recipients];
        if (overall == DccLetter.Temporary)
        {
            // Sent before the daemon has judged anybody, even before it has read who the recipients are: their line is
            // empty or all R, and means nothing.
            Array.Fill(each, DccLetter.Temporary);
        }
        else
        {
            if (letters.Length != recipients) return Refuse(second, string.Create(CultureInfo.InvariantCulture, $"{letters.Length} letter{(letters.Length == 1 ? "" : "s")} for {recipients} recipient{(recipients == 1 ? "" : "s")}"), out fault);
            for (var i = 0; i < recipients; i++)
            {
                if (!DccLetters.TryParse(letters[i], out each[i]) || each[i] == DccLetter.Some) return Refuse(second + i, $"{DccText.Quote(letters.Slice(i, 1))} is no letter for a recipient", out fault);
            }
            // A is for all. With option no-reject, or when the daemon runs with -a IGNORE, it still writes R for those to
            // whom the message is bulk, and wants it delivered.
            if (overall == DccLetter.Accept) Array.Fill(each, DccLetter.Accept);
        }
        if (!TryHeader(bytes, rest, form, out var header, out fault)) return false;
        answer = new DccAnswer(overall, Encoding.Latin1.GetString(letters.Length <= recipients ? letters : []), each, header);
        return true;
    }

    private static bool TryHeader(ReadOnlySpan<byte> bytes, int at, DccForm form, out HeaderLine? header, [NotNullWhen(false)] out DccFault? fault)
    {
        header = null;
        fault = null;
        var section = bytes[at..];
        if (EndOfHeader(section) is var end and >= 0) section = section[..end];
        else if (form == DccForm.Body && !section.IsEmpty) return Refuse(bytes.Length, "the message that comes back ends in its header", out fault);
        else if (!section.IsEmpty && section[^1] != '\n') return Refuse(bytes.Length, "the answer ends within a header line", out fault);
        if (form == DccForm.Body)
        {
            // body_copy: the daemon writes its header behind all others.
            var last = LastField(section);
            at += last;
            section = section[last..];
            if (!IsXDcc(section)) return true;
        }
        else if (form == DccForm.Checksums)
        {
            // The daemon folds with a tab alone; checksums start with blanks.
            section = section[..FirstField(section)];
        }
        if (section.IsEmpty) return true;
        if (!IsXDcc(section)) return Refuse(at, $"{DccText.Quote(section[..section.IndexOf((byte)'\n')])} is no X-DCC header", out fault);
        try
        {
            header = HeaderLine.Create(WithLineFeeds(section));
            return true;
        }
        catch (ArgumentException e)
        {
            return Refuse(at, $"the X-DCC header is refused: {e.Message.Split(" (Parameter", 2)[0]}", out fault);
        }
    }

    // The field is X-DCC-<brand>-Metrics; the brand may be empty.
    private static bool IsXDcc(ReadOnlySpan<byte> section)
    {
        var name = section[..Math.Max(0, section.IndexOf((byte)':'))];
        return Ascii.EqualsIgnoreCase(name, "X-DCC"u8) || (name.Length > 6 && Ascii.EqualsIgnoreCase(name[..6], "X-DCC-"u8));
    }

    private static byte[] WithLineFeeds(ReadOnlySpan<byte> section)
    {
        var text = new List<byte>(section.Length);
        for (var i = 0; i < section.Length; i++)
        {
            if (section[i] != '\r' || i + 1 == section.Length || section[i + 1] != '\n') text.Add(section[i]);
        }
        return [.. text];
    }

    private static int FirstField(ReadOnlySpan<byte> section)
    {
        if (section.IsEmpty || section[0] == ' ') return 0;
        var at = 0;
        do at += section[at..].IndexOf((byte)'\n') + 1;
        while (at < section.Length && section[at] == '\t');
        return at;
    }

    private static int LastField(ReadOnlySpan<byte> section)
    {
        var last = 0;
        for (var at = 0; at < section.Length;)
        {
            if (section[at] is not ((byte)' ' or (byte)'\t')) last = at;
            var end = section[at..].IndexOf((byte)'\n');
            at = end < 0 ? section.Length : at + end + 1;
        }
        return last;
    }

    /// <summary>Length of what comes before the first empty line; -1: there is none.</summary>
    private static int EndOfHeader(ReadOnlySpan<byte> section)
    {
        for (var at = 0; TryLine(section, at, out var line, out var next); at = next)
        {
            if (line.IsEmpty) return at;
        }
        return -1;
    }

    private static bool TryLine(ReadOnlySpan<byte> bytes, int at, out ReadOnlySpan<byte> line, out int next)
    {
        var end = bytes[at..].IndexOf((byte)'\n');
        next = at + end + 1;
        line = end < 0 ? default : bytes.Slice(at, end);
        if (line is [.., (byte)'\r']) line = line[..^1];
        return end >= 0;
    }

    private static bool Refuse(int offset, string reason, out DccFault fault)
    {
        fault = new DccFault(offset, reason);
        return false;
    }
}
