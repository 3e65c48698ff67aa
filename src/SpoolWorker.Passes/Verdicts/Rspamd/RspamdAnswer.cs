// Reads rspamd's answer to /checkv2: an HTTP head with 200 and a Content-Length, then an object in JSON with "action", "score", "required_score",
// "symbols" by name, "messages" and "milter" (rspamd's protocol.c, rspamd_protocol_write_ucl, rspamd_scan_result_ucl). Bounded in bytes and depth;
// everything else is refused.
using System.Text;
using System.Text.Json;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

/// <summary>A valid answer.</summary>
/// <param name="Score">The score.</param>
/// <param name="Threshold">From which on rspamd rejects.</param>
/// <param name="Symbols">The names of the symbols that hit.</param>
/// <param name="Edits">The header lines rspamd asks for.</param>
internal sealed record RspamdFinding(double Score, double? Threshold, string Symbols, RspamdEdits Edits) : ScoreFinding(Score, Threshold, Symbols);

internal static class RspamdAnswer
{
    /// <summary>Symbols with their options, URLs of the message, header lines: some dozen kB as a rule.</summary>
    public const int MaxBytes = 1024 * 1024;

    // rspamd's own answers have six.
    private const int MostDepth = 32;

    private const int MostQuoted = 60;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = MostDepth };

    // cfg_utils.cxx, RSPAMD_ACTION_HAM.
    private static readonly HashSet<string> NoSpam = new(StringComparer.OrdinalIgnoreCase) { "no action", "greylist", "soft reject" };

    /// <exception cref="ServiceAnswerException">It is none.</exception>
    public static RspamdFinding Read(ReadOnlyMemory<byte> bytes)
    {
        var head = new AnswerHead(bytes.Span);
        var first = $"'{EngineText.Clean(head.First, MostQuoted)}'";
        var words = head.First.Split(' ', 3);
        if (!words[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || words.Length < 2) throw new ServiceAnswerException($"{first} is no answer of rspamd");
        if (head.BodyAt < 0) throw new ServiceAnswerException($"the answer {first} ended before it was whole");
        var body = bytes[head.BodyAt..];
        if (words[1] != "200") throw new ServiceAnswerException($"rspamd says: {EngineText.Clean(head.First)}{Error(body)}");
        if (head["Transfer-Encoding"] is { } encoding) throw new ServiceAnswerException($"the answer has Transfer-Encoding: {EngineText.Clean(encoding)}, which nobody asked for");
        head.Check(body.Length);
        try
        {
            using var json = JsonDocument.Parse(body, Json);
            return Read(json.RootElement);
        }
        // The other: a name with half a character in it, where it is asked for what begins like it.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ServiceAnswerException($"the answer is no JSON: {EngineText.Clean(e.Message)}");
        }
    }

    /// <summary>A text of an answer; null when it is none, or none in UTF-8.</summary>
    public static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A name in an answer; null when it is none in UTF-8.</summary>
    public static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static RspamdFinding Read(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object) throw new ServiceAnswerException("the answer is no object in JSON");
        if (answer.TryGetProperty("error", out var error)) throw new ServiceAnswerException($"rspamd says: {EngineText.Clean(Text(error) ?? "")}");
        if (!answer.TryGetProperty("action", out var named) || Text(named) is not { Length: > 0 } action) throw new ServiceAnswerException("the answer has no 'action'");
        if (Number(answer, "score") is not { } score) throw new ServiceAnswerException("the answer has no number 'score'");
        var messages = answer.TryGetProperty("messages", out var m) && m.ValueKind == JsonValueKind.Object ? m : default;
        var symbols = Symbols(answer);
        return new RspamdFinding(score, Number(answer, "required_score"), symbols, RspamdEdits.Read(answer))
        {
            Action = EngineText.Clean(action),
            IsSpam = !NoSpam.Contains(action),
            Answer = messages.ValueKind == JsonValueKind.Object && messages.TryGetProperty("smtp_message", out var said) && Text(said) is { Length: > 0 } text ? EngineText.Clean(text) : symbols,
        };
    }

    private static string Symbols(JsonElement answer)
    {
        if (!answer.TryGetProperty("symbols", out var symbols) || symbols.ValueKind != JsonValueKind.Object) throw new ServiceAnswerException("the answer has no 'symbols'");
        var names = new StringBuilder();
        foreach (var symbol in symbols.EnumerateObject())
        {
            if (names.Length > EngineText.MostList) break;
            names.Append(names.Length > 0 ? "," : "").Append(EngineText.Clean(NameOf(symbol) ?? "?"));
        }
        return EngineText.Clean(names.ToString(), EngineText.MostList);
    }

    private static double? Number(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    // rspamd says why in {"error": "..."} behind a status of its own.
    private static string Error(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, Json);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error) && Text(error) is { } text ? $": {EngineText.Clean(text)}" : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }
}
