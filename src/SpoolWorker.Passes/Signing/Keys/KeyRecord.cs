// A key record (RFC 6376, 3.6.1, with RFC 8301 and 8463), read once and kept with its imported key. Whatever is wrong with
// it is a reason. A record with an empty p= is a revoked key.
using System.Text;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>What a key record says.</summary>
public sealed class KeyRecord
{
    /// <summary>TXT records above this hold no key: RSA of 16,384 bits takes 2.8 kB in base64.</summary>
    public const int MaxLength = 8192;

    private KeyRecord(PublicKey? key, string hashes, bool isForMail, bool isTesting, bool isStrict)
    {
        Key = key;
        Hashes = hashes;
        IsForMail = isForMail;
        IsTesting = isTesting;
        IsStrict = isStrict;
    }

    /// <summary>The key; null when it was revoked.</summary>
    public PublicKey? Key { get; }

    /// <summary>An empty <c>p=</c> (RFC 6376, 3.6.1).</summary>
    public bool IsRevoked => Key is null;

    /// <summary><c>h=</c> as it stands; empty when all hashes are allowed.</summary>
    public string Hashes { get; }

    /// <summary>Whether SHA-256 is among <c>h=</c>.</summary>
    public bool AllowsSha256 => Hashes.Length == 0 || TagValues.ListHas(Encoding.Latin1.GetBytes(Hashes), "sha256"u8);

    /// <summary><c>s=</c> names email or all services.</summary>
    public bool IsForMail { get; }

    /// <summary><c>t=y</c>: the domain is only trying.</summary>
    public bool IsTesting { get; }

    /// <summary><c>t=s</c>: the domain of <c>i=</c> has to be <c>d=</c> itself.</summary>
    public bool IsStrict { get; }

    /// <summary>Reads a record.</summary>
    public static KeyRecord? TryParse(ReadOnlyMemory<byte> text, out string reason)
    {
        if (text.Length > MaxLength) return Fail($"a key record of {text.Length} bytes", out reason);
        if (!TagList.TryParse(text, out var tags, out var error)) return Fail($"{error.Reason} at byte {error.Offset} of the key record", out reason);

        // v= has to come first and be DKIM1, else the record is to be discarded
        if (tags.TryFind("v"u8, out var version) && (version != tags.Tags[0] || !tags.Value(version).SequenceEqual("DKIM1"u8))) return Fail("the key record is of another version", out reason);
        var type = KeyType.Rsa;
        if (tags.TryValue("k"u8, out var k))
        {
            if (Ascii.EqualsIgnoreCase(k, "ed25519"u8)) type = KeyType.Ed25519;
            else if (!Ascii.EqualsIgnoreCase(k, "rsa"u8)) return Fail("unknown key type", out reason);
        }
        if (!tags.TryValue("p"u8, out var p)) return Fail("no p= in the key record", out reason);
        PublicKey? key = null;
        if (!p.IsEmpty)
        {
            if (TagValues.Base64OfKey(p) is not { } bytes) return Fail("p= is not base64", out reason);
            key = PublicKey.TryImport(type, bytes, out reason);
            if (key is null) return null;
        }
        var hashes = tags.TryValue("h"u8, out var h) ? Encoding.Latin1.GetString(h) : "";
        var isForMail = !tags.TryValue("s"u8, out var s) || TagValues.ListHas(s, "email"u8) || TagValues.ListHas(s, "*"u8);
        var hasFlags = tags.TryValue("t"u8, out var t);
        reason = "";
        return new KeyRecord(key, hashes, isForMail, hasFlags && TagValues.ListHas(t, "y"u8), hasFlags && TagValues.ListHas(t, "s"u8));
    }

    private static KeyRecord? Fail(string why, out string reason)
    {
        reason = why;
        return null;
    }
}
