// The digests of one canonical form of a body, each up to its own limit (the l= of RFC 6376, 3.5). All of them come out of
// one running SHA-256: at each limit its state is read, and hashing goes on. So the work does not grow with the number of
// signatures, and stops at the last limit when nobody wants the whole.
using System.Security.Cryptography;

namespace SpoolWorker.Passes.Signing;

/// <summary>Hashes canonical bytes.</summary>
internal sealed class BodyDigests : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BodyHash[] _wanted;
    private int _next;
    private long _length;

    /// <param name="wanted">What is wanted of this form; filled in as it becomes known.</param>
    public BodyDigests(BodyHash[] wanted)
    {
        _wanted = wanted;
        Array.Sort(_wanted, (a, b) => a.Kind.Limit.CompareTo(b.Kind.Limit));
        PassLimits();
    }

    public bool IsDone => _next == _wanted.Length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!IsDone && _wanted[_next].Kind.Limit - _length <= bytes.Length)
        {
            var part = (int)(_wanted[_next].Kind.Limit - _length);
            Add(bytes[..part]);
            bytes = bytes[part..];
            PassLimits();
        }
        if (!IsDone) Add(bytes);
    }

    /// <summary>The body ended: what is left has its digest over the whole.</summary>
    public void Finish()
    {
        if (IsDone) return;
        var digest = _hash.GetHashAndReset();
        for (; !IsDone; _next++) _wanted[_next].Set(digest, _length);
    }

    public void Dispose() => _hash.Dispose();

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        _hash.AppendData(bytes);
        _length += bytes.Length;
    }

    private void PassLimits()
    {
        for (; !IsDone && _wanted[_next].Kind.Limit == _length; _next++) _wanted[_next].Set(_hash.GetCurrentHash(), _length);
    }
}
