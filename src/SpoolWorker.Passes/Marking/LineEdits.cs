// What policies ask for in the header section, for rules and verdict passes alike: lines that go, lines that come, marks before the subject. A mark is put
// once: one that stands there already, by another worker or by the sender, is left. Nothing that the sender wrote is held to RFC 5322: it goes on as it is.
using System.Collections.Immutable;
using System.Text;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Marking;

/// <summary>What is done to header lines.</summary>
internal enum LineEditKind
{
    /// <summary>Lines whose name fits are taken out: those the message has when the pass is asked.</summary>
    Remove,

    /// <summary>A line is added at the end.</summary>
    Add,

    /// <summary>A mark is put before the subject.</summary>
    MarkSubject,
}

/// <summary>One edit.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">A name that may hold <c>*</c>, a header line, or a mark.</param>
internal readonly record struct LineEdit(LineEditKind Kind, string Text);

/// <summary>The edits for a recipient. Those who have the same can share a message.</summary>
internal sealed class LineEdits : IEquatable<LineEdits>
{
    /// <summary>Never taken out: what loops are found by (RFC 5321, 6.3), what a message is none without (RFC 5322, 3.6), and what says how its body is to be read (RFC 2045).</summary>
    public static readonly ImmutableArray<string> Kept = ["Received", "From", "Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];

    /// <summary>Nor is the worker's own word about passes that were skipped, but it takes no name with a <c>*</c> away from operators.</summary>
    public const string SkipMark = "X-SpoolWorker-Skipped";

    /// <summary>Never added by a policy: what hosts write when they receive and deliver (RFC 5321, 4.4; Exim's <c>received_header_text</c>, <c>return_path_add</c>, <c>envelope_to_add</c>,
    /// <c>delivery_date_add</c>), and what only who has looked, or has the key, can say (RFC 8601, 7208, 6376, 8617).</summary>
    public static readonly ImmutableArray<string> Written =
    [
        "Received", "Return-Path", "Envelope-To", "Delivery-Date", "Authentication-Results", "Received-SPF", "DKIM-Signature", "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal", SkipMark,
    ];

    public static readonly LineEdits None = new([]);

    private readonly ImmutableArray<LineEdit> _edits;
    private readonly int _hash;

    private LineEdits(ImmutableArray<LineEdit> edits)
    {
        _edits = edits;
        var hash = default(HashCode);
        foreach (var edit in edits) hash.Add(edit);
        _hash = hash.ToHashCode();
    }

    /// <summary>These and more; what is asked for already is not done twice.</summary>
    public LineEdits With(IEnumerable<LineEdit> more)
    {
        var all = _edits.Union(more).ToImmutableArray();
        return all.Length == _edits.Length ? this : new LineEdits(all);
    }

    /// <summary>As edits of a message.</summary>
    public List<HeaderEdit> Of(HeaderFile message)
    {
        var patterns = Texts(LineEditKind.Remove).Select(name => new Wildcard(name)).ToList();
        var gone = patterns.Count == 0 ? [] : message.Headers.Where(line => !line.IsDeleted && IsTakenBy(patterns, line)).ToHashSet(ReferenceEqualityComparer.Instance);
        var edits = new List<HeaderEdit>(message.Headers.Where(gone.Contains).Select(line => new HeaderEdit.Delete(line)));
        foreach (var text in Texts(LineEditKind.Add))
        {
            if (EditFaults.TryLine(text, out var line)) edits.Add(new HeaderEdit.AddAtEnd(line));
        }
        var marks = Texts(LineEditKind.MarkSubject).Select(mark => Encoding.ASCII.GetBytes(mark.Trim())).Where(mark => mark.Length > 0).ToList();
        if (marks.Count == 0) return edits;
        // There should be one. Of several some programs show the first, others the last.
        var subjects = message.Headers.Where(line => !line.IsDeleted && line.Is("Subject"u8) && !gone.Contains(line)).ToList();
        if (subjects.Count == 0) edits.Add(new HeaderEdit.AddAtEnd(Marked(marks, "\n"u8)!));
        foreach (var old in subjects)
        {
            if (Marked(marks, old.Text.Span[(old.Text.Span.IndexOf((byte)':') + 1)..]) is not { } marked) continue;
            edits.Add(new HeaderEdit.Delete(old));
            edits.Add(new HeaderEdit.AddAtEnd(marked));
        }
        return edits;
    }

    public bool Equals(LineEdits? other) => other is not null && (ReferenceEquals(this, other) || (_hash == other._hash && _edits.SequenceEqual(other._edits)));

    public override bool Equals(object? obj) => Equals(obj as LineEdits);

    public override int GetHashCode() => _hash;

    private IEnumerable<string> Texts(LineEditKind kind) => _edits.Where(e => e.Kind == kind).Select(e => e.Text);

    private static bool IsTakenBy(List<Wildcard> patterns, HeaderLine line)
    {
        var name = Encoding.Latin1.GetString(line.Name);
        return !name.Equals(SkipMark, StringComparison.OrdinalIgnoreCase) && patterns.Exists(p => p.Matches(name));
    }

    // Null: all of them stand there.
    private static HeaderLine? Marked(IEnumerable<byte[]> marks, ReadOnlySpan<byte> value)
    {
        var missing = marks.ToList();
        for (var rest = value.TrimStart(" \t"u8); missing.Count > 0;)
        {
            var at = -1;
            for (var i = 0; i < missing.Count && at < 0; i++) at = rest.StartsWith(missing[i]) ? i : -1;
            if (at < 0) break;
            rest = rest[missing[at].Length..].TrimStart(" \t"u8);
            missing.RemoveAt(at);
        }
        if (missing.Count == 0) return null;
        var text = new List<byte>([.. "Subject:"u8]);
        foreach (var mark in missing) text.AddRange([(byte)' ', .. mark]);
        // Without a blank an encoded word behind it would be none (RFC 2047, 5).
        if (!value.IsEmpty && value[0] is not ((byte)' ' or (byte)'\t' or (byte)'\n')) text.Add((byte)' ');
        text.AddRange(value);
        return new HeaderLine(' ', text.ToArray());
    }
}
