// What a message is made of, for rules: names, types and sizes of its attachments, and what is in archives among them. Read once, streaming, and
// bounded in every way (MimeLimits); what could not be read is told as an error, and what had been read until then stays true.
namespace SpoolWorker.Passes.Mime;

/// <summary>Parts of a message.</summary>
public sealed class MimeFacts
{
    private readonly OrderedDictionary<string, bool> _names = [], _types = [], _members = [];
    private readonly List<long> _sizes = [];

    /// <summary>Of a message nobody looks into.</summary>
    public static MimeFacts None { get; } = new();

    /// <summary>File names of attachments, decoded (RFC 2231, RFC 2047): what Content-Disposition says, and what Content-Type says where that is another. Those in uuencode
    /// and TNEF are among them.</summary>
    public IReadOnlyList<string> Names => _names.Keys;

    /// <summary>Types of attachments in small letters: what is declared, and what the first bytes tell where that is another.</summary>
    public IReadOnlyList<string> Types => _types.Keys;

    /// <summary>Bytes of each attachment, decoded.</summary>
    public IReadOnlyList<long> Sizes => _sizes;

    /// <summary>Names in archives (zip, tar, gz), of an archive in an archive with its own name and a slash before them.</summary>
    public IReadOnlyList<string> Members => _members.Keys;

    /// <summary>Whether something in an archive is encrypted.</summary>
    public bool IsEncrypted { get; internal set; }

    /// <summary>Why not all of it could be read; the first reason there was. Null: it was.</summary>
    public string? Error { get; private set; }

    internal void AddName(string name) => Add(_names, name);

    internal void AddType(string type) => Add(_types, type);

    internal void AddSize(long bytes) => _sizes.Add(bytes);

    internal void AddMember(string name) => Add(_members, name);

    internal void Fail(string reason) => Error ??= reason;

    // A thousand parts of one type are one to a rule.
    private static void Add(OrderedDictionary<string, bool> values, string value)
    {
        if (value.Length > 0) values.TryAdd(value, true);
    }
}
