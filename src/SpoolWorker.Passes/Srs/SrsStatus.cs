// How an attempt at rewriting or reading back an address ended, and the word for it in results, JSON and logs.
namespace SpoolWorker.Passes.Srs;

/// <summary>Outcome of encoding or decoding one address.</summary>
public enum SrsStatus
{
    /// <summary>Done; the address is the answer.</summary>
    Ok,

    /// <summary>Nothing to do: a null sender, or an address that is ours already.</summary>
    NotNeeded,

    /// <summary>Not an SRS address at all.</summary>
    NotSrs,

    /// <summary>No address, or an SRS address with a field missing or broken.</summary>
    Malformed,

    /// <summary>The hash fits none of the secrets: forged, or signed by somebody else.</summary>
    WrongHash,

    /// <summary>The hash has fewer characters than HashMin.</summary>
    ShortHash,

    /// <summary>The hash fits, the time stamp is out of MaxAge.</summary>
    TooOld,

    /// <summary>The database holds no address under this key.</summary>
    UnknownKey,

    /// <summary>The local part would be longer than 64 octets.</summary>
    TooLong,

    /// <summary>The database cannot be read or written now.</summary>
    Unavailable,
}

/// <summary>Words of <see cref="SrsStatus"/>.</summary>
public static class SrsStatuses
{
    /// <summary>The word in <c>srs_status</c> and JSON.</summary>
    public static string Token(this SrsStatus status) => status switch
    {
        SrsStatus.Ok => "ok",
        SrsStatus.NotNeeded => "not-needed",
        SrsStatus.NotSrs => "not-srs",
        SrsStatus.Malformed => "malformed",
        SrsStatus.WrongHash => "wrong-hash",
        SrsStatus.ShortHash => "short-hash",
        SrsStatus.TooOld => "too-old",
        SrsStatus.UnknownKey => "unknown-key",
        SrsStatus.TooLong => "too-long",
        SrsStatus.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not a status"),
    };

    /// <summary>What to tell an operator.</summary>
    public static string Sentence(this SrsStatus status) => status switch
    {
        SrsStatus.Ok => "rewritten",
        SrsStatus.NotNeeded => "nothing to rewrite",
        SrsStatus.NotSrs => "not an SRS address",
        SrsStatus.Malformed => "malformed address",
        SrsStatus.WrongHash => "the hash fits none of the secrets: forged, or not made here",
        SrsStatus.ShortHash => "the hash is shorter than HashMin",
        SrsStatus.TooOld => "the time stamp is out of MaxAge",
        SrsStatus.UnknownKey => "no such key in the database",
        SrsStatus.TooLong => "the local part would be longer than 64 octets",
        SrsStatus.Unavailable => "the database cannot be used now",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not a status"),
    };
}
