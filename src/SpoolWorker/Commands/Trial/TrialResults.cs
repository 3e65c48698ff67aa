// Gathers how each message of a trial ended, from what the engine tells while it works. Prints them as a table that a newcomer reads first, or as JSON.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Trial;

/// <summary>What became of the messages of a trial.</summary>
internal sealed class TrialResults
{
    private const int MostSample = 34, MostColumns = 80;
    private const string NotSeen = "not taken", Removed = "removed", Corrupt = "corrupt", Left = "left", Failed = "failed";
    private readonly Dictionary<(string Intake, MessageId Id), Row> _rows;
    private readonly IReadOnlyList<string> _passes;

    public TrialResults(IReadOnlyList<TrialMessage> messages, IReadOnlyList<string> passes)
    {
        _rows = messages.ToDictionary(m => (m.Intake, m.Id), m => new Row(m));
        _passes = passes;
    }

    /// <summary>Messages with a result so far.</summary>
    public int Dealt { get; private set; }

    public bool AllDealt => _rows.Values.All(r => r.Outcome != NotSeen);

    /// <summary>Takes what the engine tells; called from its threads.</summary>
    public void Seen(Outcome outcome)
    {
        lock (this)
        {
            if (!_rows.TryGetValue((outcome.Intake, outcome.Id), out var row)) return;
            if (row.Outcome == NotSeen) Dealt++;
            // What comes after a decision tells only that the message is no longer there.
            else if (row.Passed || row.Outcome == Corrupt) return;
            row.Outcome = WordOf(outcome);
            row.Reason = ReasonOf(outcome);
            row.Passed = outcome.Fates[0].Kind is OutcomeKind.Requeued or OutcomeKind.Bounced or OutcomeKind.Held or OutcomeKind.Discarded or OutcomeKind.Deferred or OutcomeKind.Removed;
            row.Results = outcome.Results;
            row.Short = outcome.ResultsInShort.TrimStart();
            row.Recipients = outcome.Settled.Count;
            row.Where = outcome.Corruption is { } put ? [$"{put.Folder}/{put.Name}.reason"] : [.. outcome.Placed.Select(p => $"{p.Folder}/{p.Id}-H")];
        }
    }

    /// <summary>Looks where the rest is.</summary>
    public void Complete()
    {
        foreach (var row in _rows.Values)
        {
            var header = $"{row.Message.Intake}/{row.Message.Id.HeaderName}";
            var there = Posix.Exists(header);
            if (row.Outcome == Left && there)
            {
                row.Where = [header];
            }
            else if (row.Outcome == NotSeen && !there)
            {
                row.Outcome = "no message";
                row.Reason = "no -H file";
                row.Where = [row.Message.Intake];
            }
        }
    }

    private static string WordOf(Outcome outcome) => outcome.Fates[0].Kind switch
    {
        OutcomeKind.Suppressed or OutcomeKind.Gone => Removed,
        OutcomeKind.Corrupt => Corrupt,
        OutcomeKind.Left or OutcomeKind.Failed => Left,
        OutcomeKind.Undone => Failed,
        OutcomeKind.NotReady => "waiting",
        _ => outcome.Text,
    };

    private static string ReasonOf(Outcome outcome)
    {
        if (outcome.Corruption is { } put) return string.Create(CultureInfo.InvariantCulture, $"{put.Error.Kind.Token()} at {put.Error.Offset}: {SafeText.Of(put.Error.Reason)}");
        return WordOf(outcome) switch
        {
            Removed => "all recipients were done",
            Left => outcome.Cause == LeftCause.Frozen ? "frozen; Engine:TakeFrozen takes it" : outcome.Reason.Length > 0 ? outcome.Reason : "waits for its time",
            _ => outcome.Reason,
        };
    }

