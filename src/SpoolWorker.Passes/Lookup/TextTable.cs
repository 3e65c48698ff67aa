// lsearch, nwildlsearch and iplsearch files: read whole into memory, for small lists. The file is looked at once a second
// and read again when it changed; while that fails every answer is Unavailable. Rows are unordered keys for lsearch
// (the first of equal ones counts, as in Exim) and patterns in file order for the other two ("no attempt is made to find
// a best match", spec.txt on iplsearch). A file that is being written over in place may be seen half: rename new ones in.
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // the operator's table, by the descriptor that LookupFile checked

namespace SpoolWorker.Passes.Lookup;

/// <summary>What the keys of a text file are.</summary>
internal enum TextTableType
{
    /// <summary>Literal keys.</summary>
    Lsearch,

    /// <summary><c>*ending</c>, <c>^regex</c> or literal, not expanded.</summary>
    Nwildlsearch,

    /// <summary>IP addresses and networks.</summary>
    Iplsearch,
}

/// <summary>A text file in memory.</summary>
internal sealed class TextTable(string path, TextTableType type, LookupKeys keys, TimeProvider clock) : LookupTable
{
    /// <summary>Above this a file is no small list and belongs into LMDB; it would be read again at each change.</summary>
    private const long MaxBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>A file changed this shortly before it was read may change again without its time changing.</summary>
    private static readonly TimeSpan UnsureAfterChange = TimeSpan.FromSeconds(2);

    private readonly Lock _reading = new();
    private volatile Contents? _contents;
    private long _looked;

    public override string? Fault() => Current().Error;

    public override LookupAnswer Find(string key)
    {
        var contents = Current();
        if (contents.Error is { } error) return LookupAnswer.Unavailable(error);
        try
        {
            return contents.Find(key, keys) is { } value ? LookupAnswer.Found(ByteText.ToText(value)) : LookupAnswer.NotFound;
        }
        catch (RegexMatchTimeoutException e)
        {
            return LookupAnswer.Unavailable($"{path}: the expression {e.Pattern} takes too long");
        }
    }

    private Contents Current()
    {
        var contents = _contents;
        if (contents is not null && clock.GetElapsedTime(Interlocked.Read(ref _looked)) < LookAgain) return contents;
        // One thread looks; the others go on with what is there, unless there is nothing yet.
        if (contents is not null && !_reading.TryEnter()) return contents;
        if (contents is null) _reading.Enter();
        try
        {
            if (_contents is { } known && (known != contents || !HasChanged(known))) contents = known;
            else _contents = contents = Read();
            Interlocked.Exchange(ref _looked, clock.GetTimestamp());
            return contents;
        }
        finally
        {
            _reading.Exit();
        }
    }

    private bool HasChanged(Contents known) => known.Error is not null || known.IsUnsure || !LookupFile.TryLook(path, out _, out var status, out _) || status != known.Status;

    private Contents Read()
    {
        if (!LookupFile.TryOpen(path, out var handle, out var status, out var error)) return new Contents(error);
        using (handle)
        {
            if (status.Size > MaxBytes) return new Contents($"{path}: {status.Size} bytes are too many for a text file; import it into an LMDB table and use lmdb;FILE");
            try
            {
                using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
                var contents = new Contents(null) { Status = status, IsUnsure = clock.GetUtcNow() - status.Modified < UnsureAfterChange };
                var rows = new LsearchReader(stream);
                while (rows.TryNext(out error))
                {
                    if ((error = contents.Add(rows, type)) is not null) return new Contents($"{path}: line {rows.Line}: {error}");
                }
                return error is null ? contents : new Contents($"{path}: {error}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Contents($"{path}: {e.Message}");
            }
        }
    }

    /// <summary>What was read, never changed afterwards.</summary>
    private sealed class Contents(string? error)
    {
        private readonly Dictionary<string, byte[]> _literal = new(StringComparer.Ordinal);
        private readonly List<(KeyPattern Pattern, byte[] Value)> _patterns = [];

        public string? Error { get; } = error;

        public FileStatus Status { get; init; }

        public bool IsUnsure { get; init; }

        public string? Add(LsearchReader row, TextTableType type)
        {
            var key = ByteText.FromBytes(row.Key);
            if (type == TextTableType.Lsearch || (type == TextTableType.Iplsearch && key == "*"))
            {
                _literal.TryAdd(ByteText.Lower(key), row.Value.ToArray());
                return null;
            }
            KeyPattern? pattern;
            if (type == TextTableType.Nwildlsearch)
            {
                if (!KeyPattern.TryParseText(key, out pattern, out var error)) return $"'{ByteText.ToText(key)}' {error}";
            }
            else
            {
                if (!IpNetwork.TryParse(key, out var network)) return $"'{ByteText.ToText(key)}' is no IP address and no network; IPv6 goes in quotes";
                pattern = new KeyPattern.Network(network);
            }
            _patterns.Add((pattern, row.Value.ToArray()));
            return null;
        }

        public byte[]? Find(string key, LookupKeys keys)
        {
            foreach (var (pattern, value) in _patterns)
            {
                if (pattern.Matches(key)) return value;
            }
            if (_literal.Count == 0) return null;
            foreach (var candidate in keys.Of(key))
            {
                if (_literal.TryGetValue(candidate, out var value)) return value;
            }
            return null;
        }
    }
}
