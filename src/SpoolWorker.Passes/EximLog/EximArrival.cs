// What an arrival line says: `<= sender R=<failed id> U=user P=protocol S=size id=<Message-ID> T="subject" …` (receive.c). Only what
// stands directly behind the sender is believed to be R=: a subject may hold anything. Nothing here throws.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.EximLog;

/// <summary>An arrival.</summary>
public readonly ref struct EximArrival
{
    /// <summary>Envelope sender; empty for the null sender.</summary>
    public ReadOnlySpan<byte> Sender { get; private init; }

    /// <summary>The message this one is Exim's own bounce or warning of; the default value for other mail.</summary>
    public MessageId BounceOf { get; private init; }

    /// <summary>Reads the text behind the mark.</summary>
    public static EximArrival Read(ReadOnlySpan<byte> text)
    {
        var end = EndOfSender(text);
        var sender = text[..end];
        if (sender.Length > 1 && sender[0] == '<' && sender[^1] == '>') sender = sender[1..^1];
        var rest = text[end..].TrimStart((byte)' ');
        MessageId bounced = default;
        if (rest.StartsWith("R="u8))
        {
            rest = rest[2..];
            var blank = rest.IndexOf((byte)' ');
            if (!MessageId.TryParse(blank < 0 ? rest : rest[..blank], out bounced)) bounced = default;
        }
        return new EximArrival { Sender = sender, BounceOf = bounced };
    }

    // "a b"@example: blanks within quotes do not end it.
    private static int EndOfSender(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '\\') i++;
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == ' ' && !quoted) return i;
        }
        var first = text.IndexOf((byte)' ');
        return quoted && first >= 0 ? first : text.Length;
    }
}