    public void PrintTable(Scratch scratch, TimeSpan elapsed)
    {
        Console.Out.WriteLine(_passes.Count == 0 ? "No passes: each message is requeued as it is" : $"Passes: {string.Join(", ", _passes)}");
        Console.Out.WriteLine();
        // A terminal of 80 columns shows all of it.
        var table = new AlignedTable("SAMPLE", "OUTCOME", "FOUND") { Width = Math.Min(Terminal.Width, MostColumns) };
        // What goes through first, then what does not.
        foreach (var row in _rows.Values.OrderByDescending(r => r.Passed).ThenBy(r => r.Message.Sample, StringComparer.Ordinal))
        {
            var where = string.Join(", ", row.Where.Select(w => Place(scratch, w, row.Message.Id)).Distinct());
            // The whole sentence is in the .reason file and in --json; here a line a message.
            var reason = Printable.Text(row.Reason.Split(row.Passed ? ["; "] : [": ", "; "], 2, StringSplitOptions.None)[0]);
            table.Add(Shortened(Printable.Text(row.Message.Sample)), new Cell(row.Outcome.Split(" as ")[0], ColourOf(row.Outcome)), Found(row, where, reason));
        }
        Console.Out.Write(table.ToString());
        Console.Out.WriteLine();
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Amount.Of(_rows.Count, "message")} in {elapsed.TotalMilliseconds:0} ms: {string.Join(", ", Counts().Select(c => $"{c.Value} {c.Key}"))}"));
        Console.Out.WriteLine($"Left behind: {Amount.Of(Pairs(scratch.Target), "pair")} in the spool, {Pairs(scratch.Held)} held, {CorruptFolder.Read(scratch.Corrupt).Count()} corrupt, {_rows.Values.Count(r => Posix.Exists($"{r.Message.Intake}/{r.Message.Id.HeaderName}"))} still in the intakes");
        Console.Out.WriteLine(scratch.IsKept ? $"Kept in {scratch.Path}; look with: spoolworker list --spool {scratch.Path}/spool" : "The scratch directory is gone; --keep leaves it");
    }

    public void PrintJson(Scratch scratch, TimeSpan elapsed) => Json.Print(json =>
    {
        json.WriteStartObject();
        if (scratch.IsKept) json.WriteString("scratch", scratch.Path);
        json.WriteNumber("milliseconds", Math.Round(elapsed.TotalMilliseconds));
        json.WriteStartObject("counts");
        foreach (var (outcome, count) in Counts()) json.WriteNumber(outcome, count);
        json.WriteEndObject();
        json.WriteStartArray("messages");
        foreach (var row in _rows.Values)
        {
            json.WriteStartObject();
            json.WriteString("sample", row.Message.Sample);
            json.WriteString("id", row.Message.Id.ToString());
            json.WriteStartArray("passes");
            foreach (var pass in row.Passed ? _passes : []) json.WriteStringValue(pass);
            json.WriteEndArray();
            json.WriteString("outcome", row.Outcome);
            json.WriteString("reason", row.Reason);
            json.WriteNumber("recipients", row.Recipients);
            json.WriteStartObject("results");
            foreach (var (name, value) in row.Results) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartArray("where");
            foreach (var path in row.Where) json.WriteStringValue(Path.GetRelativePath(scratch.Path, path));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    // The folder; the id too where it is another one now.
    private static string Place(Scratch scratch, string path, MessageId id)
    {
        var folder = Path.GetRelativePath(scratch.Path, Path.GetDirectoryName(path)!);
        var name = Path.GetFileName(path);
        if (folder.StartsWith("intake", StringComparison.Ordinal)) return "intake";
        return name.EndsWith("-H", StringComparison.Ordinal) && name != id.HeaderName ? $"{folder}/{name[..^2]}" : folder;
    }

    private static string Shortened(string sample) => sample.Length <= MostSample ? sample : string.Concat(sample.AsSpan(0, MostSample - 1), "…");

    // What the passes found; and where it is, when that is not the spool.
    private static string Found(Row row, string where, string reason)
    {
        var place = where.StartsWith("spool/input", StringComparison.Ordinal) && !where.Contains(',', StringComparison.Ordinal) ? "" : $"in {where}";
        return string.Join("; ", new[] { row.Short, reason, place }.Where(p => p.Length > 0));
    }

    private SortedDictionary<string, int> Counts()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var outcome in _rows.Values.Select(r => r.Outcome.Split(' ')[0] is "no" ? "no message" : r.Outcome.Split(' ')[0])) counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
        return counts;
    }

    private static int Pairs(string path) => new SpoolDirectory(path).Messages().Count();

    private static string ColourOf(string outcome) =>
        outcome.StartsWith("requeued", StringComparison.Ordinal) ? Terminal.Green : outcome is Corrupt or Failed or NotSeen ? Terminal.Red : Terminal.Yellow;

    private sealed class Row(TrialMessage message)
    {
        public TrialMessage Message { get; } = message;

        public string Outcome { get; set; } = NotSeen;

        public string Reason { get; set; } = "";

        public bool Passed { get; set; }

        public int Recipients { get; set; }

        public string Short { get; set; } = "";

        public IReadOnlyDictionary<string, string> Results { get; set; } = new Dictionary<string, string>();

        public IReadOnlyList<string> Where { get; set; } = [];
    }
}
