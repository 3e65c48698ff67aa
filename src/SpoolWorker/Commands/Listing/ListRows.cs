// The lists of several places on one output: headings and a total for people, rows for programs; or ids, counts, groups.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Commands.Listing;

/// <summary>Writes lists.</summary>
/// <param name="output">Where rows go.</param>
/// <param name="asked">What is printed.</param>
/// <param name="isOneOfSeveral">Several places are listed: each is named.</param>
/// <param name="now">What ages count from.</param>
internal sealed class ListRows(RowOutput output, ListAsked asked, bool isOneOfSeveral, DateTimeOffset now)
{
    private readonly string _separator = asked.Form == OutputForm.Json ? RowOutput.Separator : "\n";
    private readonly ListGroups _groups = new(asked.By, now);
    private ListTotal _total;
    private int _left = asked.Limit;

    private bool IsText => asked.Form == OutputForm.Text;

    /// <summary>The pairs of a place; returns what to exit with.</summary>
    public int Pairs(ListSource source)
    {
        using var list = PlaceList.Open(source with { WithRecipients = !IsText && asked.Shape == ListShape.Rows, WithWaiting = asked.Shape == ListShape.Groups, WithReasons = asked.Shape == ListShape.Rows || asked is { Shape: ListShape.Groups, By: ListBy.Reason } });
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
        var ordered = asked.Sort is { } sort ? new OrderedRows(sort) : null;
        using var json = new RowJson<MessageRow>(ViewJson.Default.MessageRow);
        using var ids = new RowJson<ListedIdView>(ViewJson.Default.ListedIdView);
        foreach (var entry in CorruptFolder.Read(source.Path))
        {
            if (source.Filter?.Where is { } where && !where.Matches(new CorruptFacts(source, entry, now))) continue;
            _total += new ListTotal(1, 0, 0, entry.Size);
            if (asked.Shape == ListShape.Groups) _groups.Add(entry.Listed);
            if (asked.Shape is ListShape.Count or ListShape.Groups || (ordered is null && _left-- <= 0)) continue;
            if (!any && asked.IsTable) Text((isOneOfSeveral ? $"{source.Name} {source.Path}\n" : "") + CorruptTable.Heading());
            any = true;
            row.Clear();
            Render(source, entry, row, json, ids);
            if (ordered is null) output.Write(row.Written);
            else ordered.Add(entry.Listed, row.Written.ToArray());
        }
        if (ordered is not null) _left -= ordered.Write(output, Math.Max(0, _left));
        return any ? ExitCode.Ok : Nothing(source);
    }

    private void Render(ListSource source, CorruptEntry entry, RowBuffer row, RowJson<MessageRow> json, RowJson<ListedIdView> ids)
    {
        if (IsText)
        {
            row.Append(asked.Shape == ListShape.Ids ? $"{entry.Id}\n" : CorruptTable.Row(entry, now));
            return;
        }
        if (asked.Shape == ListShape.Ids) ids.Write(new ListedIdView { Place = source.Name, Id = entry.Id.ToString() }, row);
        else json.Write(MessageRows.Of(source, entry, now), row);
        row.Append(_separator);
    }

    /// <summary>What comes behind all rows.</summary>
    public void End()
    {
        if (asked.IsTable && _total.Messages > 0) Text(TotalLine());
        if (asked.Shape == ListShape.Count && IsText) Text(FormattableString.Invariant($"{_total.Messages}\n"));
        if (asked.Shape == ListShape.Count && !IsText)
            View(new ListTotalView { Messages = _total.Messages, RecipientCount = _total.Recipients, Pending = _total.Pending, Size = _total.Bytes }, ViewJson.Default.ListTotalView);
        if (asked.Shape != ListShape.Groups) return;
        if (IsText && _groups.Total.Count > 0) Text(asked.By == ListBy.Age ? GroupTable.OfAges(_groups, asked.Limit) : GroupTable.ByAges(_groups, asked.Limit));
        if (IsText) return;
        foreach (var group in _groups.Groups.Take(asked.Limit)) View(GroupTable.ViewOf(group, asked.By), ViewJson.Default.ListGroupView);
    }

    private int Write(PlaceList list)
    {
        var source = list.Source;
        if (asked.IsTable) Text((isOneOfSeveral ? $"{source.Name} {source.Path}\n" : "") + TextListRenderer.Heading(source, list.IdWidth));
        var width = list.IdWidth;
        var ordered = asked.IsOrdered ? new OrderedRows(asked.Sort ?? ListSort.Age) : null;
        var result = list.Write(() => ordered is null ? Renderer(source, width) : ordered.Collecting(Renderer(source, width)), output);
        if (ordered is not null) _left -= ordered.Write(output, _left);
        _total += result.Listed;
        if (asked.Shape == ListShape.Rows && source.Filter is null && source.Name == "intake" && Orphans.Read(source.Path, now) is { Count: > 0 } orphans) Tell($"{source.Path}: {orphans}");
        if (result.Unreadable == 0) return ExitCode.Ok;
        Tell($"{result.Unreadable} of {result.Messages} messages in {source.Path} cannot be read{(source.Filter is null ? "" : ", and fit no condition")}");
        return result.Forbidden > 0 ? ExitCode.NoPermission : ExitCode.DataError;
    }

    private ListRenderer Renderer(ListSource source, int width) => asked.Shape switch
    {
        ListShape.Groups => _groups.Counting(),
        ListShape.Count => new SilentRenderer(),
        ListShape.Ids => IsText ? new IdRenderer() : new JsonIdRenderer(source, _separator),
        _ => IsText ? new TextListRenderer(width, now) : new JsonListRenderer(source, _separator, now),
    };

    private string TotalLine()
    {
        var shown = asked.Limit - _left is var rows && asked.Limit < int.MaxValue && rows < _total.Messages ? FormattableString.Invariant($", the first {Math.Min(rows, asked.Limit)} shown") : "";
        return FormattableString.Invariant($"total: {Amount.Of(_total.Messages, "message")}, {Amount.Of(_total.Recipients, "recipient")} ({_total.Pending} pending), {Amount.Size(_total.Bytes)}{shown}\n");
    }

    private void Tell(string text)
    {
        output.Flush();
        Console.Error.WriteLine($"spoolworker: {text}");
    }

    private void View<T>(T view, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : Operations.Views.View => output.Write([.. ViewJson.Write(view, type, ViewJson.Line).Span, .. Encoding.UTF8.GetBytes(asked.Shape == ListShape.Count ? "\n" : _separator)]);

    // Said to people; a script that counts lines gets none.
    private int Nothing(ListSource source)
    {
        if (asked.IsTable && (isOneOfSeveral || Terminal.IsTerminal)) Text(isOneOfSeveral ? $"{source.Name} {source.Path}\n  nothing\n" : $"nothing in {source.Path}\n");
        return ExitCode.Ok;
    }

    private void Text(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
