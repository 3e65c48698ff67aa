// A list as an operator writes it: items in order, the first that matches decides (Exim's lists, spec.txt "Domain, host,
// address, and local part lists"). An item is
//   a pattern                 example.com   *.example.com   ^mx\d+\.   user@example.com   192.0.2.0/24   (KeyPattern)
//   a pattern with a value    example.com: some text          the colon followed by white space, or last
//   a table                   lsearch;FILE   nwildlsearch;FILE   iplsearch;FILE   lmdb;FILE   partial-lmdb;FILE
//   any of them after `!`     a match means "not in the list"; when the last item is such a one, the list's end means "in it"
// A key is compared without case. A list is made once and asked by many threads; it never throws: what cannot be told is
// the answer Unavailable. TryParse fails with all wrong items and their reasons, a file that is missing or broken then among them.
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Lookup;

/// <summary>A list to look keys up in.</summary>
public sealed partial class LookupList
{
    private readonly List<Item> _items;

    private LookupList(List<Item> items) => _items = items;

    /// <summary>The list nothing is in.</summary>
    public static LookupList Empty { get; } = new([]);

    /// <summary>True for a list without items.</summary>
    public bool IsEmpty => _items.Count == 0;

    /// <summary>Reads the items of a setting.</summary>
    /// <param name="items">As written.</param>
    /// <param name="kind">What the keys are.</param>
    /// <param name="list">The list.</param>
    /// <param name="error"><c>'item': what is wrong</c>, of all wrong items.</param>
    /// <param name="clock">For looking again at files; the system's by default.</param>
    public static bool TryParse(IReadOnlyList<string> items, LookupKind kind, [NotNullWhen(true)] out LookupList? list,
        [NotNullWhen(false)] out string? error, TimeProvider? clock = null)
    {
        var parsed = new List<Item>(items.Count);
        var faults = new List<string>();
        foreach (var text in items)
        {
            if (TryParseItem(text, kind, clock ?? TimeProvider.System, out var item, out var fault)) parsed.Add(item);
            else faults.Add($"'{text}': {fault}");
        }
        error = faults.Count > 0 ? string.Join("; ", faults) : null;
        list = error is null ? new LookupList(parsed) : null;
        return error is null;
    }

    /// <summary>Looks a key up.</summary>
    public LookupAnswer Find(string key) => FindByteText(ByteText.FromText(key));

    /// <summary>Looks up a key as it stands in a spool file.</summary>
    public LookupAnswer Find(ReadOnlySpan<byte> key) => FindByteText(ByteText.FromBytes(key));

    private LookupAnswer FindByteText(string key)
    {
        key = ByteText.Lower(key);
        foreach (var item in _items)
        {
            var answer = item.Find(key);
            if (answer.State == LookupState.Unavailable) return answer;
            if (answer.IsFound) return item.IsNegated ? LookupAnswer.NotFound : answer;
        }
        return _items.Count > 0 && _items[^1].IsNegated ? LookupAnswer.Found(null) : LookupAnswer.NotFound;
    }

    private static bool TryParseItem(string text, LookupKind kind, TimeProvider clock, [NotNullWhen(true)] out Item? item, out string? error)
    {
        item = null;
        var rest = text.Trim();
        var negated = rest.StartsWith('!');
        if (negated) rest = rest[1..].TrimStart();
        if (rest.Length == 0)
        {
            error = "an empty item matches nothing" + (kind == LookupKind.Address ? "; write <> for the null sender" : "");
            return false;
        }
        var table = TableForm().Match(rest);
        if (table.Success)
        {
            if (!TryParseTable(table, kind, clock, out var lookup, out error)) return false;
            item = new Item(negated, null, lookup, null);
            return true;
        }
        if (rest[0] == '+' || rest is "@" or "@[]")
        {
            error = "Exim's named lists and special items are not known here; write the entries, or name a file";
            return false;
        }
        var (pattern, value) = SplitValue(rest);
        if (!KeyPattern.TryParse(ByteText.FromText(pattern), kind, out var parsed, out error)) return false;
        item = new Item(negated, parsed, null, value);
        return true;
    }

