// Applies a pass's edits of header lines. Lines to delete are looked up in an index, so that a header of some hundred thousand lines of one name, which a stranger
// may send, costs as many steps and not their square. A line is found by its bytes, the first from the top; one that is not there does nothing.
using System.Collections.Immutable;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>One pass's edits of header lines.</summary>
internal sealed class HeaderEdits
{
    private readonly ImmutableArray<HeaderLine>.Builder _lines;
    private readonly List<HeaderLine> _onTop = [];
    private Dictionary<ReadOnlyMemory<byte>, Queue<int>>? _places;

    private HeaderEdits(HeaderFile header) => _lines = header.Headers.ToBuilder();

    /// <summary>-H with the edits, in their order.</summary>
    public static HeaderFile Apply(HeaderFile header, IReadOnlyList<HeaderEdit> edits)
    {
        if (edits.Count == 0) return header;
        var lines = new HeaderEdits(header);
        foreach (var edit in edits) lines.Apply(edit);
        lines._onTop.Reverse();
        return header with { Headers = [.. lines._onTop, .. lines._lines] };
    }

    private void Apply(HeaderEdit edit)
    {
        switch (edit)
        {
            case HeaderEdit.AddOnTop add:
                _onTop.Add(add.Line);
                break;
            case HeaderEdit.AddAtEnd add:
                if (_places is not null) Note(add.Line, _lines.Count);
                _lines.Add(add.Line);
                break;
            case HeaderEdit.Delete delete:
                Delete(delete.Line);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(edit), edit, "not a header edit");
        }
    }

    private void Delete(HeaderLine line)
    {
        if (_onTop.FindLastIndex(l => !l.IsDeleted && l.Text.Span.SequenceEqual(line.Text.Span)) is var top and >= 0)
        {
            _onTop[top] = Deleted(_onTop[top]);
            return;
        }
        if (_places is null)
        {
            _places = new Dictionary<ReadOnlyMemory<byte>, Queue<int>>(BytesComparer.Instance);
            for (var i = 0; i < _lines.Count; i++) Note(_lines[i], i);
        }
        if (_places.TryGetValue(line.Text, out var places) && places.TryDequeue(out var at)) _lines[at] = Deleted(_lines[at]);
    }

    private void Note(HeaderLine line, int at)
    {
        if (line.IsDeleted) return;
        if (!_places!.TryGetValue(line.Text, out var places)) _places[line.Text] = places = new Queue<int>();
        places.Enqueue(at);
    }

    private static HeaderLine Deleted(HeaderLine line) => line with { Flag = HeaderLine.DeletedFlag };
}
