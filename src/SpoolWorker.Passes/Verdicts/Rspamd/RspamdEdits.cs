// The header lines an answer of rspamd asks for: "milter": {"add_headers": {"NAME": "value" | {"value": "…", "order": 1} | [either, …]},
// "remove_headers": {"NAME": 0 | 2 | -1 | [1, 2]}} and "dkim-signature" (rspamd's milter.c, rspamd_milter_process_milter_block). Only names that the
// settings allow, one field each: a value with a CR, a LF that does not fold, or a NUL is refused, as is what comes beyond a number. rspamd repeats
// what a stranger wrote in them. Everything in another form is passed over: it decides nothing.
using System.Text.Json;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

/// <summary>Lines to add and to remove.</summary>
/// <param name="Add">Name, value with LF folding, and whether it comes on top.</param>
/// <param name="Remove">Name and position: from 1, from the end below 0, all with 0.</param>
internal sealed record RspamdEdits(IReadOnlyList<(string Name, string Value, bool OnTop)> Add, IReadOnlyList<(string Name, int Position)> Remove)
{
    /// <summary>Of each kind; rspamd's milter_headers has some twenty routines.</summary>
    public const int Most = 100;

    /// <summary>Characters of one value: more than X-Spamd-Result with all symbols of a message.</summary>
    public const int MostValue = 16 * 1024;

    private const string Signature = "DKIM-Signature";

    /// <summary>Those of an answer.</summary>
    public static RspamdEdits Read(JsonElement answer)
    {
        var add = new List<(string, string, bool)>();
        var remove = new List<(string, int)>();
        if (answer.TryGetProperty("milter", out var milter) && milter.ValueKind == JsonValueKind.Object)
        {
            foreach (var (name, value) in Items(milter, "add_headers"))
            {
                var (text, order) = value.ValueKind == JsonValueKind.Object ? (Find(value, "value"), Find(value, "order") ?? Find(value, "index")) : (value, null);
                if (add.Count < Most && text is { } t && RspamdAnswer.Text(t) is { Length: <= MostValue } line) add.Add((name, Folded(line), Number(order) is 0 or 1));
            }
            foreach (var (name, value) in Items(milter, "remove_headers"))
            {
                if (remove.Count < Most && Number(value) is { } position) remove.Add((name, position));
            }
        }
        foreach (var value in answer.TryGetProperty("dkim-signature", out var signatures) ? Each(signatures) : [])
        {
            if (add.Count < Most && RspamdAnswer.Text(value) is { Length: <= MostValue } line) add.Add((Signature, Folded(line), true));
        }
        return new RspamdEdits(add, remove);
    }

    /// <summary>As edits of a message.</summary>
    /// <param name="message">It.</param>
    /// <param name="mayAdd">Names of lines that may be added.</param>
    /// <param name="mayRemove">Names of lines that may be removed and are not anyway.</param>
    /// <param name="refused">Lines of allowed names that are no header fields.</param>
    public IReadOnlyList<HeaderEdit> Of(HeaderFile message, IReadOnlySet<string> mayAdd, IReadOnlySet<string> mayRemove, out IReadOnlyList<string> refused)
    {
        var edits = new List<HeaderEdit>();
        var faults = new List<string>();
        foreach (var lines in Remove.Where(r => mayRemove.Contains(r.Name)).GroupBy(r => r.Name, StringComparer.OrdinalIgnoreCase))
        {
            var there = message.Headers.Where(h => !h.IsDeleted && h.Is(System.Text.Encoding.ASCII.GetBytes(lines.Key))).ToList();
            var gone = lines.SelectMany(l => l.Position == 0 ? Enumerable.Range(0, there.Count) : [l.Position > 0 ? l.Position - 1 : there.Count + l.Position]).Distinct();
            edits.AddRange(gone.Where(i => i >= 0 && i < there.Count).Select(i => new HeaderEdit.Delete(there[i])));
        }
        foreach (var (name, value, onTop) in Add.Where(a => mayAdd.Contains(a.Name)))
        {
            try
            {
                var line = HeaderLine.Create($"{name}: {value}\n");
                edits.Add(onTop ? new HeaderEdit.AddOnTop(line) : new HeaderEdit.AddAtEnd(line));
            }
            catch (ArgumentException)
            {
                faults.Add(name);
            }
        }
        refused = faults;
        return edits;
    }

    // rspamd folds as the message's lines end; Exim keeps LF.
    private static string Folded(string value) => value.Replace("\r\n", "\n", StringComparison.Ordinal).Trim(' ', '\t');

    private static IEnumerable<(string Name, JsonElement Value)> Items(JsonElement milter, string key)
    {
        if (!milter.TryGetProperty(key, out var items) || items.ValueKind != JsonValueKind.Object) yield break;
        foreach (var item in items.EnumerateObject())
        {
            if (RspamdAnswer.NameOf(item) is not { } name) continue;
            foreach (var value in Each(item.Value)) yield return (name, value);
        }
    }

    private static IEnumerable<JsonElement> Each(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) yield return value;
        else
        {
            foreach (var item in value.EnumerateArray()) yield return item;
        }
    }

    private static JsonElement? Find(JsonElement value, string name) => value.TryGetProperty(name, out var found) ? found : null;

    private static int? Number(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var n) ? n : null;
}
