// Turns listed messages into bytes: lines of fixed columns for people, one JSON object a line for programs. What varies
// in length comes last, so that rows can be written before all of them are known.
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Commands.Listing;

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
        // Straight into the buffer: of a string for each cell there would be more to collect than to print.
        output.Append(id).Blanks(idWidth - id.Length + 1)
            .Right(Amount.Age(now.ToUnixTimeSeconds() - message.Received), AgeWidth).Append(" "u8)
            .Right(message.Size < 0 ? "-" : Amount.Size(message.Size), SizeWidth).Append(" "u8);
        if (message.Error is null) output.Right(message.Pending, message.Recipients, RecipientsWidth);
        else output.Right("-", RecipientsWidth);
        output.Append("  "u8);
        var state = message.NextTry is { } next ? Amount.Until(next, now) : message.State;
        var colour = _colour ? ColourOf(message.State) : "";
        if (colour.Length > 0) output.Append("\u001b["u8).Append(colour).Append("m"u8).Append(state).Append("\u001b[0m"u8);
        else output.Append(state);
        output.Blanks(StateWidth - state.Length + 1);
        if (message.Error is null)
        {
            var sender = message.Sender.Span;
            output.Append("<"u8);
            if (SafeText.IsPlain(sender)) output.Append(sender);
            else output.Append(Printable.Text(sender));
            output.Append(">"u8);
            if (message.Reason.Length > 0) output.Append("  "u8);
        }
        output.Append(message.Reason).Append("\n"u8);
    }

    private static string ColourOf(string state) => state switch
    {
        "unreadable" or "incomplete" => Terminal.Red,
        "frozen" => Terminal.Blue,
        "deferred" or "waits" or "held" => Terminal.Yellow,
        "settled" or "delivered" => Terminal.Dim,
        _ => "",
    };
}

/// <summary>For programs.</summary>
/// <param name="source">The place.</param>
/// <param name="separator">What stands behind a row.</param>
/// <param name="now">What ages count from.</param>
internal sealed class JsonListRenderer(ListSource source, string separator, DateTimeOffset now) : ListRenderer, IDisposable
{
    private readonly RowJson<MessageRow> _json = new(ViewJson.Default.MessageRow);

    public override void Write(in ListedMessage message, RowBuffer output)
    {
        _json.Write(MessageRows.Of(source, message, now), output);
        output.Append(separator);
    }

    public void Dispose() => _json.Dispose();
}
