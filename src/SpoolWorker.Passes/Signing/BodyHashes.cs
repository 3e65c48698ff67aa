// The body hashes of one message. Whoever will need one says so first; the first question then reads the body once for all
// of them, and later questions are answered from memory. So DKIM, ARC and a seal together cost one reading and one SHA-256
// for each canonical form. Reading the body may throw what its stream throws. Safe for several threads: a pass that ran out of
// time may still be reading when the next one asks; that one waits until the cancelled reading ends, a piece later.
using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Signing;

/// <summary>Which hash of a body.</summary>
/// <param name="Form">The canonical form.</param>
/// <param name="Limit">At most so many canonical bytes (<c>l=</c>); <see cref="NoLimit"/> is the whole body.</param>
public readonly record struct BodyHashKind(Canonicalization Form, long Limit = BodyHashKind.NoLimit)
{
    /// <summary>The whole body.</summary>
    public const long NoLimit = long.MaxValue;
}

/// <summary>A body hash.</summary>
public sealed class BodyHash
{
    private byte[]? _digest;

    internal BodyHash(BodyHashKind kind) => Kind = kind;

    /// <summary>Form and limit it was made with.</summary>
    public BodyHashKind Kind { get; }

    /// <summary>SHA-256.</summary>
    public ReadOnlySpan<byte> Digest => _digest;

    /// <summary>How many canonical bytes were hashed: less than the limit when the body is shorter.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the body holds all that the limit speaks of.</summary>
    public bool ReachesLimit => Kind.Limit == BodyHashKind.NoLimit || Length == Kind.Limit;

    internal bool IsKnown => _digest is not null;

    internal void Set(byte[] digest, long length)
    {
        _digest = digest;
        Length = length;
    }
}

/// <summary>Hashes that passes of this program ask for of every body they come to, so that a pass before them which reads the body makes
/// them along. Filled while passes are made; safe for several threads.</summary>
public sealed class BodyHashNeeds
{
    private ImmutableHashSet<BodyHashKind> _kinds = [];

    /// <summary>A pass will ask for it.</summary>
    public void Add(BodyHashKind kind) => ImmutableInterlocked.Update(ref _kinds, static (kinds, one) => kinds.Add(one), kind);

    /// <summary>Announces them all for a body; costs nothing where it is not read.</summary>
    public void WantIn(BodyHashes body)
    {
        ArgumentNullException.ThrowIfNull(body);
        foreach (var kind in _kinds) body.Want(kind);
    }
}

/// <summary>All hashes of one body.</summary>
public sealed class BodyHashes(IMessageBody body)
{
    private static readonly ConditionalWeakTable<IMessageBody, BodyHashes> Known = new();

    private readonly Lock _lock = new();
    private readonly List<BodyHash> _hashes = new(2);

    /// <summary>The hashes of a body, the same for all passes that a message goes through.</summary>
    public static BodyHashes Of(IMessageBody body) => Known.GetValue(body, static b => new BodyHashes(b));

    /// <summary>How often the body has been read.</summary>
    public int Readings { get; private set; }

    /// <summary>Announces a hash that will be asked for.</summary>
    public void Want(BodyHashKind kind)
    {
        lock (_lock) _ = Entry(kind);
    }

    /// <summary>The hash; reads the body when it is not known yet.</summary>
    public BodyHash Get(BodyHashKind kind, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var entry = Entry(kind);
            if (!entry.IsKnown) Read(cancellationToken);
            return entry;
        }
    }

    private BodyHash Entry(BodyHashKind kind)
    {
        foreach (var known in _hashes)
        {
            if (known.Kind == kind) return known;
        }
        var added = new BodyHash(kind);
        _hashes.Add(added);
        return added;
    }

    private void Read(CancellationToken cancellationToken)
    {
        Readings++;
        using var simple = Start(Canonicalization.Simple);
        using var relaxed = Start(Canonicalization.Relaxed);
        var piece = ArrayPool<byte>.Shared.Rent(BodyCanonicalizer.MaxPiece);
        try
        {
            using var stream = body.OpenRead();
            int n;
            while (simple is { IsDone: false } || relaxed is { IsDone: false })
            {
                cancellationToken.ThrowIfCancellationRequested();
                if ((n = stream.Read(piece, 0, BodyCanonicalizer.MaxPiece)) == 0) break;
                simple?.Append(piece.AsSpan(0, n));
                relaxed?.Append(piece.AsSpan(0, n));
            }
            simple?.Finish();
            relaxed?.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private BodyCanonicalizer? Start(Canonicalization form)
    {
        var count = 0;
        foreach (var hash in _hashes)
        {
            if (!hash.IsKnown && hash.Kind.Form == form) count++;
        }
        if (count == 0) return null;
        var wanted = new BodyHash[count];
        foreach (var hash in _hashes)
        {
            if (!hash.IsKnown && hash.Kind.Form == form) wanted[--count] = hash;
        }
        return new BodyCanonicalizer(form, body.IsWireFormat, new BodyDigests(wanted));
    }
}
