// Turns listed messages into bytes: lines of fixed columns for people, one JSON object a line for programs. What varies
// in length comes last, so that rows can be written before all of them are known.
using System.Text.Json;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Listing;

/// <summary>Writes rows. One a thread.</summary>
internal abstract class ListRenderer
{
    public static readonly JsonWriterOptions JsonLine = new() { Encoder = SafeJson.Encoder, SkipValidation = true };

    /// <summary>Writes one message with its line end.</summary>
    public abstract void Write(in ListedMessage message, RowBuffer output);
}

/// <summary>For people.</summary>
internal sealed class TextListRenderer(int idWidth, DateTimeOffset now) : ListRenderer
{
    private const int AgeWidth = 5, SizeWidth = 5, RecipientsWidth = 9, StateWidth = 14;
    private readonly bool _colour = Terminal.Colour;

    public static string Heading(ListSource source, int idWidth) =>
        Terminal.Paint($"{"ID".PadRight(idWidth)} {"AGE",AgeWidth} {"SIZE",SizeWidth} {"PENDING",RecipientsWidth}  {"STATE".PadRight(StateWidth)} SENDER{(source.Kind == ListKind.Held ? " AND REASON" : "")}", Terminal.Bold) + "\n";

    public override void Write(in ListedMessage message, RowBuffer output)
    {
        var id = message.Id.ToString();
        output.Append(id).Blanks(idWidth - id.Length + 1)
            .Right(Amount.Age(now.ToUnixTimeSeconds() - message.Received), AgeWidth).Append(" "u8)
            .Right(message.Size < 0 ? "-" : Amount.Size(message.Size), SizeWidth).Append(" "u8)
            .Right(message.Error is null ? $"{message.Pending}/{message.Recipients}" : "-", RecipientsWidth).Append("  "u8);
        var state = message.NextTry is { } next ? Amount.Until(next, now) : message.State;
        var colour = _colour ? ColourOf(message.State) : "";
        if (colour.Length > 0) output.Append("\u001b["u8).Append(colour).Append("m"u8).Append(state).Append("\u001b[0m"u8);
        else output.Append(state);
        output.Blanks(StateWidth - state.Length + 1);
        if (message.Error is null)
        {
            output.Append("<"u8).Append(Printable.Text(message.Sender.Span)).Append(">"u8);
            if (message.Reason.Length > 0) output.Append("  "u8);
        }
        output.Append(message.Reason).Append("\n"u8);
    }

    private static string ColourOf(string state) => state switch
    {
        "unreadable" or "incomplete" => Terminal.Red,
        "frozen" => Terminal.Blue,
        "deferred" or "held" => Terminal.Yellow,
        "settled" or "delivered" => Terminal.Dim,
        _ => "",
    };
}

/// <summary>For programs.</summary>
internal sealed class JsonListRenderer(ListSource source, DateTimeOffset now) : ListRenderer
{
    public override void Write(in ListedMessage message, RowBuffer output)
    {
        using (var json = new Utf8JsonWriter(output, JsonLine))
        {
            json.WriteStartObject();
            json.WriteString("place", source.Name);
            json.WriteString("directory", source.Path);
            json.WriteString("id", message.Id.ToString());
            json.WriteString("state", message.State);
            json.WriteNumber("received", message.Received);
            json.WriteNumber("age", Math.Max(0, now.ToUnixTimeSeconds() - message.Received));
            if (message.Size >= 0) json.WriteNumber("size", message.Size);
            if (message.Error is null)
            {
                json.WriteString("sender", Printable.Json(message.Sender.Span));
                json.WriteNumber("recipients", message.Recipients);
                json.WriteNumber("pending", message.Pending);
            }
            else
            {
                json.WriteString("kind", message.Error.Kind.Token());
                json.WriteNumber("offset", message.Error.Offset);
            }
            if (message.NextTry is { } next) json.WriteString("nextTry", next);
            if (message.Reason.Length > 0) json.WriteString("reason", message.Reason);
            json.WriteEndObject();
        }
        output.Append(",\n"u8);
    }
}
