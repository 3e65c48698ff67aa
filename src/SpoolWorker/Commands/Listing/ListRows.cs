// The lists of several places on one output: headings for people, rows for programs.
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Commands.Listing;

/// <summary>Writes lists.</summary>
/// <param name="output">Where rows go.</param>
/// <param name="form">For whom.</param>
/// <param name="isOneOfSeveral">Several places are listed: each is named.</param>
/// <param name="now">What ages count from.</param>
internal sealed class ListRows(RowOutput output, OutputForm form, bool isOneOfSeveral, DateTimeOffset now)
{
    private readonly string _separator = form == OutputForm.Json ? RowOutput.Separator : "\n";

    private bool IsText => form == OutputForm.Text;

    /// <summary>The pairs of a place; returns what to exit with.</summary>
    public int Pairs(ListSource source)
    {
        using var list = PlaceList.Open(IsText ? source : source with { WithRecipients = true });
        var exitCode = list.IsEmpty && list.Troubles.Count == 0 ? Nothing(source) : list.IsEmpty ? ExitCode.Ok : Write(list);
        if (list.Troubles.Count == 0) return exitCode;
        output.Flush();
        foreach (var trouble in list.Troubles) ExitCode.Told(trouble);
        return ExitCode.Of(list.Troubles[0].Kind);
    }

    /// <summary>What lies in corrupt/.</summary>
    public int Corrupt(ListSource source)
    {
        if (!SpoolWorker.Spool.Posix.Exists(source.Path)) return Nothing(source);
        var any = false;
        var row = new RowBuffer();
        using var json = new RowJson<MessageRow>(ViewJson.Default.MessageRow);
        foreach (var entry in CorruptFolder.Read(source.Path))
        {
            if (!any && IsText) Text((isOneOfSeveral ? $"{source.Name} {source.Path}\n" : "") + CorruptTable.Heading());
            any = true;
            row.Clear();
            if (IsText) row.Append(CorruptTable.Row(entry, now));
            else
            {
                json.Write(MessageRows.Of(source, entry, now), row);
                row.Append(_separator);
            }
            output.Write(row.Written);
        }
        return any ? ExitCode.Ok : Nothing(source);
    }

    private int Write(PlaceList list)
    {
        var source = list.Source;
        if (IsText) Text((isOneOfSeveral ? $"{source.Name} {source.Path}\n" : "") + TextListRenderer.Heading(source, list.IdWidth));
        var width = list.IdWidth;
        var result = list.Write(() => IsText ? new TextListRenderer(width, now) : new JsonListRenderer(source, _separator, now), output);
        if (source.Name == "intake" && Orphans.Read(source.Path, now) is { Count: > 0 } orphans)
        {
            output.Flush();
            Console.Error.WriteLine($"spoolworker: {source.Path}: {orphans}");
        }
        if (result.Unreadable == 0) return ExitCode.Ok;
        output.Flush();
        Console.Error.WriteLine($"spoolworker: {result.Unreadable} of {result.Messages} messages in {source.Path} cannot be read");
        return ExitCode.DataError;
    }

    // Said to people; a script that counts lines gets none.
    private int Nothing(ListSource source)
    {
        if (IsText && (isOneOfSeveral || Terminal.IsTerminal)) Text(isOneOfSeveral ? $"{source.Name} {source.Path}\n  nothing\n" : $"nothing in {source.Path}\n");
        return ExitCode.Ok;
    }

    private void Text(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
