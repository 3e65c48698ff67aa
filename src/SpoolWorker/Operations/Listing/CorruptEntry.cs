// The list of corrupt/: what lies there is not to be read as pairs, so the .reason files tell. Names are `<id>` or, when
// an id came more than once, `<id>.<n>`; a crash in the middle of a move may leave files without a reason, which are
// listed too.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>One entry of corrupt/.</summary>
/// <param name="Name">Its files are called name-H, name-D, name-J, name.reason.</param>
/// <param name="Size">Bytes of -H and -D together.</param>
/// <param name="Moved">When it was put aside.</param>
/// <param name="Fields">What the .reason file says, by its keys: from, kind, offset, reason …</param>
internal sealed record CorruptEntry(string Name, long Size, DateTimeOffset Moved, IReadOnlyDictionary<string, string> Fields)
{
    public string Field(string key) => Fields.TryGetValue(key, out var value) ? value : "";

    /// <summary>The message id in its name.</summary>
    public MessageId Id => MessageId.TryParse(Name.AsSpan(0, Name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : Name.Length), out var id) ? id : default;
}

/// <summary>Reads corrupt/.</summary>
internal static class CorruptFolder
{
    private const int ReasonBytes = 16 * 1024;
    private static readonly string[] Suffixes = [".reason", "-H", "-D", "-J"];

    /// <summary>All entries, oldest id first.</summary>
    public static IEnumerable<CorruptEntry> Read(string path)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        using var folder = SpoolFolder.Open(path);
        folder.ReadNames((bytes, _) =>
        {
            var name = Encoding.UTF8.GetString(bytes);
            var suffix = Suffixes.FirstOrDefault(s => name.EndsWith(s, StringComparison.Ordinal));
            if (suffix is not null && IsName(name[..^suffix.Length])) names.Add(name[..^suffix.Length]);
        });
        using var files = new FolderReader(folder);
        foreach (var name in names)
        {
            long size = 0;
            DateTimeOffset moved = default;
            foreach (var suffix in Suffixes)
            {
                if (folder.TryStatus(name + suffix, out var status) != 0) continue;
                if (moved == default) moved = status.Modified;
                if (suffix is "-H" or "-D") size += status.Size;
            }
            var known = files.TryRead(name + ".reason", ReasonBytes, out var bytes, out var error) == 0 && error is null;
            yield return new CorruptEntry(name, size, moved, known ? Fields(bytes.Span) : new Dictionary<string, string>());
        }
    }

    private static bool IsName(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return MessageId.TryParse(name.AsSpan(0, dot < 0 ? name.Length : dot), out _) && (dot < 0 || int.TryParse(name.AsSpan(dot + 1), out _));
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