    // A colon within an IPv6 address has no white space behind it, except at the very end of "2001:db8::", which is
    // why an address counts as one before a colon at the end does.
    private static (string Pattern, string? Value) SplitValue(string text)
    {
        if (text.StartsWith('^') || IpNetwork.TryParse(text, out _)) return (text, null);
        for (var colon = text.IndexOf(':', StringComparison.Ordinal); colon >= 0; colon = text.IndexOf(':', colon + 1))
        {
            if (colon == text.Length - 1 || char.IsWhiteSpace(text[colon + 1])) return (text[..colon].TrimEnd(), text[(colon + 1)..].Trim());
        }
        return (text, null);
    }

    private static bool TryParseTable(Match form, LookupKind kind, TimeProvider clock, out LookupTable? table, out string? error)
    {
        table = null;
        error = null;
        var (type, path) = (form.Groups["type"].Value, form.Groups["path"].Value.Trim());
        var partial = form.Groups["partial"].Success ? form.Groups["least"] is { Length: > 0 } least ? least.Value[0] - '0' : DefaultPartialLabels : (int?)null;
        if (partial is not null && kind is not (LookupKind.Domain or LookupKind.HostName)) error = "partial- is for domains and host names";
        else if (path.Length == 0) error = $"name the file: {type};FILE";
        // As in Exim. A current directory may be a stranger's.
        else if (path[0] != '/') error = $"{path} must be an absolute path";
        if (error is not null) return false;
        var keys = new LookupKeys(kind, partial, Default: partial is null || form.Groups["default"].Length > 0);
        switch (type)
        {
            case "lsearch":
                table = new TextTable(path, TextTableType.Lsearch, keys, clock);
                break;
            case "lmdb":
                table = new LmdbLookup(new LmdbTable(path, clock), keys);
                break;
            case "nwildlsearch" when partial is null:
                table = new TextTable(path, TextTableType.Nwildlsearch, keys, clock);
                break;
            case "iplsearch" when kind is LookupKind.Network or LookupKind.HostName && partial is null:
                table = new TextTable(path, TextTableType.Iplsearch, keys, clock);
                break;
            case "nwildlsearch":
                error = "nwildlsearch has wildcards of its own; leave partial- out";
                return false;
            case "iplsearch":
                error = "iplsearch holds IP addresses; this list has other keys";
                return false;
            case "wildlsearch":
                error = "wildlsearch expands its keys in Exim, which cannot be done here; use nwildlsearch";
                return false;
            default:
                error = $"{type} is not known; use lsearch, nwildlsearch, iplsearch or lmdb";
                return false;
        }
        error = table.Fault();
        return error is null;
    }

    /// <summary>Exim's: <c>partial-</c> is <c>partial2-</c>.</summary>
    private const int DefaultPartialLabels = 2;

    // [partial[N]-]type[*|*@];FILE: Exim's form of a single-key lookup in a list. The stars say what is done here anyway.
    [GeneratedRegex(@"^(?<partial>partial(?<least>[0-9])?-)?(?:net-)?(?<type>[a-z]+)(?<default>\*@?)?;(?<path>.*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex TableForm();

    private sealed record Item(bool IsNegated, KeyPattern? Pattern, LookupTable? Table, string? Value)
    {
        public LookupAnswer Find(string key)
        {
            if (Table is not null) return Table.Find(key);
            try
            {
                return Pattern!.Matches(key) ? LookupAnswer.Found(Value) : LookupAnswer.NotFound;
            }
            catch (RegexMatchTimeoutException e)
            {
                return LookupAnswer.Unavailable($"the expression {e.Pattern} takes too long");
            }
        }
    }
}
