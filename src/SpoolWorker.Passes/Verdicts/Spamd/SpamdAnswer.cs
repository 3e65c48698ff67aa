// Reads spamd's answers to SYMBOLS and REPORT: "SPAMD/1.1 0 EX_OK", header lines, among them "Spam: True ; 7.0 / 5.0", an empty line, the names of the rules
// that hit with commas between, or the report (spamd's PROTOCOL; spamd.raw of SpamAssassin 4.0). Everything else is refused.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;

namespace SpoolWorker.Passes.Verdicts.Spamd;

internal static class SpamdAnswer
{
    /// <summary>Some hundred names of rules are 20 kB.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly byte[] End = "\r\n\r\n"u8.ToArray();

    /// <summary>Whether all is there that Content-length says; an answer without one ends with the connection.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf(End) is var end and >= 0 && Field(Head(bytes[..end]), "Content-length") is { } text && TryLength(text, out var length) && bytes.Length - end - End.Length >= length;

    /// <summary>Of SYMBOLS.</summary>
    /// <exception cref="ServiceAnswerException">It is none.</exception>
    public static ScoreFinding Read(ReadOnlySpan<byte> bytes)
    {
        var finding = ReadHead(bytes, out var body);
        return finding with { Symbols = EngineText.Clean(body.Trim("\r\n "u8), EngineText.MostList) };
    }

    /// <summary>The text of REPORT, its lines folded as Exim's $spam_report has them (spam.c).</summary>
    /// <exception cref="ServiceAnswerException">It is none.</exception>
    public static string ReadReport(ReadOnlySpan<byte> bytes)
    {
        ReadHead(bytes, out var body);
        var text = body[..Math.Min(body.Length, EngineText.MostList)].Trim("\r\n "u8);
        var lines = new StringBuilder();
        foreach (var range in text.Split((byte)'\n'))
        {
            // A line of blanks alone would end a header line for some readers.
            if (EngineText.Clean(text[range].TrimEnd("\r "u8), EngineText.MostList) is { Length: > 0 } line) lines.Append(lines.Length > 0 ? "\n " : "").Append(line);
        }
        return lines.ToString();
    }

    private static ScoreFinding ReadHead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> text)
    {
        var end = bytes.IndexOf(End);
        var first = EngineText.Quote(bytes[..Math.Max(0, bytes.IndexOf("\r\n"u8))]);
        var head = Head(end < 0 ? bytes : bytes[..end]);
        var words = head[0].Split(' ', 3);
        if (!words[0].StartsWith("SPAMD/", StringComparison.Ordinal) || words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw new ServiceAnswerException($"{(first == "''" ? EngineText.Quote(bytes) : first)} is no answer of spamd");
        // sysexits.h: 76 a protocol error, 75 and others its own trouble.
        if (code != 0) throw new ServiceAnswerException($"spamd says: {EngineText.Clean(head[0])}");
        if (end < 0) throw new ServiceAnswerException($"the answer {first} ended before it was whole");
        if (Field(head, "Spam") is not { } spam) throw new ServiceAnswerException($"the answer {first} has no line 'Spam:'");
        if (!TrySpam(spam, out var isSpam, out var score, out var threshold)) throw new ServiceAnswerException($"'{EngineText.Clean(spam)}' is no line 'Spam: True ; 7.0 / 5.0'");
        var body = bytes[(end + End.Length)..];
        if (Field(head, "Content-length") is { } said && (!TryLength(said, out var length) || length != body.Length))
            throw new ServiceAnswerException($"the answer has {body.Length} bytes where it says Content-length: {EngineText.Clean(said)}");
        text = body;
        return new ScoreFinding(score, threshold, "") { IsSpam = isSpam };
    }

    /// <summary>Whether the one line of an answer to PING is there.</summary>
    public static bool IsLine(ReadOnlySpan<byte> bytes) => bytes.Contains((byte)'\n');

    /// <summary>The answer to PING, "SPAMD/1.5 0 PONG".</summary>
    /// <exception cref="ServiceAnswerException">It is none.</exception>
    public static string ReadPong(ReadOnlySpan<byte> bytes)
    {
        var line = Encoding.Latin1.GetString(bytes).TrimEnd('\r', '\n');
        return IsLine(bytes) && line.Split(' ') is [var version, "0", "PONG"] && version.StartsWith("SPAMD/", StringComparison.Ordinal) ? line : throw new ServiceAnswerException($"{EngineText.Quote(bytes)} is no PONG of spamd");
    }

    private static bool TrySpam(string text, out bool isSpam, out double score, out double threshold)
    {
        (isSpam, score, threshold) = (false, 0, 0);
        var parts = text.Split([';', '/'], StringSplitOptions.TrimEntries);
        if (parts.Length != 3 || !MeasureFaults.TryScore(parts[1], out score) || !MeasureFaults.TryScore(parts[2], out threshold)) return false;
        isSpam = parts[0].Equals("True", StringComparison.OrdinalIgnoreCase) || parts[0].Equals("Yes", StringComparison.OrdinalIgnoreCase);
        return isSpam || parts[0].Equals("False", StringComparison.OrdinalIgnoreCase) || parts[0].Equals("No", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryLength(string text, out int length) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length);

    private static string[] Head(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes).Split("\r\n");

    private static string? Field(string[] head, string name) =>
        head.Skip(1).Select(line => line.Split(':', 2)).FirstOrDefault(f => f.Length == 2 && f[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1].Trim();
}
