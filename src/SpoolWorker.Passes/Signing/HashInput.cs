// Collects bytes for one SHA-256 digest. Small inputs, which header sections nearly always are, stay in a rented buffer and
// are hashed with a single call; larger ones go through in pieces, so memory stays the same whatever comes.
using System.Buffers;
using System.Security.Cryptography;

namespace SpoolWorker.Passes.Signing;

/// <summary>A digest in the making. Dispose it to give the buffer back.</summary>
public ref struct HashInput
{
    /// <summary>Length of a SHA-256 digest.</summary>
    public const int DigestLength = SHA256.HashSizeInBytes;

    // Larger than the header section of nearly every message, small enough to stay in the processor's cache.
    private const int Size = 16 * 1024;

    private byte[] _buffer;
    private int _length;
    private IncrementalHash? _hash;

    /// <summary>Starts a digest with a rented buffer.</summary>
    public static HashInput Create() => new() { _buffer = ArrayPool<byte>.Shared.Rent(Size) };

    /// <summary>Adds to what is hashed.</summary>
    public void Append(byte b)
    {
        if (_length == _buffer.Length) Flush();
        _buffer[_length++] = b;
    }

    /// <summary>Adds to what is hashed.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        while (!bytes.TryCopyTo(_buffer.AsSpan(_length)))
        {
            var room = _buffer.Length - _length;
            bytes[..room].CopyTo(_buffer.AsSpan(_length));
            bytes = bytes[room..];
            _length = _buffer.Length;
            Flush();
        }
        _length += bytes.Length;
    }

    /// <summary>The same in lower case.</summary>
    public void AppendLower(scoped ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) Append(b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b);
    }

    /// <summary>Ends the input and writes the digest.</summary>
    public void Finish(scoped Span<byte> digest)
    {
        if (_hash is null)
        {
            SHA256.HashData(_buffer.AsSpan(0, _length), digest);
        }
        else
        {
            Flush();
            _hash.GetHashAndReset(digest);
        }
        _length = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null!;
        _hash?.Dispose();
        _hash = null;
    }

    private void Flush()
    {
        _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _hash.AppendData(_buffer.AsSpan(0, _length));
        _length = 0;
    }
}
