// The names a condition may ask for, and where their values come from.
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Rules;

/// <summary>Names in conditions: those of the message, and the results that the passes declare.</summary>
public sealed class RuleNames
{
    private const string OfMessageAlone = "acl_c…, acl_m…, h_… (header line)";

    private static readonly string[] OfMessage = ["sender", "sender_domain", "recipient", "recipient_domain", "host_address", "host_name", "helo_name", "auth_id", "received_protocol", "size", "attempt"];

    // Each declared result, with what is wrong with asking for it; null: nothing. No table: whoever parses has asked before.
    private readonly Dictionary<string, string?>? _results;

    private RuleNames(Dictionary<string, string?>? results) => _results = results;

    /// <summary>For conditions whose names are known to be right.</summary>
    public static RuleNames Checked { get; } = new(null);

    /// <summary>For conditions of a pass in its place: only what passes before it find can ever be set.</summary>
    public static RuleNames At(PassPlace place) => new(place.Known.SelectMany(pass => pass.Results.Select(result => (result.Name, Pass: pass.Name))).GroupBy(r => r.Name, r => r.Pass)
        .ToDictionary(result => result.Key, result => FaultOf([.. result], place)));

    /// <summary>What is wrong with asking for a name; null: nothing.</summary>
    public string? FaultOf(string name)
    {
        if (_results is null || IsOfMessage(name)) return null;
        if (!_results.TryGetValue(name, out var fault)) return $"'{name}' is no name. Known: {string.Join(", ", [.. OfMessage, .. _results.Keys, OfMessageAlone])}";
        return fault is null ? null : $"'{name}' is never set here: {fault}";
    }

    /// <summary>Whether its value differs between the recipients of a message.</summary>
    public static bool IsOfRecipient(string name) => name.StartsWith("recipient", StringComparison.Ordinal);

    private static bool IsOfMessage(string name) => OfMessage.Contains(name)
        || (name.Length > 5 && name.StartsWith("acl_", StringComparison.Ordinal) && name[4] is 'c' or 'm') || (name.Length > 2 && name.StartsWith("h_", StringComparison.Ordinal));

    private static string? FaultOf(IReadOnlyList<string> passes, PassPlace place)
    {
        if (passes.Any(place.IsBefore)) return null;
        if (passes.FirstOrDefault(place.Order.Contains) is not { } late) return $"{string.Join(" or ", passes)}, which finds it, is not among Passes. Name it there, before {place.Name}";
        return late == place.Name ? $"{late} itself finds it, after this is asked. Ask for something else"
            : $"{late}, which finds it, runs behind {place.Name}. Name it before, where it may stand there, or ask for something else";
    }

    /// <summary>Exim's words for SPF results (experimental-spec.txt) mean those of RFC 7208.</summary>
    public static string Word(string value) => value.ToUpperInvariant() switch
    {
        "ERR_PERM" => "permerror",
        "ERR_TEMP" => "temperror",
        _ => value,
    };
}

/// <summary>What is known of a message, by name. Bytes outside ASCII are Latin-1, so that every byte is a character.</summary>
internal sealed class RuleValues(PassContext context, Recipient? recipient, PatternClock clock)
{
    /// <summary>The time for patterns.</summary>
    public PatternClock Clock => clock;

    /// <summary>The values of a name: none when it is unset, several for header lines of one name.</summary>
    public IEnumerable<string> Of(string name)
    {
        if (context.Results.TryGetValue(name, out var result)) return [result];
        var header = context.Message;
        return name switch
        {
            "sender" => [Text(header.Sender.Span)],
            "sender_domain" => [DomainOf(header.Sender.Span)],
            "recipient" => recipient is null ? [] : [Text(recipient.Address.Span)],
            "recipient_domain" => recipient is null ? [] : [DomainOf(recipient.Address.Span)],
            "host_address" => header.ClientAddress is { } host ? [host.ToString()] : [],
            "host_name" or "helo_name" or "auth_id" or "received_protocol" => header.Find(name) is { } variable ? [variable.Text] : [],
            "size" => [context.Body.Length.ToString(CultureInfo.InvariantCulture)],
            "attempt" => [context.Attempt.ToString(CultureInfo.InvariantCulture)],
            _ when name.StartsWith("h_", StringComparison.Ordinal) => HeaderLines(header, name[2..]),
            // acl_m_x is Exim's $acl_m_x: -aclm _x
            _ when name.StartsWith("acl_", StringComparison.Ordinal) => header.AclVariable(name[4], name[5..]) is { } acl ? [acl.Text] : [],
            _ => [],
        };
    }

    private static IEnumerable<string> HeaderLines(HeaderFile header, string name)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        foreach (var line in header.Headers)
        {
            if (!line.IsDeleted && line.Is(bytes)) yield return HeaderLine.Unfold(Text(line.Value)).Trim();
        }
    }

    private static string DomainOf(ReadOnlySpan<byte> address) => address.LastIndexOf((byte)'@') is var at and >= 0 ? Text(address[(at + 1)..]) : "";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
