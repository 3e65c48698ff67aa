using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Spool;

// One option line of -H, in a form that gives the same bytes back. Exim marks with "--" what a stranger supplied ("tainted") and with
// "--(quoter)" what has been quoted for a kind of lookup; a lost mark would let that text reach Exim as trusted. ACL variables carry a length and
// then raw bytes, which may look like any other part of the file. Only Create can fail, on a name; HeaderFileWriter refuses
// what Exim would read as something else.

/// <summary>One option line: <c>-name</c>, <c>-name value</c>, <c>--name value</c>, <c>--(quoter)name value</c>, or an ACL variable.</summary>
/// <param name="Name">The name, each byte as one Latin-1 character; <c>aclc</c>, <c>aclm</c> or <c>acl</c> for an ACL variable.</param>
/// <param name="Value">The bytes behind the space; for an ACL variable its content without the newline Exim adds.</param>
/// <param name="HasValue">Tells <c>-name</c> from <c>-name </c> with an empty value.</param>
/// <param name="Tainted">Whether Exim marked the value as supplied by a stranger.</param>
/// <param name="Quoter">The lookup type that the value was quoted for, only together with <paramref name="Tainted"/>.</param>
/// <param name="AclName">For an ACL variable what follows <c>c</c> or <c>m</c> in its name (<c>_multi</c>, <c>0</c>), else null.</param>
public sealed record SpoolVariable(
    string Name,
    ReadOnlyMemory<byte> Value,
    bool HasValue,
    bool Tainted,
    string? Quoter = null,
    string? AclName = null)
{
    /// <summary>Connection variables, message variables, and both as old Exims wrote them.</summary>
    internal static bool IsAclKind(ReadOnlySpan<char> name) => name is "aclc" or "aclm" or "acl";

    /// <summary>Whether the value is written by length, behind <c>-aclc</c>, <c>-aclm</c> or the older <c>-acl</c>.</summary>
    [MemberNotNullWhen(true, nameof(AclName))]
    public bool IsAcl => AclName is not null;

    /// <summary>What <see cref="HeaderFile.Find"/> looks for: <c>helo_name</c>, <c>aclm_multi</c>, <c>aclc0</c>.</summary>
    public string FullName => IsAcl ? AclKind + AclTail : Name;

    /// <summary>The value for people and logs, each byte as one Latin-1 character.</summary>
    public string Text => Encoding.Latin1.GetString(Value.Span);

    // "-acl N": 0-9 are connection variables, 10-19 message variables (spool_in.c)
    private bool IsOldMessageVariable => Name == "acl" && AclName is { Length: 2 };

    private string AclKind => Name != "acl" ? Name : IsOldMessageVariable ? "aclm" : "aclc";

    private string AclTail => IsOldMessageVariable ? AclName![1..] : AclName!;

    /// <summary>Whether this is the variable of that <see cref="FullName"/>.</summary>
    public bool Is(ReadOnlySpan<char> fullName) =>
        IsAcl
            ? fullName.StartsWith(AclKind, StringComparison.Ordinal) && fullName[AclKind.Length..].SequenceEqual(AclTail)
            : fullName.SequenceEqual(Name);

    /// <summary>
    /// Makes a new variable from its <see cref="FullName"/>; a name that starts with <c>aclc</c> or <c>aclm</c> and goes on makes an ACL variable.
    /// </summary>
    /// <param name="fullName">The name without marks.</param>
    /// <param name="value">The value, or null for a line that is only a name.</param>
    /// <param name="tainted">Whether a stranger supplied the value; true is the safe choice.</param>
    /// <exception cref="ArgumentException">The name is empty or starts with what would be a mark.</exception>
    public static SpoolVariable Create(string fullName, ReadOnlyMemory<byte>? value, bool tainted)
    {
        ArgumentException.ThrowIfNullOrEmpty(fullName);
        if (fullName[0] is '-' or '(')
        {
            throw new ArgumentException($"'{fullName}' starts like a mark of an option line", nameof(fullName));
        }

        return fullName.Length > 4 && IsAclKind(fullName.AsSpan(0, 4))
            ? new SpoolVariable(fullName[..4], value ?? default, HasValue: true, tainted, AclName: fullName[4..])
            : new SpoolVariable(fullName, value ?? default, value.HasValue, tainted);
    }

    /// <summary>A line for logs; long values are cut.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Tainted ? "--" : "-")}{FullName} {SpoolBytes.Quote(Value.Span)}");
}
