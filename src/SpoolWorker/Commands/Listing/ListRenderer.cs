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
    private const int MostReason = 300;
    private readonly bool _colour = Terminal.Colour;

    public static string Heading(ListSource source, int idWidth) =>
        Terminal.Paint($"{"ID".PadRight(idWidth)} {"AGE",AgeWidth} {"SIZE",SizeWidth} {"PENDING",RecipientsWidth}  {"STATE".PadRight(StateWidth)} SENDER -> RECIPIENTS{(source.Kind == ListKind.Held || source.Ledger is not null ? "  REASON" : "")}", Terminal.Bold) + "\n";

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
            output.Append("<"u8);
            Append(message.Sender.Span, output);
            output.Append(">"u8);
            if (!message.First.IsEmpty)
            {
                output.Append(" -> "u8);
                Append(message.First.Span, output);
                // Of those who are meant: still to be served, or all where nobody is.
                var more = (message.Pending > 0 ? message.Pending : message.Recipients) - 1;
                if (more > 0) output.Append(" +"u8).Number(more);
            }
            if (message.Reason.Length > 0) output.Append("  "u8);
        }
        if (message.Folder is { } folder) output.Append("  in ").Append(Printable.Text(folder));
        if (message.Folder is not null && message.Reason.Length > 0) output.Append("  "u8);
        // A line a recipient is in it; `show` and --json have all.
        output.Append(message.Reason.Length > MostReason ? $"{message.Reason[..MostReason]}…" : message.Reason).Append("\n"u8);
    }

    private static void Append(ReadOnlySpan<byte> address, RowBuffer output)
    {
        if (SafeText.IsPlain(address)) output.Append(address);
        else output.Append(Printable.Text(address));
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

/// <summary>Ids alone, one a line.</summary>
internal sealed class IdRenderer : ListRenderer
{
    public override void Write(in ListedMessage message, RowBuffer output) => output.Append(message.Id.ToString()).Append("\n"u8);
}

/// <summary>Ids alone, for programs.</summary>
/// <param name="source">The place.</param>
/// <param name="separator">What stands behind a row.</param>
internal sealed class JsonIdRenderer(ListSource source, string separator) : ListRenderer, IDisposable
{
    private readonly RowJson<ListedIdView> _json = new(ViewJson.Default.ListedIdView);

    public override void Write(in ListedMessage message, RowBuffer output)
    {
        _json.Write(new ListedIdView { Place = source.Name, Id = message.Id.ToString() }, output);
        output.Append(separator);
    }

    public void Dispose() => _json.Dispose();
}

/// <summary>For who only counts.</summary>
internal sealed class SilentRenderer : ListRenderer
{
    public override void Write(in ListedMessage message, RowBuffer output)
    {
    }
}
