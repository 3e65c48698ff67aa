// The list of corrupt/: what lies there is not to be read as pairs, so the .reason files tell. Names are `<id>` or, when
// an id came more than once, `<id>.<n>`; a crash in the middle of a move may leave files without a reason, which are
// listed too.
using System.Text;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>One entry of corrupt/.</summary>
/// <param name="Name">Its files are called name-H, name-D, name-J, name.reason.</param>
/// <param name="Size">Bytes of -H and -D together.</param>
/// <param name="BodySize">Bytes of -D behind its name line; -1 without -D.</param>
/// <param name="Moved">When it was put aside.</param>
/// <param name="Fields">What the .reason file says, by its keys: from, kind, offset, reason …</param>
internal sealed record CorruptEntry(string Name, long Size, long BodySize, DateTimeOffset Moved, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>The one state there is.</summary>
    public const string State = "corrupt";

    /// <summary>Why, behind its kind; empty when the move was cut short.</summary>
    public string Reason => Field("kind") is { Length: > 0 } kind ? $"{kind}: {Field("reason")}" : "";

    public string Field(string key) => Fields.TryGetValue(key, out var value) ? value : "";

    /// <summary>The message id in its name.</summary>
    public MessageId Id => MessageId.TryParse(Name.AsSpan(0, Name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : Name.Length), out var id) ? id : default;

    /// <summary>As a line of a list, for what counts and orders those.</summary>
    public ListedMessage Listed => new() { Id = Id, Received = Id.Seconds, Size = Size, BodySize = BodySize, State = State, Reason = Reason, Causes = Reason.Length > 0 ? [Reason] : [], Each = [], Waiting = [], Passes = [] };
}

/// <summary>Reads corrupt/.</summary>
internal static class CorruptFolder
{
    private const int ReasonBytes = 16 * 1024;
    private static readonly string[] Suffixes = [".reason", "-H", "-D", "-J"];

    /// <summary>All entries, oldest id first.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="only">Those of this message alone; null: all.</param>
    public static IEnumerable<CorruptEntry> Read(string path, MessageId? only = null)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        using var folder = SpoolFolder.Open(path);
        folder.ReadNames((bytes, _) =>
        {
            var name = Encoding.UTF8.GetString(bytes);
            var suffix = Suffixes.FirstOrDefault(s => name.EndsWith(s, StringComparison.Ordinal));
            if (suffix is not null && IsName(name[..^suffix.Length], only)) names.Add(name[..^suffix.Length]);
        });
        using var files = new FolderReader(folder);
        foreach (var name in names)
        {
            var (size, body) = (0L, -1L);
            DateTimeOffset moved = default;
            foreach (var suffix in Suffixes)
            {
                if (folder.TryStatus(name + suffix, out var status) != 0) continue;
                if (moved == default) moved = status.Modified;
                if (suffix is "-H" or "-D") size += status.Size;
                if (suffix is "-D") body = status.Size;
            }
            var known = files.TryRead(name + ".reason", ReasonBytes, out var bytes, out var error) == 0 && error is null;
            var entry = new CorruptEntry(name, size, -1, moved, known ? Fields(bytes.Span) : new Dictionary<string, string>());
            yield return body < 0 ? entry : entry with { BodySize = Math.Max(0, body - entry.Id.BodyOffset) };
        }
    }

    private static bool IsName(string name, MessageId? only)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return MessageId.TryParse(name.AsSpan(0, dot < 0 ? name.Length : dot), out var id) && (only is null || id == only) && (dot < 0 || int.TryParse(name.AsSpan(dot + 1), out _));
    }

    private static Dictionary<string, string> Fields(ReadOnlySpan<byte> bytes)
    {
        var fields = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0) fields.TryAdd(line[..colon], line[(colon + 2)..]);
        }
        return fields;
    }
}

/// <summary>An entry of corrupt/ as conditions see it. Names of the envelope and of -H are refused before (<see cref="ConditionNames.OfCorrupt"/>).</summary>
internal sealed class CorruptFacts(ListSource source, CorruptEntry entry, DateTimeOffset now) : MessageFacts
{
    public override MessageId Id => entry.Id;

    public override ReadOnlyMemory<byte> Sender => default;

    public override long ReceivedTime => entry.Id.Seconds;

    public override bool IsFrozen => false;

    public override int RecipientCount => 0;

    public override int PendingCount => 0;

    public override IReadOnlyList<Recipient> Recipients => [];

    public override HeaderFile Header => throw new InvalidOperationException("what lies in corrupt/ has no -H that can be read");

    /// <summary>As it is listed: the bytes of both files.</summary>
    public override long Size => entry.Size;

    public override long BodySize => entry.BodySize;

    public override DateTimeOffset Now => now;

    public override string Place => source.Name;

    public override string State => CorruptEntry.State;

    public override string Reason => entry.Reason;
}
