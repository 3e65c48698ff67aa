// Builds one Authentication-Results line (RFC 8601, 2.2): one method a line, folded below 78 columns where its parts allow. What came from the message is data here: a value that
// is no token and no address is quoted, and control characters in it are dropped, so that nothing in a sender address or a
// reason can end a result or begin another. Cannot fail.
using System.Buffers;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Authentication;

/// <summary>The results of one message, as they are gathered.</summary>
/// <param name="authservId">Our authserv-id.</param>
public sealed class AuthenticationResultsLine(string authservId)
{
    /// <summary>The field, without colon.</summary>
    public const string FieldName = "Authentication-Results";

    // RFC 5322, 2.1.1: lines should be no longer than 78 characters.
    private const int Columns = 78;

    // RFC 2045, 5.1: a token is printable ASCII without tspecials.
    private static readonly SearchValues<char> Token =
        SearchValues.Create([.. Enumerable.Range(33, 94).Select(c => (char)c).Where(c => !"()<>@,;:\\\"/[]?=".Contains(c, StringComparison.Ordinal))]);

    // RFC 5322, 3.2.3: atext and the dot.
    private static readonly SearchValues<char> LocalPart = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    private readonly List<string[]> _results = [];

    /// <summary>Adds a result.</summary>
    /// <param name="method">As in the IANA registry: spf, dkim, dmarc, arc.</param>
    /// <param name="result">The method's word.</param>
    /// <param name="reason">Why, or empty.</param>
    /// <param name="comment">Words for people, or empty.</param>
    /// <param name="properties">Such as ("header.d", "example.com"); those without a value are left out.</param>
    public void Add(string method, string result, string reason, string comment, params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var parts = new List<string> { $"{method}={result}" };
        if (comment.Length > 0) parts.Add(Comment(comment));
        if (reason.Length > 0) parts.Add($"reason={Quote(reason)}");
        foreach (var (name, value) in properties)
        {
            if (value.Length > 0) parts.Add($"{name}={Value(value)}");
        }
        _results.Add([.. parts]);
    }

    /// <summary>The line, ready for the top of a message. Characters are bytes: Latin-1 stands for whatever bytes came in.</summary>
    public HeaderLine Build()
    {
        var text = new StringBuilder($"{FieldName}: {Value(authservId)}");
        if (_results.Count == 0) text.Append("; none");
        foreach (var result in _results)
        {
            text.Append(";\n\t").Append(result[0]);
            var column = 8 + result[0].Length;
            foreach (var part in result.Skip(1))
            {
                var fits = column + 1 + part.Length < Columns;
                text.Append(fits ? " " : "\n\t").Append(part);
                column = (fits ? column + 1 : 8) + part.Length;
            }
        }
        return HeaderLine.Create(Encoding.Latin1.GetBytes(text.Append('\n').ToString()));
    }

    // pvalue = [CFWS] ((value / [[local-part] "@"] domain-name) [CFWS])
    private static string Value(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Token)) return value;
        var at = value.LastIndexOf('@');
        return at >= 0 && at < value.Length - 1 && !value.AsSpan(0, at).ContainsAnyExcept(LocalPart) && !value.AsSpan(at + 1).ContainsAnyExcept(Token) ? value : Quote(value);
    }

    private static string Comment(string text) => $"({string.Concat(text.Where(c => c is >= ' ' and < '\x7f' and not ('(' or ')' or '\\')))})";

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            if (c is < ' ' or '\x7f') continue;
            if (c is '"' or '\\') quoted.Append('\\');
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
