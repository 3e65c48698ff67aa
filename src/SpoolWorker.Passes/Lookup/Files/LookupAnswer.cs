// What a list is asked for and what it answers. "Not there" and "cannot be told now" are never the same answer: whoever
// asks must leave the message for later on Unavailable.
namespace SpoolWorker.Passes.Lookup.Files;

/// <summary>What the keys of a list are; it decides what matches beside the key itself (see <see cref="LookupKeys"/>).</summary>
public enum LookupKind
{
    /// <summary><c>user@domain</c>; the null sender is the empty key.</summary>
    Address,

    /// <summary>A domain.</summary>
    Domain,

    /// <summary>A host: its name, or its address where no name is known.</summary>
    HostName,

    /// <summary>An IP address, held against addresses and networks.</summary>
    Network,
}

/// <summary>How a search ended.</summary>
public enum LookupState
{
    /// <summary>The key is in the list.</summary>
    Found,

    /// <summary>It is not.</summary>
    NotFound,

    /// <summary>A file of the list cannot be read now.</summary>
    Unavailable,
}

/// <summary>The answer to one key.</summary>
/// <param name="State">How the search ended.</param>
/// <param name="Value">What the list says of a key found: a table's value, an item's text behind <c>key: </c>, else null.</param>
/// <param name="Reason">Why it cannot be told, with the path.</param>
public readonly record struct LookupAnswer(LookupState State, string? Value = null, string? Reason = null)
{
    /// <summary>The key is not in it.</summary>
    public static LookupAnswer NotFound { get; } = new(LookupState.NotFound);

    /// <summary>The key is in it; the value is null where the list has none.</summary>
    public static LookupAnswer Found(string? value) => new(LookupState.Found, value);

    /// <summary>It cannot be told; the reason is for the log.</summary>
    public static LookupAnswer Unavailable(string reason) => new(LookupState.Unavailable, null, reason);

    /// <summary>The key is in it.</summary>
    public bool IsFound => State == LookupState.Found;
}
