// corrupt/ for people.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Listing;

/// <summary>Prints the entries of corrupt/.</summary>
internal static class CorruptTable
{
    public static string Heading() => Terminal.Paint($"{"NAME".PadRight(MessageId.LongLength)} {"AGE",5} {"SIZE",5}  {"KIND",-18} REASON", Terminal.Bold) + "\n";

    public static string Row(CorruptEntry entry, DateTimeOffset now) => new StringBuilder(entry.Name.PadRight(MessageId.LongLength)).Append(' ')
        .Append(Amount.Age(Math.Max(0, now.ToUnixTimeSeconds() - entry.Id.Seconds)).PadLeft(5)).Append(' ').Append(Amount.Size(entry.Size).PadLeft(5)).Append("  ")
        .Append(Terminal.Paint((entry.Fields.Count > 0 ? Printable.Text(entry.Field("kind")) : "-").PadRight(18), Terminal.Red)).Append(' ')
        .Append(entry.Fields.Count > 0 ? Printable.Text($"{entry.Field("reason")} (offset {entry.Field("offset")}, from {entry.Field("from")})") : "no .reason file: the move was cut short")
        .Append('\n').ToString();
}
