// The keyed hashes by which finished messages are remembered. HMAC-SHA256, cut short: it is in the BCL, so there is nothing of our own to
// get wrong, and at some 1 us a hash it is not what a message costs. Keyed, with a key made with the ledger, so that nobody who
// can choose message ids or addresses can look for two that fall together. Each kind of hash begins with a letter of its own, and what has
// no fixed length stands last or is ended by a NUL, which neither a path nor a fingerprint holds.
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>Hashes of a ledger.</summary>
/// <param name="key">32 random bytes.</param>
internal sealed class MessageHash(byte[] key)
{
    public const int KeyBytes = 32;

    /// <summary>Of (intake, id): of 14 million, two are alike with a probability below 1 in 10^23.</summary>
    public const int MessageBytes = 16;

    /// <summary>Of what only tells apart what has the same message hash.</summary>
    public const int DigestBytes = 8;

    /// <summary>What a message of an intake is known by.</summary>
    public byte[] OfMessage(string intake, MessageId id) => Hash('m', MessageBytes, [], $"{intake}\0{id}", Encoding.UTF8);

    /// <summary>The content of a message whose recipients all come at once.</summary>
    /// <param name="message">Its message hash.</param>
    /// <param name="fingerprint">See <see cref="LedgerEntry.Fingerprint"/>.</param>
    /// <param name="addressed">See <see cref="LedgerEntry.Addressed"/>.</param>
    public byte[] OfContent(byte[] message, string fingerprint, string addressed) => Hash('c', DigestBytes, message, $"{fingerprint}\0{addressed}", Encoding.UTF8);

    /// <summary>The content of a message whose recipients may come one by one.</summary>
    public byte[] OfFingerprint(byte[] message, string fingerprint) => Hash('f', DigestBytes, message, fingerprint, Encoding.UTF8);

    /// <summary>A recipient of a message.</summary>
    public byte[] OfRecipient(byte[] message, string address) => Hash('r', DigestBytes, message, address, Encoding.Latin1);

    private byte[] Hash(char kind, int length, byte[] message, string text, Encoding encoding)
    {
        const int MostOnStack = 512;
        var size = 1 + message.Length + encoding.GetByteCount(text);
        Span<byte> source = size <= MostOnStack ? stackalloc byte[size] : new byte[size];
        source[0] = (byte)kind;
        message.CopyTo(source[1..]);
        encoding.GetBytes(text, source[(1 + message.Length)..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, source, hash);
        return hash[..length].ToArray();
    }
}
