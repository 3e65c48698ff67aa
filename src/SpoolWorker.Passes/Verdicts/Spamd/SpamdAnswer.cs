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
        var head = new AnswerHead(bytes);
        var first = EngineText.Quote(bytes[..Math.Max(0, bytes.IndexOf("\r\n"u8))]);
        var words = head.First.Split(' ', 3);
        if (!words[0].StartsWith("SPAMD/", StringComparison.Ordinal) || words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw new ServiceAnswerException($"{(first == "''" ? EngineText.Quote(bytes) : first)} is no answer of spamd");
        // sysexits.h: 76 a protocol error, 75 and others its own trouble.
        if (code != 0) throw new ServiceAnswerException($"spamd says: {EngineText.Clean(head.First)}");
        if (head.BodyAt < 0) throw new ServiceAnswerException($"the answer {first} ended before it was whole");
        if (head["Spam"] is not { } spam) throw new ServiceAnswerException($"the answer {first} has no line 'Spam:'");
        if (!TrySpam(spam, out var isSpam, out var score, out var threshold)) throw new ServiceAnswerException($"'{EngineText.Clean(spam)}' is no line 'Spam: True ; 7.0 / 5.0'");
        text = bytes[head.BodyAt..];
        head.Check(text.Length);
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
}
