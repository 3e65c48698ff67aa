// The head of an answer as HTTP/1 has it (RFC 9112, 2.1), and spamd (its PROTOCOL): a first line, fields, an empty line. Behind it comes a body as long as Content-Length says, or up to the
// end of the connection. Chunks and interim answers are for nobody who asks as we do, by HTTP/1.0 (RFC 9112, 7; RFC 9110, 15.2).
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Verdicts;

internal sealed class AnswerHead
{
    private const string Length = "Content-Length";

    private static readonly byte[] End = "\r\n\r\n"u8.ToArray();

    private readonly string[] _lines;

    /// <summary>Reads it; of an answer that ended in its head what there is.</summary>
    public AnswerHead(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf(End);
        BodyAt = end < 0 ? -1 : end + End.Length;
        _lines = Encoding.Latin1.GetString(end < 0 ? answer : answer[..end]).Split("\r\n");
    }

    /// <summary>The first line.</summary>
    public string First => _lines[0];

    /// <summary>Where the body begins; -1: the head is not whole.</summary>
    public int BodyAt { get; }

    /// <summary>The value of a field, the first of its name; null: there is none.</summary>
    public string? this[string name] => _lines.Skip(1).Select(line => line.Split(':', 2)).FirstOrDefault(f => f.Length == 2 && f[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1].Trim();

    /// <summary>Whether all is there that Content-Length says; an answer without one ends with the connection.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> answer) =>
        answer.IndexOf(End) >= 0 && new AnswerHead(answer) is var head && head[Length] is { } text && TryLength(text, out var length) && answer.Length - head.BodyAt >= length;

    /// <exception cref="ServiceAnswerException">The body has another length than the head says.</exception>
    public void Check(int bodyLength)
    {
        if (this[Length] is { } text && (!TryLength(text, out var length) || length != bodyLength))
            throw new ServiceAnswerException(string.Create(CultureInfo.InvariantCulture, $"the answer has {bodyLength} bytes where it says {Length}: {EngineText.Clean(text)}"));
    }

    private static bool TryLength(string text, out int length) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length);
}
